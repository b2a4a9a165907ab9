"""How papermill runs a notebook here; imported when one is run, for it is slow."""

from typing import Any

from papermill.engines import NBClientEngine, papermill_engines


class SavedOnce(NBClientEngine):  # type: ignore[misc]
    """papermill's engine, but the notebook is written when it ends or breaks.

    papermill writes the whole of it twice a cell. With a hundred cells and their
    figures that is a tenth of a run, and nobody reads it meanwhile.
    """

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, *given: Any, **options: Any) -> None:
        """Run all cells; a kernel that dies leaves what was reached."""
        nb_man.save = lambda **_: None
        try:
            super().execute_managed_notebook(nb_man, *given, **options)
        finally:
            del nb_man.save  # the class's own is there again
            nb_man.save()


ENGINE = "saved once"
papermill_engines.register(ENGINE, SavedOnce)
