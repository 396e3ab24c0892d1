"""Gradient-boosted trees by LightGBM: what rankers of every objective share.

Ke et al., "LightGBM: a highly efficient gradient boosting decision tree", NIPS 2017. The same
model for any number of threads: rows are sampled one by one, because LightGBM's sampling of
whole lists changes with the threads.
"""

from __future__ import annotations

import os
from abc import abstractmethod
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

from recli.fields import AT_LEAST_1, NOT_NEGATIVE, POSITIVE, Range, Tuned
from recli.kernels.ranker import Ranker
from recli.kernels.ranker_fields import Monotone, Validation, directions
from recli.kernels.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from recli.kernels.ranking import Explain, RankingData, RowScorer, Score

MODEL = "model.txt"


@dataclass(frozen=True)
class Trees(Ranker):
    """Trees grown leaf by leaf; a ranker says what they are grown for."""

    trees: Annotated[int, "Most trees to grow.", AT_LEAST_1, Tuned(50, 1000, log=True)] = 300
    leaves: Annotated[
        int,
        "Leaves of a tree; raise it on much data.",
        Range(least=2, most=131_072),
        Tuned(7, 255, log=True),
    ] = 31
    learning_rate: Annotated[
        float, "How far each tree moves the scores.", POSITIVE, Tuned(0.01, 0.3, log=True)
    ] = 0.05
    min_leaf: Annotated[
        int, "Fewest rows in a leaf; raise it on noisy labels.", AT_LEAST_1, Tuned(5, 500, log=True)
    ] = 50
    subsample: Annotated[
        float, "Share of the rows that each tree sees.", Range(above=0, most=1), Tuned(0.4, 1)
    ] = 0.8
    feature_share: Annotated[
        float, "Share of the features that each tree sees.", Range(above=0, most=1), Tuned(0.4, 1)
    ] = 0.8
    l2: Annotated[float, "L2 penalty on the values of leaves.", NOT_NEGATIVE, Tuned(0, 10)] = 1.0
    validation: Validation = 0.1
    patience: Annotated[int, "Trees without a gain on those lists before it stops.", AT_LEAST_1] = (
        30
    )
    monotone: Monotone = ""
    seed: Annotated[int, "Seed of all sampling.", Range(least=0, below=1 << 31)] = 0

    @abstractmethod
    def settings(self, data: RankingData) -> dict[str, Any]:
        """LightGBM's `objective`, `metric` and what else hangs on them."""

    @abstractmethod
    def target(self, data: RankingData, whole: RankingData) -> dict[str, Any]:
        """`label`, and `group` or `weight`, of some rows of all those that are learned from."""

    def fit(self, data: RankingData) -> RowScorer:
        """The text of the model, its importances, and what it measured on the lists kept aside."""
        from recli.kernels.ranking import RowScorer, held_out

        lightgbm = _lightgbm()
        aside = held_out(data, self.validation, self.seed)
        watched = bool(aside.any())
        learn = self._dataset(data.of_lists(~aside) if watched else data, data)
        checks = [self._dataset(data.of_lists(aside), data, learn)] if watched else []
        curve: dict[str, Any] = {}
        # The last bits of LightGBM's metric hang on the threads; no decision may.
        watch = Watch(self.trees, self.patience, data.out_of_time, watched, least=1e-7)
        calls = [lightgbm.record_evaluation(curve), _reporter(data), _Stop(watch)]
        booster = lightgbm.train(
            self._settings(data), learn, self.trees, checks, ["aside"] * watched, callbacks=calls
        )
        kept = watch.kept
        facts: dict[str, float] = {"trees": kept, "lists kept aside": int(aside.sum())}
        for name, values in curve.get("aside", {}).items():
            facts[f"{name} of lists kept aside"] = round(float(values[kept - 1]), 6)
        importances = {
            kind: dict(zip(data.names, values.tolist(), strict=True))
            for kind in ("gain", "split")
            for values in [booster.feature_importance(kind, iteration=kept)]
        }
        text = _without_settings(booster.model_to_string(num_iteration=kept))
        return RowScorer({MODEL: text}, importances, facts, ("lightgbm",), watch.cut_short)

    def open(self, files: Mapping[str, str], threads: int) -> Score:
        """The function that scores rows of features with the trees of a saved text."""
        from recli.kernels import tree_scores

        trees = tree_scores.parsed(files[MODEL])
        if trees is not None:
            return partial(tree_scores.scores, trees, threads=threads)
        booster = _lightgbm().Booster(model_str=files[MODEL])

        def score(features: Any) -> Any:
            if not len(features):
                import numpy as np

                return np.zeros(0)
            return booster.predict(features, raw_score=True, num_threads=threads)

        return score

    def explain(self, files: Mapping[str, str], threads: int) -> Explain:
        """The function that tells the Shapley value of each feature, on all paths of the trees.

        Lundberg et al., "Consistent individualized feature attribution for tree ensembles", 2018.
        """
        booster = _lightgbm().Booster(model_str=files[MODEL])

        def contributions(features: Any) -> Any:
            if not len(features):
                import numpy as np

                return np.zeros((0, features.shape[1] + 1))
            return booster.predict(features, pred_contrib=True, num_threads=threads)

        return contributions

    def _settings(self, data: RankingData) -> dict[str, Any]:
        return {
            "num_leaves": self.leaves,
            "learning_rate": self.learning_rate,
            "min_data_in_leaf": self.min_leaf,
            "bagging_fraction": self.subsample,
            "bagging_freq": int(self.subsample < 1),
            "feature_fraction": self.feature_share,
            "lambda_l2": self.l2,
            "seed": self.seed,
            "deterministic": True,
            "force_row_wise": True,
            "num_threads": data.threads,
            "verbosity": -1,
            "monotone_constraints": directions(self.monotone, data.names, data.categorical),
        } | self.settings(data)

    def _dataset(self, data: RankingData, whole: RankingData, like: Any = None) -> Any:
        return _lightgbm().Dataset(
            data.features,
            reference=like,
            feature_name=[f"f{at}" for at in range(len(data.names))],
            categorical_feature=[data.names.index(name) for name in data.categorical],
            params={"verbosity": -1, "num_threads": data.threads, "deterministic": True},
            **self.target(data, whole),
        )


def _lightgbm() -> Any:
    # On a machine shared with others, threads that spin while they wait train 8 times slower.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    import lightgbm

    return lightgbm


@dataclass(eq=False)  # LightGBM keeps its callbacks in a set
class _Stop:
    """Ends LightGBM's training when the watch says so, after its results were recorded."""

    watch: Watch
    order: int = 30

    def __call__(self, state: Any) -> None:
        results = _results(state)
        losses = [-value if rises else value for _, _, value, rises in results]
        self.watch.better(losses[0] if losses else 0.0)
        if self.watch.over():
            raise _lightgbm().EarlyStopException(self.watch.kept - 1, results)


def _reporter(data: RankingData) -> Any:
    def tell(state: Any) -> None:
        if state.iteration % 10 == 9:
            found = "".join(f", {name} {value:.4f}" for _, name, value, _ in _results(state))
            data.report(f"{state.iteration + 1} trees{found}")

    return tell


def _results(state: Any) -> Any:
    return state.evaluation_result_list or []


def _without_settings(text: str) -> str:
    """The same model less LightGBM's list of settings, which names the threads it ran on."""
    head, _, rest = text.partition("\nparameters:\n")
    return head + rest.partition("\nend of parameters\n")[2]
