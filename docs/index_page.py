"""The README as a package index shows it; hatchling calls this to build the package."""

import os
import runpy
from pathlib import Path

from hatchling.metadata.plugin.interface import MetadataHookInterface


class IndexPage(MetadataHookInterface):
    """Gives hatchling the README."""

    def update(self, metadata: dict) -> None:
        """Set ``readme``."""
        tool = runpy.run_path(str(Path(self.root, "docs", "readme.py")))
        repository = os.environ.get("REPOSITORY_URL") or (
            metadata.get("urls", {}).get("Repository", "")
        )
        text = Path(self.root, "README.md").read_text(encoding="utf-8")
        metadata["readme"] = {
            "content-type": "text/markdown",
            "text": tool["on_an_index"](text, repository.removesuffix(".git")),
        }
