"""Lets ``python -m earwitness.cli`` do what ``earwitness`` does."""

from earwitness.cli.main import main

main()
