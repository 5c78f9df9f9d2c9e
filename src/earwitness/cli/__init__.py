"""The command line: parses, calls the workbench, shows. No arithmetic here."""

from __future__ import annotations

from earwitness.cli.main import main

__all__ = ["main"]
