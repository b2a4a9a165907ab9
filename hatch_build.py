"""What a wheel and an sdist hold: the files that git tracks, and no other.

Whatever else lies in the folder, a table or a run, is nobody's but its owner's. Without
git, or in an unpacked sdist, all that stands in the folders of the package is taken.
"""

import os
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

#: Folders that go into the wheel, each with its place there.
WHEEL = {"src/lopsided": "lopsided", "notebooks": "lopsided/notebooks"}


def tracked(root: Path) -> list[str]:
    """List the files that git tracks in a folder, by their paths; none without git."""
    own = {n: value for n, value in os.environ.items() if not n.startswith("GIT_")}
    command = ["git", "-c", "safe.directory=*", "-C", str(root), "ls-files", "-z"]
    try:
        done = subprocess.run(command, env=own, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return []
    names = map(os.fsdecode, done.stdout.split(b"\0"))
    return sorted(name for name in names if name and (root / name).is_file())


def present(root: Path) -> list[str]:
    """List the files of an sdist, or of a folder without git: no cache, none hidden."""
    found = [path.relative_to(root) for path in root.rglob("*") if path.is_file()]
    return sorted(
        path.as_posix()
        for path in found
        if not any(part.startswith((".", "__pycache__", "runs")) for part in path.parts)
    )


class Tracked(BuildHookInterface):
    """Name the files; hatchling itself selects none."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add them to what a target holds."""
        if version == "editable":
            return
        root = Path(self.root)
        names = tracked(root) or present(root)
        if self.target_name == "wheel":
            packed = {
                name: place + name.removeprefix(folder)
                for folder, place in WHEEL.items()
                for name in names
                if name.startswith(f"{folder}/")
            }
        else:
            packed = {name: name for name in names}
        for name, place in packed.items():
            build_data["force_include"][str(root / name)] = place
