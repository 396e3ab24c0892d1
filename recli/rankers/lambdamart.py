"""Order candidates by gradient-boosted trees that are trained on whole lists.

LambdaMART: Burges, "From RankNet to LambdaRank to LambdaMART", MSR-TR-2010-82; trees by
LightGBM (Ke et al., NIPS 2017). The same model for any number of threads: rows are sampled
one by one, because LightGBM's sampling of whole lists changes with the threads.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from recli.errors import RecliError
from recli.fields import AT_LEAST_1, NOT_NEGATIVE, POSITIVE, Declared, Range, Tuned

if TYPE_CHECKING:
    from collections.abc import Mapping

    from recli.kernels.ranking import RankingData, RowScorer, Score

MODEL = "model.txt"
_LONGEST = 10_000  # rows of a list that LightGBM's lambdarank takes


@dataclass(frozen=True)
class Lambdamart(Declared):
    """Lambdas of NDCG at `truncation`, on trees grown leaf by leaf."""

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
    truncation: Annotated[int, "Places from the top that count.", AT_LEAST_1] = 30
    validation: Annotated[
        float, "Share of the users kept aside to stop early; 0: never.", Range(least=0, most=0.5)
    ] = 0.1
    patience: Annotated[int, "Trees without a gain on those users before it stops.", AT_LEAST_1] = (
        30
    )
    seed: Annotated[int, "Seed of all sampling.", Range(least=0, below=1 << 31)] = 0

    def fit(self, data: RankingData) -> RowScorer:
        """The text of the model, its importances, and the NDCG on the users kept aside."""
        from recli.kernels.ranking import RowScorer, held_out

        if data.sizes.max() > _LONGEST:
            raise RecliError(
                f"a user has {data.sizes.max():,} candidates, LightGBM learns from lists of at "
                f"most {_LONGEST:,}",
                "keep fewer that were not chosen: --negatives 1000",
            )
        lightgbm = _lightgbm()
        gains = _gains(data)
        aside = held_out(data.users, self.validation, self.seed)
        watched = bool(aside.any() and not aside.all())
        learn = _dataset(data.of_users(~aside) if watched else data, gains)
        checks = [_dataset(data.of_users(aside), gains, learn)] if watched else []
        curve: dict[str, Any] = {}
        calls = [lightgbm.record_evaluation(curve), _reporter(data)]
        if watched:
            # The last bits of LightGBM's NDCG hang on the threads; no decision may.
            calls.append(lightgbm.early_stopping(self.patience, verbose=False, min_delta=1e-7))
        booster = lightgbm.train(
            self._settings(data, gains), learn, self.trees, checks, ["aside"] * watched,
            callbacks=calls,
        )  # fmt: skip
        kept = booster.best_iteration if watched else booster.current_iteration()
        facts: dict[str, float] = {"trees": kept, "users kept aside": int(aside.sum()) * watched}
        if watched:
            found = curve["aside"][f"ndcg@{self._places}"][kept - 1]
            facts[f"ndcg@{self._places} of users kept aside"] = round(float(found), 6)
        importances = {
            kind: dict(zip(data.names, values.tolist(), strict=True))
            for kind in ("gain", "split")
            for values in [booster.feature_importance(kind, iteration=kept)]
        }
        text = _without_settings(booster.model_to_string(num_iteration=kept))
        return RowScorer({MODEL: text}, importances, facts, ("lightgbm",))

    def open(self, files: Mapping[str, str], threads: int) -> Score:
        """The function that scores rows of features with the trees of a saved text."""
        booster = _lightgbm().Booster(model_str=files[MODEL])

        def score(features: Any) -> Any:
            if not len(features):
                import numpy as np

                return np.zeros(0)
            return booster.predict(features, raw_score=True, num_threads=threads)

        return score

    @property
    def _places(self) -> int:
        return min(10, self.truncation)

    def _settings(self, data: RankingData, gains: list[float]) -> dict[str, Any]:
        return {
            "objective": "lambdarank",
            "label_gain": gains,
            "eval_at": [self._places],
            "lambdarank_truncation_level": self.truncation,
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
        }


def _lightgbm() -> Any:
    # On a machine shared with others, threads that spin while they wait train 8 times slower.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    import lightgbm

    return lightgbm


def _gains(data: RankingData) -> list[float]:
    """Distinct gains in rising order, 0 first: LightGBM's labels are their places."""
    import numpy as np

    return [0.0, *np.unique(data.relevance[data.relevance > 0]).tolist()]


def _dataset(data: RankingData, gains: list[float], like: Any = None) -> Any:
    import numpy as np

    return _lightgbm().Dataset(
        data.features,
        np.searchsorted(np.array(gains, np.float32), data.relevance),
        reference=like,
        group=data.sizes,
        feature_name=[f"f{at}" for at in range(len(data.names))],
        categorical_feature=[data.names.index(name) for name in data.categorical],
        params={"verbosity": -1, "num_threads": data.threads, "deterministic": True},
    )


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
