"""Lets the archive's tests import their material."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
