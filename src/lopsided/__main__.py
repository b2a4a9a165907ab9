"""``python -m lopsided`` is the command ``lopsided``."""

from lopsided.cli import main

main()
