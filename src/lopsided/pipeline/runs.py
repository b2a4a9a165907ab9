"""The folder of a run: built aside, swapped in whole, never lost.

Beside ``runs/<run>`` there may be:

=====================  =========================================================
``<run>.previous``     the run that it replaced
``<run>.failed``       the last attempt that failed, with the notebook that broke
``.<run>.lock``        held while the run is being made
``.<run>.new-*``       being built
``.<run>.ready``       complete, about to be swapped in
``.<run>.old-*``       about to be deleted
=====================  =========================================================

Each step of a swap is one rename. Killed between two of them, the next start sees a
``.ready`` folder and goes on from there.
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
        if not NAME.fullmatch(name) or name == "sweeps":
            raise InputError(
                f"run name {name!r} must be letters, digits, '_' or '-', at most 100, "
                "and not 'sweeps'"
            )
        self.root = root
        self.path = root / name
        self.previous = root / f"{name}.previous"
        self.failed = root / f"{name}.failed"
        self._hidden = f".{name}."
        self._ready = root / f".{name}.ready"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the run, after putting right what an interrupted one left.

        Raises
        ------
        InputError
            When another process makes this run, or nothing can be written here.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.root / f"{self._hidden}lock", timeout=0)
            lock.acquire()
        except Timeout:
            raise InputError(
                f"run {self.path.name!r} is being made by another process; wait for it "
                "or choose another name (RUN=, --run)"
            ) from None
        except OSError as error:
            raise InputError(
                f"cannot write in {self.root.resolve()}: {error.strerror}"
            ) from None
        try:
            self._finish_swap()
            for pattern in ("new-*", "old-*"):
                for leftover in self.root.glob(self._hidden + pattern):
                    shutil.rmtree(leftover, ignore_errors=True)
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
            new.mkdir()
            try:
                yield new
                new.rename(self._ready)
                self._finish_swap()
            except Exception:
                self._replace(self.failed, new)
                raise
            except BaseException:
                shutil.rmtree(new, ignore_errors=True)
                raise

    def _aside(self, what: str) -> Path:
        return self.root / f"{self._hidden}{what}-{uuid.uuid4().hex[:8]}"

    def _finish_swap(self) -> None:
        if self._ready.exists():
            if self.path.exists():
                self._replace(self.previous, self.path)
            self._ready.rename(self.path)

    def _replace(self, target: Path, source: Path) -> None:
        """Rename source to target; what stood there goes, but only after the rename."""
        old = self._aside("old")
        if target.exists():
            target.rename(old)
        if source.exists():
            source.rename(target)
        shutil.rmtree(old, ignore_errors=True)
