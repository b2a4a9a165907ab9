"""The folder of a run: built aside, swapped in whole, never lost.

Beside ``runs/<run>`` there may be:

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

import re
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from lopsided.errors import InputError

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
RESERVED = ("audits", "sweeps")  # folders of their own


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
        if not NAME.fullmatch(name) or name in RESERVED:
            raise InputError(
                f"run name {name!r} must be letters, digits, '_' or '-', at most 100, "
                f"and not {' or '.join(map(repr, RESERVED))}"
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
        lock = FileLock(self.root / f"{self._hidden}lock", timeout=0)
        with self._writing():
            self.root.mkdir(parents=True, exist_ok=True)
            try:
                lock.acquire()
            except Timeout:
                raise InputError(
                    f"run {self.path.name!r} is being made by another process; wait "
                    "for it or choose another name (RUN=, --run)"
                ) from None
        try:
            for place in (self.path, self.previous, self.failed):
                if place.is_symlink() or (place.exists() and not place.is_dir()):
                    raise InputError(
                        f"{place} is not a folder; move it away or choose another name "
                        "(RUN=, --run)"
                    )
            with self._writing():
                self._put_right()
            yield
        finally:
            lock.release()

    @contextmanager
    def building(self) -> Iterator[Path]:
        """Give an empty folder to build in; swap it in, or set it aside if that fails.

        An interruption (Ctrl-C) leaves nothing behind; an error keeps what there is as
        ``<run>.failed``. Either way the earlier run stays.
        """
        with self.locked():
            new = self._aside("new")
            try:
                with self._writing():
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

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise InputError(
                f"cannot write in {self.root.resolve()}: {error.strerror or error}"
            ) from None

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
