"""earwitness: the open workbench on which a purported recording is examined, and reported."""

from earwitness.workbench import Case, beside, new, open, verify

__version__ = "0.1.0"
__all__ = ["Case", "__version__", "beside", "new", "open", "verify"]
