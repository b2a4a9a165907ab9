"""Room that a tall table's passing arrays took, given back."""

import ctypes

import pyarrow as pa

#: Bytes of an array that is large, and what glibc's malloc.h calls this bound.
LARGE, M_MMAP_THRESHOLD = 2**20, -3


def give_back() -> None:
    """Return to the system what is freed; kept for later, it adds up to a table more.

    Arrow has a pool of its own. glibc's ``malloc_trim`` is for all else; where there is
    none, nothing happens.
    """
    pa.default_memory_pool().release_unused()
    trim = getattr(_PROCESS, "malloc_trim", None)
    if trim is not None:
        trim(0)


def keep_nothing() -> None:
    """Let each large array go back to the system as soon as it is freed.

    By itself glibc learns from what is freed, and soon keeps arrays of up to 32 MiB.
    Asking the system for each takes time: for tall tables only.
    """
    mallopt = getattr(_PROCESS, "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, LARGE)


def _process() -> ctypes.CDLL | None:
    try:
        return ctypes.CDLL(None)
    except (OSError, TypeError):  # as on Windows
        return None


_PROCESS = _process()
