"""Words for "nothing here", and how many of a column's cells may be such words."""

MOST_WORDS = 0.05  # share of cells among numbers that may be words, taken for gaps
MOST_DISTINCT_WORDS = 5
ONE_WORD = (
    0.5  # may be one and the same word, among so many different numbers or dates:
)
AMONG = 20

#: Words for "nothing here", in lower case, of any number of cells.
GAPS = frozenset(
    "?|??|-|--|---|–|—|.|..|...|*|n.a.|n.a|na|n/a|n\\a|#n/a|#n/a n/a|#na|nan|-nan|<na>|"
    "null|(null)|none|nil|missing|(missing)|unknown|unk|undefined|unspecified|"
    "not available|not applicable|not known|not reported|no data|no answer|n.d.|nd|tbd|"
    "\\n|#value!|#div/0!|#ref!|#name?|#num!|unbekannt|k.a.|k. a.|keine angabe|inconnu|"
    "desconocido|sin dato|ignorado|1.#ind|-1.#ind|1.#qnan|-1.#qnan".split("|")
)


def is_gap(text: str) -> bool:
    """Tell a word for "nothing here"."""
    return not text.strip() or text.strip().lower() in GAPS


def most_gaps(total: int, distinct: int, words: int, most_words: float) -> float:
    """Say how many of a column's cells may be words that stand for a gap.

    Parameters
    ----------
    total : int
        Cells that are not known gaps.
    distinct, words : int
        Different numbers, or dates, and different words.
    most_words : float
        The share that may be words, whatever they are.
    """
    if words == 1 and distinct > AMONG:
        most_words = max(most_words, ONE_WORD)
    return max(most_words * total, float(total >= 10))
