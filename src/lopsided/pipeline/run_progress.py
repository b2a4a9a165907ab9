"""Tell how far a run is, while it trains and its notebooks are executed."""

import math
import sys
from pathlib import Path

from tqdm import tqdm

from lopsided.parameters import Parameters
from lopsided.pipeline import notebooks
from lopsided.report import results


class Progress:
    """Bars in a terminal; elsewhere a line a notebook and a quarter of training."""

    def __init__(self, parameters: Parameters, stage: Path) -> None:
        self.path, self.choice = stage / results.PROGRESS, stage / results.CHOICE
        self.asked = parameters.model_dump()
        self.total = self.epochs_to_do()
        self.terminal = sys.stderr.isatty()
        self.epochs = tqdm(total=self.total, desc="epochs", disable=not self.terminal)
        steps = 1 + len(notebooks.REPORT)
        self.all = tqdm(total=steps, desc="steps", disable=not self.terminal)
        self.seen = 0

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *exception: object) -> None:
        self.epochs.close()
        self.all.close()

    def say(self, line: str) -> None:
        """Print a line, above the bars where there are any."""
        if self.terminal:
            tqdm.write(line, file=sys.stderr)
        else:
            print(line, file=sys.stderr, flush=True)

    def step_done(self, name: str, seconds: float) -> None:
        """Tell that the training or a notebook is finished."""
        self.all.update()
        self.say(f"{name}: done in {seconds:.1f} s")

    def epochs_to_do(self) -> int:
        """Count the epochs of all networks; 0 while their settings are being chosen."""
        settings = self.asked
        if self.choice.exists():
            settings = settings | results.read_json(self.choice)["settings"]
        each = settings["epochs"], settings["n_networks"], settings["n_seeds"]
        return 0 if None in each else math.prod(each)

    def look(self) -> None:
        """Read how many epochs training has done by now."""
        if not self.path.exists():
            return
        if not self.total:  # the settings have just been chosen
            self.epochs.total = self.total = self.epochs_to_do()
        lines = self.path.read_bytes()  # networks may train side by side
        epochs_done = lines.count(b"\n")
        self.epochs.update(epochs_done - self.epochs.n)
        quarter = 4 * epochs_done // self.total
        if not self.terminal and quarter > self.seen:
            self.say(f"training: {epochs_done} of {self.total} epochs")
            self.seen = quarter
