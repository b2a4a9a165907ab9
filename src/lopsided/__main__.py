"""``python -m lopsided``, and the command ``lopsided``."""

import sys


def main() -> None:
    """Run the command; without the extra `report`, say how to get it."""
    try:
        from lopsided.cli import main as command
    except ModuleNotFoundError as error:
        if str(error.name).startswith("lopsided"):
            raise
        sys.exit(
            f"lopsided: {error.name} is missing; for the command, run: pip install "
            "'lopsided[report]' (in a checkout: pip install -e '.[report]')"
        )
    except KeyboardInterrupt:  # importing takes longer than a hand on the keyboard
        print("lopsided: interrupted", file=sys.stderr)
        sys.exit(130)
    command()


if __name__ == "__main__":
    main()
