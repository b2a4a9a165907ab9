"""Tell how much of a tall table is read, while it is read."""

import sys

from tqdm import tqdm

SHORT = 0.5  # of a table, in its first part: it is read before anyone waits


class Told:
    """A bar in a terminal; elsewhere a line a quarter. Call it with the share read."""

    def __init__(self) -> None:
        self.bar: tqdm[None] | None = None
        self.is_short: bool | None = None
        self.quarters = 0

    def __call__(self, share: float) -> None:
        """Show it."""
        if self.is_short is None:
            self.is_short = share > SHORT
        if self.is_short:
            return
        if sys.stderr.isatty():
            self.bar = self.bar or tqdm(total=100, desc="reading", unit="%")
            self.bar.update(round(100 * share) - self.bar.n)
            if share >= 1:
                self.bar.close()
        elif int(4 * share) > self.quarters:
            self.quarters = int(4 * share)
            print(f"reading: {self.quarters * 25}%", file=sys.stderr, flush=True)
