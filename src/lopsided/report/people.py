"""Four counts as so many people: what a reader can picture.

Apart from those who tell and draw them, since the documents need no model to do so.
"""

from collections.abc import Sequence


def people(counts: Sequence[int], size: int = 100) -> list[int]:
    """Bring tn, fp, fn and tp to so many rows: the classes first, then those called.

    So whatever the threshold, the classes keep their size.

    Parameters
    ----------
    counts : sequence of int
        tn, fp, fn and tp.
    size : int

    Returns
    -------
    list of int
        The same four, whose sum is ``size``.
    """
    tn, fp, fn, tp = counts
    positives = _nearest(size * (fn + tp), tn + fp + fn + tp)
    found = _nearest(positives * tp, fn + tp)
    alarms = _nearest((size - positives) * fp, tn + fp)
    return [size - positives - alarms, alarms, positives - found, found]


def _nearest(part: int, of: int) -> int:
    """Divide to the nearest whole number, a half upwards; 0 by 0 is 0."""
    return (2 * part + of) // (2 * of) if of else 0
