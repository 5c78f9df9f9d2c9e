"""Which versions of what made a result: recorded with every act and outcome."""

from __future__ import annotations

import json
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


@cache
def made_with() -> str:
    """Versions of what the bytes of a fingerprint come from: the same versions, the same bytes."""
    here = versions_here()
    return json.dumps({name: here[name] for name in ("earwitness", "av", "numpy", "scipy", "soxr")})
