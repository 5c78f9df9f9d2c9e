"""earwitness: the open workbench on which a purported recording is examined, and reported."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from earwitness.workbench import Case, beside, new, open, open_bag, verify

__version__ = "0.1.0"
__all__ = ["Case", "__version__", "beside", "new", "open", "open_bag", "verify"]


def __getattr__(name: str) -> Any:
    """The workbench, loaded when it is first asked for: the processes that examine need none."""
    from importlib import import_module  # noqa: PLC0415

    if name == "workbench" or name in __all__:
        workbench = import_module("earwitness.workbench")
        return workbench if name == "workbench" else getattr(workbench, name)
    raise AttributeError(f"module 'earwitness' has no attribute {name!r}")
