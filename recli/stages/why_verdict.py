"""The answer in a sentence or two: shown and where, or what lost it."""

from collections.abc import Sequence

from recli.stages.why_model import Standing
from recli.stages.why_place import Loss, Place, loss
from recli.stages.why_ranker import Reasons

NAMED = 3  # features that a sentence names


def verdict(
    found: list[Place], models: Sequence[Standing], reasons: Reasons | None, seen: bool
) -> str:
    """What became of the item, from its places in every list and what models say of it."""
    last = found[-1]
    lifts = "" if reasons is None else lifted(reasons)
    if last.row is not None:
        return " ".join(filter(None, [_shown(found), lifts]))
    lost = loss(found)
    if lost is not None:
        return " ".join(filter(None, [f"Not shown: {_lost(lost, reasons)}.", lifts]))
    nobody = "" if last.length else f"the user has no list {last.where}; "
    return f"Not shown: {nobody}{_never(found, models, seen)}."


def _shown(found: list[Place]) -> str:
    last = found[-1]
    row = last.row or {}
    by = f", from {row['source']}" if row.get("source") else ""
    before = [
        f"{one.rank} {one.where}"
        for one in found[:-1]
        if one.row is not None and one.step.table is not None
    ]
    way = f" ({', '.join(before)})" if before else ""
    return f"Shown at rank {last.rank} of {last.length}{by}{way}."


def lifted(reasons: Reasons) -> str:
    """The features that raise the item most above its list, and those that hold it back."""
    ups = sorted((one for one in reasons.features if one.above > 0), key=lambda one: -one.above)
    downs = sorted((one for one in reasons.features if one.above < 0), key=lambda one: one.above)
    parts = [
        f"{words} {', '.join(f'{one.name} ({one.above:+.3g})' for one in some[:NAMED])}"
        for words, some in (("above its list by", ups), ("held back by", downs))
        if some
    ]
    first = f"{reasons.plugin} puts it at {reasons.rank} of {reasons.of}"
    return f"{', '.join([first, *parts])}."


def _lost(lost: Loss, reasons: Reasons | None) -> str:
    """Where it stood last, and what of the steps after it let it go."""
    stood = " and ".join(f"at rank {one.rank} {one.where}" for one in lost.before)
    *hidden, step = lost.steps
    if not lost.after.length:
        return f"{stood}, but the user has no list {lost.after.where}"
    if hidden:
        words = ", ".join(f"`{one.words}`" for one in lost.steps)
        return f"{stood}, then lost by one of {words}: keep their tables to know which"
    if step.record is None:
        return f"{stood}, then missing in {step.name}"
    return f"{stood}, {_by(lost, reasons)}"


def _by(lost: Loss, reasons: Reasons | None) -> str:
    """How the one step between two lists let it go."""
    step, words = lost.steps[-1], f"`{lost.steps[-1].words}`"
    full = step.k is not None and lost.after.length >= step.k
    if step.command == "rank" and full:
        ranked = reasons is not None and reasons.candidates == lost.before[-1].table.where
        place = f" (it came {reasons.rank} of {reasons.of})" if reasons and ranked else ""
        return f"below the first {step.k} that {words} kept{place}"
    if step.command == "rerank filter" and (not full or _passed_over(lost)):
        return f"dropped by {words}: its condition does not hold"
    if full:
        place = f" (to {lost.after.uncut})" if lost.after.uncut is not None else ""
        moved = "moved " if step.command.startswith("rerank") else ""
        return f"{moved}below the first {step.k} that {words} kept{place}"
    return f"dropped by {words}"


def _passed_over(lost: Loss) -> bool:
    """Whether what stood below the item is still there: a filter keeps the order."""
    before = lost.before[-1]
    if before.rows is None or lost.after.rows is None or before.rank is None:
        return False
    below = before.rows.filter(before.rows["rank"] > before.rank)["item_id"]
    return bool(below.is_in(lost.after.rows["item_id"].implode()).any())


def _never(found: list[Place], models: Sequence[Standing], seen: bool) -> str:
    """Why no list ever held it."""
    if models:
        return "; ".join(said(one) for one in models)
    if seen and not any(one.step.arguments.get("keep_seen") for one in found):
        return "the history holds it, and retrieve leaves out what was seen"
    given = [one.step.name for one in found if one.step.table is not None]
    return f"not in {', '.join(given)}; --model with --history tells how far from it"


def said(one: Standing) -> str:
    """What a model says of the item, and what kept it from being retrieved."""
    name = one.plugin if one.index is None else f"{one.plugin} ({one.index})"
    if not one.knows_item:
        return f"{name} does not know the item"
    if one.rank is None:
        return f"{name} has no score for it"
    place = f"{one.rank:,} of {one.of:,}"
    own = "" if one.source == one.plugin else " by popularity, knowing nothing of the user"
    if one.seen and not one.keeps_seen:
        return f"seen, so {name} does not offer it (it would be at rank {place}{own})"
    return f"{name} has it at rank {place}{own}{_beside_k(one, one.rank)}"


def _beside_k(one: Standing, rank: int) -> str:
    """How the rank compares with what the step of the funnel kept."""
    if one.k is None:
        return ""
    if rank > one.k:
        return f", k was {one.k:,}"
    return f", within k {one.k:,}{'' if one.offered else _kept_back(one)}"


def _kept_back(one: Standing) -> str:
    """What may keep an item from a list in which it has a place."""
    if one.found is False:
        return ", but the index misses it"
    if one.through_index:
        return ", but an index was searched: --model INDEX tells whether it misses it"
    if one.narrowed:
        return f": {' and '.join(f'--{role}' for role in one.narrowed)} may bar it"
    return ""
