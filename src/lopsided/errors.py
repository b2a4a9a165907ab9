"""The errors that are meant for the user: one line, no traceback."""


class InputError(ValueError):
    """Bad input, refused before any work began: what, where, and what to do."""

    def _render_traceback_(self) -> list[str]:
        # Jupyter shows this in place of a traceback.
        return [f"InputError: {self}"]
