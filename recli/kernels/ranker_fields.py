"""Fields that several rankers share: one option, one meaning, declared once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from recli.errors import ExitCode, RecliError
from recli.fields import Range

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

Validation = Annotated[
    float,
    "Share of the lists kept aside, the latest or some users', to stop early by; 0: none.",
    Range(least=0, most=0.5),
]
# Of what is learned in one go.
Measured = Annotated[
    float,
    "Share of the lists kept aside, the latest or some users', to measure on; 0: none.",
    Range(least=0, most=0.5),
]
Monotone = Annotated[
    str, "Features with which scores may only rise or fall: `+item_rating,-items.price`."
]


def directions(monotone: str, names: Sequence[str], categorical: Collection[str] = ()) -> list[int]:
    """1 for each feature that may only raise the score, -1 for one that may only lower it, or 0.

    Raises RecliError (usage) for what is no feature with a sign, or has no order to rise in.

    >>> directions("+b", ("a", "b"))
    [0, 1]
    """
    words = dict.fromkeys(word.strip() for word in monotone.split(",") if word.strip())
    signs = {word[1:]: {"+": 1, "-": -1}.get(word[0], 0) for word in words}
    ordered = [name for name in names if name not in categorical]
    wrong = [word for word in words if not signs[word[1:]] or word[1:] not in ordered]
    if wrong or len(signs) < len(words):
        fault = "is no feature with a sign" if wrong else "gives a feature both signs"
        raise RecliError(
            f"--monotone {', '.join(wrong or words)} {fault}",
            f"write + or - before the name of one: {', '.join(ordered)}",
            code=ExitCode.USAGE,
        )
    return [signs.get(name, 0) for name in names]
