"""The trials of a search as an Optuna study in a journal, so that a stopped one goes on.

Akiba, Sano, Yanase, Ohta, Koyama, "Optuna: a next-generation hyperparameter optimization
framework", KDD 2019 (the search); Jamieson, Talwalkar, "Non-stochastic best arm identification
and hyperparameter optimization", AISTATS 2016 (successive halving).
"""

import logging
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from recli import registry
from recli.errors import RecliError
from recli.stages.trial import Bench, Measure
from recli.stages.tune_search import Search, Tried
from recli.stages.tune_space import BUDGET, budgets, dimensions
from recli.store.target import check_target

_STUDY = "recli"


@contextmanager
def journal_of(study: str | None) -> Iterator[Path]:
    """The file that keeps the trials: the one that was named, or one for this run alone."""
    if study is not None:
        check_target(Path(study), directory=False)
        yield Path(study)
        return
    with tempfile.TemporaryDirectory(prefix="recli-") as folder:
        yield Path(folder) / "study.journal"


def study_of(search: Search, journal: Path) -> Any:
    """The study of a journal, made where there is none; the defaults are its first trial."""
    study = opened(journal, search.seed)
    known = study.user_attrs.get("search")
    if known is not None and known != search.identity():
        differ = [name for name, value in search.identity().items() if known.get(name) != value]
        raise RecliError(
            f"{journal} is the study of another search: {', '.join(differ)} differ",
            "name another file with --study",
        )
    if known is None:
        study.set_user_attr("search", search.identity())
        plugin = registry.load("models", search.model)
        first = [one.first() for one in dimensions(plugin, search.fixed)]
        study.enqueue_trial({name: value for part in first for name, value in part.items()})
    abandon(study)
    return study


def opened(journal: Path, seed: int) -> Any:
    """The study that a journal holds, with a search and a pruner of this run."""
    import optuna
    from optuna.storages.journal import JournalFileBackend, JournalStorage

    optuna.logging.set_verbosity(logging.ERROR)
    try:
        storage = JournalStorage(JournalFileBackend(str(journal)))
        study = optuna.create_study(
            storage=storage, study_name=_STUDY, direction="maximize", load_if_exists=True
        )
    except (ValueError, KeyError, TypeError) as error:
        raise RecliError(f"{journal} is no study: {error}", "name another file") from None
    # A run that goes on must not draw what the one before it drew.
    study.sampler = optuna.samplers.TPESampler(seed=seed + 7919 * len(study.trials))
    study.pruner = optuna.pruners.SuccessiveHalvingPruner(reduction_factor=3)
    return study


def finished(study: Any) -> list[Tried]:
    """Trials that ended by themselves, in the order of their numbers."""
    return [
        Tried(
            trial.number,
            trial.user_attrs["values"],
            Measure(**trial.user_attrs["measure"]) if "measure" in trial.user_attrs else None,
            trial.user_attrs["seconds"],
            trial.user_attrs.get("refusal", ""),
        )
        for trial in study.trials
        if trial.state.is_finished() and "seconds" in trial.user_attrs
    ]


def abandon(study: Any) -> None:
    """Mark the trials that no process works on any more."""
    import optuna

    for trial in study.trials:
        if trial.state == optuna.trial.TrialState.RUNNING:
            study.tell(trial.number, state=optuna.trial.TrialState.FAIL)


def begun(study: Any) -> int:
    """Trials that ended or are under way; the defaults wait from the start to be one of them."""
    import optuna

    waiting = optuna.trial.TrialState.WAITING
    return sum(trial.state != waiting for trial in study.trials)


def run_trial(study: Any, search: Search, bench: Bench) -> None:
    """One trial, cut short where it falls behind."""
    import optuna

    trial = study.ask()
    plugin = registry.load("models", search.model)
    values = {one.name: one.suggest(trial) for one in dimensions(plugin, search.fixed)}
    trial.set_user_attr("values", values)
    begun = time.monotonic()
    try:
        measure = _measured(trial, search, bench, values)
    except RecliError as error:
        # With its defaults a model learns, or the search has nothing to look for.
        if trial.number == 0:
            raise
        trial.set_user_attr("refusal", str(error))
        measure = None
    trial.set_user_attr("seconds", time.monotonic() - begun)
    if measure is None:
        study.tell(trial, state=optuna.trial.TrialState.PRUNED)
        return
    trial.set_user_attr("measure", asdict(measure))
    study.tell(trial, measure.worth)


def _measured(trial: Any, search: Search, bench: Bench, values: dict[str, Any]) -> Measure | None:
    """What the model comes to, None where a part of its budget shows that it is behind."""
    learner = search.learner(values)
    for budget in budgets(learner)[:-1] if trial.number else []:
        part = bench.measure(search.model, replace(learner, **{BUDGET: budget}))
        trial.report(part.worth, budget)
        if trial.should_prune():
            return None
    return bench.measure(search.model, learner)
