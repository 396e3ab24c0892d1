"""Rules that cannot both hold, told before any work."""

from __future__ import annotations

from collections.abc import Sequence

from recli.errors import ExitCode, RecliError
from recli.kernels.explore import COLUMNS
from recli.stages.rerank_rule import Ruled
from recli.store.open import Table


def clash(one: Ruled, earlier: Sequence[Ruled]) -> None:
    """Raise RecliError (usage) where a rule contradicts itself or one that holds already."""
    claim = one.rule.claim
    lengths = [length for length in (one.k, claim.length) if length is not None]
    for other in (one, *earlier):
        told = other.rule.claim
        if lengths and min(lengths) < told.places:
            raise _clash(
                f"{one.name} leaves {min(lengths)} places, `{other.told}` speaks of {told.places}",
                "leave more, or ask for less",
            )
    for other in earlier:
        if one.only_if != other.only_if and one.only_if and other.only_if:
            continue  # rules of different buckets
        told = other.rule.claim
        both = sorted(claim.slots & told.slots)
        if both:
            raise _clash(
                f"`{one.told}` and `{other.told}` both fill place {both[0]}",
                "give them different --slots",
            )
        for least, most in ((claim.least, told.most), (told.least, claim.most)):
            for column in sorted(least.keys() & most.keys()):
                (fewest, within), (many, first) = least[column], most[column]
                if fewest > many and within <= first:
                    raise _clash(
                        f"`{one.told}` and `{other.told}` cannot both hold: at least {fewest} and "
                        f"at most {many} of each {column}",
                        "make --min of the quota at most --max of the cap",
                    )


def refuse_explored(candidates: Table) -> None:
    """Raise RecliError where rows stand where they were drawn: none may be moved."""
    if set(COLUMNS) <= candidates.schema.keys():
        raise RecliError(
            f"{candidates.where} has columns {' and '.join(COLUMNS)}: it was explored, and "
            "what its rows say of their places would no longer be true",
            "let `rerank explore` come last, or leave these columns out",
        )


def _clash(what: str, remedy: str) -> RecliError:
    return RecliError(what, remedy, code=ExitCode.USAGE)
