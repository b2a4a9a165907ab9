"""Room that a tall table's passing arrays took, given back."""

import ctypes

import pyarrow as pa


def give_back() -> None:
    """Return to the system what is freed; kept for later, it adds up to a table more.

    Arrow has a pool of its own. glibc's ``malloc_trim`` is for all else; where there is
    none, nothing happens.
    """
    pa.default_memory_pool().release_unused()
    trim = getattr(_PROCESS, "malloc_trim", None)
    if trim is not None:
        trim(0)


def _process() -> ctypes.CDLL | None:
    try:
        return ctypes.CDLL(None)
    except (OSError, TypeError):  # as on Windows
        return None


_PROCESS = _process()
