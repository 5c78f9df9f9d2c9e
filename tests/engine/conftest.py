"""Lets the engine's tests import their clusters, and the material of the archive's."""

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "archive")]
