"""Which lists a run is of, and what they are held against."""

from recli.errors import ExitCode, RecliError
from recli.stages.evaluate_asked import ADDED, named
from recli.stages.evaluate_drops import Drop


def held(
    tables: list[str], baseline: str | None, history: str | None
) -> tuple[dict[str, str], str, str]:
    """Paths of the lists by name, that of truth, and the name of the baseline.

    A baseline that is not among the tables stands before them. Raises RecliError (usage) where
    there is nothing to compare, or nothing to make a baseline of.
    """
    paths = tables[:-1]
    if baseline in ADDED:
        if history is None:
            raise RecliError(
                f"--baseline {baseline} is made of the history",
                "add --history TABLE",
                code=ExitCode.USAGE,
            )
        return *named(tables), baseline
    chosen = baseline or next(iter(paths), None)
    if chosen is not None and chosen not in paths:
        paths = [chosen, *paths]
    if len(paths) == 1:
        raise RecliError(
            f"there is nothing beside {paths[0]} to compare it with",
            "name another table of lists before TRUTH, or --baseline popularity --history TABLE",
            code=ExitCode.USAGE,
        )
    lists, truth = named([*paths, *tables[-1:]])
    return lists, truth, "standard input" if chosen == "-" else str(chosen)


def added(against: str, *, none: bool) -> tuple[str, ...]:
    """Baselines of the history that stand beside the lists: none, but for what all stand beside."""
    return tuple(name for name in ADDED if name == against or not none)


def standing(
    baseline: str | None, history: str | None, drops: list[Drop], *, none: bool
) -> tuple[str, ...]:
    """Baselines that evaluate puts beside the lists: the one asked for, else all of them.

    Raises RecliError (usage) where one was asked for, or a gate beside one, and there is none.
    """
    if baseline and none:
        raise RecliError("--baseline and --no-baseline", "drop one of them", code=ExitCode.USAGE)
    asked = [f"--baseline {baseline}"] * (baseline is not None) + ["--max-drop"] * bool(drops)
    if asked and (none or history is None):
        raise RecliError(
            f"{asked[0]} needs a baseline, and there is none",
            "drop --no-baseline" if none else "add --history TABLE, which they are made of",
            code=ExitCode.USAGE,
        )
    return () if none else ADDED if baseline is None else (baseline,)


def alone(baseline: str | None, drops: list[Drop]) -> tuple[str, ...]:
    """No baselines, as the stages of a funnel have none; RecliError (usage) where one is wanted."""
    if baseline is not None or drops:
        asked = "--max-drop" if baseline is None else f"--baseline {baseline}"
        raise RecliError(
            f"{asked} needs a baseline, and --funnel has no baselines",
            "leave it out, or measure the last lists without --funnel",
            code=ExitCode.USAGE,
        )
    return ()
