"""Threads for what takes long: decoders, models and array arithmetic let each other run."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Final

_MOST: Final = 4


def on_threads() -> ThreadPoolExecutor:
    """Threads of one examination: one for each processor, four at most, as each holds what it works on."""
    return ThreadPoolExecutor(max_workers=min(_MOST, os.cpu_count() or 1))
