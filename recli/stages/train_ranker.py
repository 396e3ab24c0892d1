"""Learn to order candidates by what their users chose afterwards, and publish the ranker."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from recli.errors import ExitCode, RecliError
from recli.kernels import calibration, permutation
from recli.kernels.calibration import Kind
from recli.kernels.features import Layout
from recli.kernels.objectives import Objectives
from recli.kernels.ranking import RankingData, RowScorer
from recli.stages import calibrate, features, leaks
from recli.stages.feature_tables import neighbours, stores
from recli.stages.features import Chosen, Making
from recli.stages.gather import Choices
from recli.stages.labels import LABEL, Labels
from recli.store.artefact import publish
from recli.store.open import Table
from recli.store.provenance import Provenance
from recli.store.ranker import save_calibration, save_ranker, versions
from recli.tables import AS_OF


def prepare(
    tables: features.Tables, chosen: Chosen, choices: Choices
) -> tuple[Making, Choices, list[str]]:
    """How features are made, the choices with what the tables say to them, and warnings.

    Raises RecliError when the tables do not fit each other or labels were seen before.
    """
    labels, history, lists = tables.get("labels"), tables.get("history"), tables["candidates"]
    if labels is None and not lists.has(LABEL):
        raise RecliError(
            f"nothing says which of {lists.where} were chosen",
            "add --labels TABLE, or a column 'label' as sample-negatives makes it",
            code=ExitCode.USAGE,
        )
    choices.grouping.check(lists)
    weighing = choices.weighing.check(tables)
    told = replace(choices.labels.check(tables), carried=weighing.carried)
    features.check(tables)
    # A history may hold labels where each candidate has its moment: what is later is not seen.
    before = None if lists.has(AS_OF) else history
    if labels is None:
        warnings = leaks.refuse_seen_samples(_made_before(tables), lists, before)
    else:
        warnings = leaks.refuse_seen_labels([lists, *_made_before(tables)], labels, before)
    layout = features.layout_of(tables, chosen, weighing.apart)
    if "rank" in weighing.apart and layout.columns.listed:
        warnings.append(
            "'rank' is the place that --weights ips corrects for, and a feature too: "
            "--without list-place"
        )
    making = features.making(layout, tables)
    if labels is not None:
        warnings += leaks.refuse_overlap(labels, making.catalogue.now)
    return making, replace(choices, labels=told, weighing=weighing), warnings


def _made_before(tables: features.Tables) -> list[Table]:
    """Tables that were made of interactions, and say no moment up to which they saw them."""
    moments = tables["candidates"].has(AS_OF)
    ready = [tables[one.role] for one in stores(tables) if not (moments and one.timed)]
    return [*neighbours(tables), *ready]


def train(
    plugin: tuple[str, Any],
    data: RankingData,
    layout: Layout,
    target: Path,
    provenance: Provenance,
    counts: Counter[str],
    kind: Kind | None = None,
    labels: Labels | None = None,
) -> RowScorer:
    """Fit the plug-in, publish what it learned, and return it.

    Where labels have objectives it is fitted to each. With a `kind` its scores are calibrated.
    The target is locked meanwhile. Raises RecliError at once while another run writes it, and
    when nothing was learned: such a ranker would order by item id.
    """
    ranker = plugin[1]
    if labels is not None and labels.objectives:
        names = tuple(name for name, _ in labels.events)
        ranker = Objectives(ranker, names, labels.objectives)
    rows = dict(counts) | {"in": len(data.relevance)}
    with publish(target, "ranker", plugin, provenance, rows) as (folder, manifest):
        made = None if kind is None else calibrate.fit(ranker, data, kind)
        learned = ranker.fit(data) if made is None else made.learned
        _refuse_nothing(learned, data)
        learned = _shuffled(ranker, learned, data, kind)
        manifest.update(save_ranker(folder, learned, layout))
        manifest["libraries"] |= versions(learned)
        if made is not None:
            save_calibration(folder, made.calibration)
            error = {"calibration error": round(calibration.error(made.table), 6)}
            learned = replace(learned, facts={**learned.facts, **error})
            manifest["calibration"] = kind
            manifest["reliability"] = made.table
    return learned


def _shuffled(ranker: Any, learned: RowScorer, data: RankingData, kind: Kind | None) -> RowScorer:
    """With what is lost without each feature, on lists kept aside; where there are none, as is."""
    aside = calibrate.lists_aside(ranker, data, kind)
    if not aside.any():
        return learned
    score = ranker.open(learned.files, data.threads)
    found = permutation.importances(score, data.of_lists(aside), ranker.seed)
    more = {"permutation": found} if found else {}
    return replace(learned, importances={**learned.importances, **more})


def _refuse_nothing(learned: RowScorer, data: RankingData) -> None:
    if not any(value for values in learned.importances.values() for value in values.values()):
        raise RecliError(
            f"nothing was learned from {len(data.relevance):,} candidates of "
            f"{len(data.users):,} users: no feature tells those that were chosen",
            "give labels of more users, or let the ranker fit closer (see its --help)",
        )
