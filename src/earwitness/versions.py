"""Which versions of what made a result: recorded with every act and outcome."""

from __future__ import annotations

import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version

_PACKAGES = (
    "earwitness",
    "av",
    "c2pa-python",
    "ctranslate2",
    "faster-whisper",
    "numpy",
    "onnxruntime",
    "scipy",
    "soxr",
)


@cache
def versions_here() -> dict[str, str]:
    """Versions of Python, earwitness and the packages that numbers depend on."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found
