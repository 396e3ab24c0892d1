"""What the features of a ranker are worth: rows and a drawing for people."""

from typing import Any

from recli.kernels.bar_plot import Panel, svg
from recli.store import text
from recli.store.artefact import Artefact, Manifest

DRAWN = 30  # features at most


def importances(manifest: Manifest) -> list[dict[str, Any]]:
    """Each feature with its importances, and its share of the first kind's sum.

    First comes what is missed most when it is shuffled; where that was not measured, what has
    the largest share.
    """
    kinds: dict[str, dict[str, float]] = manifest["importances"]
    first = next(iter(kinds))
    whole = sum(kinds[first].values())
    shares = {name: value / whole for name, value in kinds[first].items()}
    missed = kinds.get("permutation", {})
    order = sorted(shares, key=lambda name: (-missed.get(name, 0.0), -shares[name], name))
    return [
        {"feature": name, f"{first}_share": shares[name]}
        | {kind: values[name] for kind, values in kinds.items()}
        for name in order
    ]


def plot(artefact: Artefact) -> str:
    """The importances of a verified ranker as bars, SVG."""
    rows = importances(artefact.manifest)[:DRAWN]
    first = next(iter(artefact.manifest["importances"]))
    panels = [Panel(f"share of {first}", [row[f"{first}_share"] for row in rows], ".1%")]
    if "permutation" in rows[0]:
        lost = [row["permutation"] for row in rows]
        panels.append(Panel("NDCG@10 lost when shuffled", lost, ".4f"))
    names = [text.safe(row["feature"]) for row in rows]
    return svg(text.safe(f"{artefact.path.name}: {artefact.plugin}"), names, panels)
