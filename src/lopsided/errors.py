"""The errors that are meant for the user: one line, no traceback."""

import errno
from typing import Any


class InputError(ValueError):
    """Bad input, refused before any work began: what, where, and what to do."""

    def _render_traceback_(self) -> list[str]:
        # Jupyter shows this in place of a traceback.
        return [f"InputError: {self}"]


def in_words(error: OSError, doing: str = "") -> str:
    """Say what the system refused, and where.

    Parameters
    ----------
    error : OSError
    doing : str, optional
        What was being done, such as ``"write runs"``, for an error of a full disk or
        the like that does not say.
    """
    what = error.strerror or " ".join(str(error).split()) or type(error).__name__
    if error.errno in (errno.ENOSPC, errno.EFBIG, errno.EROFS, errno.EDQUOT):
        doing = f"write {error.filename}" if error.filename else doing
        return f"cannot {doing or 'write'}: {what}"
    if error.filename:
        return f"{error.filename}: {what}"
    return what


class DocumentError(RuntimeError):
    """A document could not be written.

    Attributes
    ----------
    seconds : dict of float
        Of those that were.
    failed : dict of str
        Why, for each that was not.
    """

    def __init__(self, seconds: dict[str, float], failed: dict[str, str]) -> None:
        self.seconds, self.failed = seconds, failed
        names, reasons = " and ".join(failed), "; ".join(dict.fromkeys(failed.values()))
        super().__init__(f"{names} could not be written: {reasons}")

    def __reduce__(self) -> tuple[Any, ...]:  # it comes from another process
        return type(self), (self.seconds, self.failed)
