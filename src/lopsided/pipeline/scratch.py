"""Folders for a while, in the system's temporary one; those of the killed go too."""

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = "lopsided-"
NEW = 10  # seconds; so young, a folder may be about to be locked


@contextmanager
def scratch() -> Iterator[Path]:
    """Give an empty folder that goes with the block.

    A killed process leaves its own behind, and the next one deletes that: each holds a
    lock on its folder, which ends with it, however it ends.
    """
    delete_abandoned()
    with tempfile.TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True) as name:
        lock = _lock(Path(name))
        try:
            yield Path(name)
        finally:
            if lock is not None:
                os.close(lock)


def delete_abandoned(age: float = NEW) -> None:
    """Delete the folders of this user that no process holds, from an age in seconds."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError):
            about = folder.lstat()
            if about.st_mtime > time.time() - age or folder.is_symlink():
                continue
            lock = _lock(folder)
            if lock is not None:
                shutil.rmtree(folder, ignore_errors=True)
                os.close(lock)


def _lock(folder: Path) -> int | None:
    """Lock a folder, and give what to close; None if it is another's, or cannot be."""
    if sys.platform == "win32":  # its temporary files go with who has them open
        return None
    import fcntl

    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        if os.fstat(lock).st_uid != os.getuid():
            raise PermissionError
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        return None
    return lock
