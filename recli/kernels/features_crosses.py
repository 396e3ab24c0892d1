"""Features of two categories together: a code for each pair of their levels.

So that the kind of an item may count otherwise in each country, for a ranker that adds up what
features are worth one by one, and for trees that would need many splits to tell the pairs apart.
"""

from dataclasses import replace

from recli.errors import ExitCode, RecliError
from recli.kernels.features import Layout


def crossed(layout: Layout, words: tuple[str, ...]) -> Layout:
    """The layout with a cross for each word: `country,category`, by names of columns or features.

    Raises RecliError (usage) where a word does not name two features that can be crossed.
    """
    pairs = dict.fromkeys(_pair(layout, word) for word in words)
    return replace(layout, crosses=tuple(pairs))


def _pair(layout: Layout, word: str) -> tuple[str, str]:
    known = tuple(layout.levels)
    ends = [end.strip() for end in word.split(",")]
    found = [[name for name in known if end in (name, name.partition(".")[2])] for end in ends]
    wrong = [
        f"'{end}' is {' and '.join(names) if names else 'none'}"
        for end, names in zip(ends, found, strict=True)
        if len(names) != 1
    ]
    if wrong or len(ends) != 2 or found[0] == found[1]:
        raise RecliError(
            f"--cross {word} does not name two features: {', '.join(wrong) or 'write a,b'}",
            f"these can be crossed: {', '.join(known) or 'none of these tables'}",
            code=ExitCode.USAGE,
        )
    return found[0][0], found[1][0]
