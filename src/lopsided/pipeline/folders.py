"""How files and folders change: locked, written aside, renamed in; never half there.

`held` is the one lock, `overwrite` puts a file in its place, and `RunFolder` swaps a
run in and keeps the one before. Beside ``runs/<run>`` there may be:

=====================  =========================================================
``<run>.previous``     the run that it replaced
``<run>.failed``       the last attempt that failed, with the notebook that broke
``.<run>.lock``        held while the run is being made; the file itself stays
``.<run>.new-*``       being built
``.<run>.ready``       complete, about to become ``<run>``
``.<run>.broken``      failed, about to become ``<run>.failed``
``.<run>.old-*``       replaced, about to be deleted
=====================  =========================================================

Each step is one rename, and the first one decides: what is ``.ready`` or ``.broken``
will get its place, in this process or, if that is killed, at the next start.
"""

import os
import re
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from lopsided.errors import InputError
from lopsided.prose import quoted

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
RESERVED = ("audits", "sweeps")  # folders of their own


def check_name(name: str, what: str) -> None:
    """Refuse a name that could not be a folder's on every system.

    Raises
    ------
    InputError
        Says which name, and what is allowed.
    """
    if not NAME.fullmatch(name):
        raise InputError(
            f"{what} {quoted(name)} must be letters, digits, '_' or '-', at most 100"
        )


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turn what the system refuses into one line that names the folder.

    Raises
    ------
    InputError
    """
    try:
        yield
    except OSError as error:
        raise InputError(
            f"cannot write in {os.path.abspath(folder)}: {error.strerror or error}"
        ) from None


@contextmanager
def held(path: Path, what: str) -> Iterator[None]:
    """Hold what is about to be made at a path, for one process at a time.

    The lock, ``.<name>.lock`` beside it, stays: deleting it would let two hold it.

    Parameters
    ----------
    path : Path
        Its folder is made if need be.
    what : str
        Names it, and what to do instead, where another process holds it.

    Raises
    ------
    InputError
        When another process holds it, or nothing can be written there.
    """
    lock = FileLock(path.with_name(f".{path.name}.lock"), timeout=0)
    with writing(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire()
        except Timeout:
            raise InputError(what) from None
    try:
        yield
    finally:
        lock.release()


def overwrite(path: Path, content: bytes) -> None:
    """Write a file beside the old one, then put it in its place: never half a file."""
    partial = path.with_name(path.name + ".partial")
    try:
        partial.write_bytes(content)
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


class RunFolder:
    """The places of one run.

    Parameters
    ----------
    name : str
        Letters, digits, ``_`` and ``-``.
    root : Path
        Usually ``runs`` in the current folder.

    Raises
    ------
    InputError
        When the name is not of that form.
    """

    def __init__(self, name: str, root: Path = Path("runs")) -> None:
        check_name(name, "run name")
        if name in RESERVED:
            raise InputError(
                f"run name {name!r} is taken by a folder of its own: name the run, but "
                f"not {' or '.join(map(repr, RESERVED))}"
            )
        self.root = root
        self.path = root / name
        self.previous = root / f"{name}.previous"
        self.failed = root / f"{name}.failed"
        self._hidden = f".{name}."
        self._ready = root / f".{name}.ready"
        self._broken = root / f".{name}.broken"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the run, after putting right what an interrupted one left.

        Raises
        ------
        InputError
            When another process makes this run, or nothing can be written here.
        """
        name = self.path.name
        taken = (
            f"run {name!r} is being made by another process; wait for it or choose "
            "another name (RUN=, --run)"
        )
        with held(self.path, taken):
            for place in (self.path, self.previous, self.failed):
                if place.is_symlink() or (place.exists() and not place.is_dir()):
                    raise InputError(
                        f"{place} is not a folder; move it away or choose another name "
                        "(RUN=, --run)"
                    )
            with writing(self.root):
                self._put_right()
            yield

    @contextmanager
    def building(self) -> Iterator[Path]:
        """Give an empty folder to build in; swap it in, or set it aside if that fails.

        An interruption (Ctrl-C) leaves nothing behind; an error keeps what there is as
        ``<run>.failed``. Either way the earlier run stays.
        """
        with self.locked():
            new = self._aside("new")
            try:
                with writing(self.root):
                    new.mkdir()
                yield new
                new.rename(self._ready)
            except Exception:
                if new.exists():
                    new.rename(self._broken)
                raise
            finally:
                try:
                    self._put_right()
                except KeyboardInterrupt:  # not now: <run> may be between two places
                    self._put_right()
                    raise

    def _aside(self, what: str) -> Path:
        return self.root / f"{self._hidden}{what}-{uuid.uuid4().hex[:8]}"

    def _put_right(self) -> None:
        """Finish what was begun, from wherever it stopped; delete the leftovers."""
        if self._ready.exists():
            if self.path.exists():
                self._replace(self.previous, self.path)
            self._ready.rename(self.path)
        if self._broken.exists():
            self._replace(self.failed, self._broken)
        for pattern in ("new-*", "old-*"):
            for leftover in self.root.glob(self._hidden + pattern):
                shutil.rmtree(leftover, ignore_errors=True)

    def _replace(self, target: Path, source: Path) -> None:
        if target.exists():
            target.rename(self._aside("old"))
        source.rename(target)
