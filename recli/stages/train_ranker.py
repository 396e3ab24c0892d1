"""Learn to order candidates by what their users chose afterwards, and publish the ranker."""

from collections import Counter
from pathlib import Path
from typing import Any

from recli.errors import ExitCode, RecliError
from recli.kernels import calibration
from recli.kernels.calibration import Kind
from recli.kernels.features import Layout
from recli.kernels.ranking import RankingData, RowScorer
from recli.stages import calibrate, features, leaks
from recli.stages.feature_tables import neighbours, stores
from recli.stages.features import Chosen, Making
from recli.stages.gather import LABEL
from recli.store.artefact import publish
from recli.store.open import Table
from recli.store.provenance import Provenance
from recli.store.ranker import save_calibration, save_ranker, versions
from recli.tables import AS_OF


def prepare(tables: features.Tables, chosen: Chosen, grade: str | None) -> tuple[Making, list[str]]:
    """How features are made, and warnings.

    Raises RecliError when the tables do not fit each other or labels were seen before.
    """
    labels, history = tables.get("labels"), tables.get("history")
    if labels is None:
        return _prepare_samples(tables, chosen, grade)
    if grade is not None:
        labels.need(grade)
        if not labels.schema[grade].is_numeric():
            raise RecliError(
                f"{labels.where}: --grade {grade} is {labels.schema[grade]}, not a number",
                "leave --grade out, or name another column",
            )
    features.check(tables)
    # A history may hold labels where each candidate has its moment: what is later is not seen.
    before = None if tables["candidates"].has(AS_OF) else history
    warnings = leaks.refuse_seen_labels(
        [tables["candidates"], *_made_before(tables)], labels, before
    )
    layout = features.layout_of(tables, chosen)
    making = features.making(layout, tables)
    return making, warnings + leaks.refuse_overlap(labels, making.catalogue.now)


def _made_before(tables: features.Tables) -> list[Table]:
    """Tables that were made of interactions, and say no moment up to which they saw them."""
    moments = tables["candidates"].has(AS_OF)
    ready = [tables[one.role] for one in stores(tables) if not (moments and one.timed)]
    return [*neighbours(tables), *ready]


def _prepare_samples(
    tables: features.Tables, chosen: Chosen, grade: str | None
) -> tuple[Making, list[str]]:
    """As `prepare`, of candidates that carry their labels."""
    samples, history = tables["candidates"], tables.get("history")
    if not samples.has(LABEL):
        raise RecliError(
            f"nothing says which of {samples.where} were chosen",
            "add --labels TABLE, or a column 'label' as sample-negatives makes it",
            code=ExitCode.USAGE,
        )
    if grade is not None:
        raise RecliError("--grade names a column of --labels", "leave it out", code=ExitCode.USAGE)
    features.check(tables)
    before = None if samples.has(AS_OF) else history
    warnings = leaks.refuse_seen_samples(_made_before(tables), samples, before)
    return features.making(features.layout_of(tables, chosen), tables), warnings


def train(
    plugin: tuple[str, Any],
    data: RankingData,
    layout: Layout,
    target: Path,
    provenance: Provenance,
    counts: Counter[str],
    kind: Kind | None = None,
) -> dict[str, float]:
    """Fit the plug-in, publish what it learned, and return the facts of the training.

    With a `kind` its scores are calibrated. The target is locked meanwhile. Raises RecliError at
    once while another run writes it, and when nothing was learned: such a ranker would order by
    item id.
    """
    rows = dict(counts) | {"in": len(data.relevance)}
    with publish(target, "ranker", plugin, provenance, rows) as (folder, manifest):
        made = None if kind is None else calibrate.fit(plugin[1], data, kind)
        learned = plugin[1].fit(data) if made is None else made.learned
        _refuse_nothing(learned, data)
        manifest.update(save_ranker(folder, learned, layout))
        manifest["libraries"] |= versions(learned)
        facts = dict(learned.facts)
        if made is not None:
            save_calibration(folder, made.calibration)
            facts["calibration error"] = round(calibration.error(made.table), 6)
            manifest["calibration"] = kind
            manifest["reliability"] = made.table
    return facts


def _refuse_nothing(learned: RowScorer, data: RankingData) -> None:
    if not any(value for values in learned.importances.values() for value in values.values()):
        raise RecliError(
            f"nothing was learned from {len(data.relevance):,} candidates of "
            f"{len(data.users):,} users: no feature tells those that were chosen",
            "give labels of more users, or let the ranker fit closer (see its --help)",
        )
