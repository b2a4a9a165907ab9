"""What trains: the lesson's own epoch, or its compiled twin."""

from collections.abc import Callable

from lopsided.lesson.training import run_epoch


def epoch_of(engine: str) -> Callable[..., None]:
    """Give the function that runs an epoch, by the parameter ``engine``."""
    if engine == "numba":
        from lopsided import compiled  # only where the extra `fast` is installed

        return compiled.run_epoch
    return run_epoch
