"""Several rankers as one: each fitted to one kind of label, their scores blended by weights."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from recli.errors import RecliError
from recli.kernels.ranking import Explain, Features, RankingData, RowScorer, Score, Scores

BLEND = "objectives.json"


@dataclass(frozen=True)
class Objectives:
    """A ranker of rankers: its verbs are those of the one that it is made of."""

    ranker: Any
    events: tuple[str, ...] = ()
    weights: tuple[float, ...] = ()
    validation: float = 0.0  # each of them keeps lists of its own aside

    @property
    def seed(self) -> int:
        """Another than that of each of them: by the same, lists kept aside of all would be theirs.

        What they learn from would then have none left to stop early by.
        """
        return int(self.ranker.seed) ^ 1

    def fit(self, data: RankingData) -> RowScorer:
        """What each learned, its files and facts by objective, and the blend.

        Scores are divided by their spread within the lists, so that weights mean the same
        whatever the units.
        """
        files: dict[str, str] = {}
        importances: dict[str, Mapping[str, float]] = {}
        facts: dict[str, float] = {}
        blend, cut_short = [], False
        for at, (event, weight) in enumerate(zip(self.events, self.weights, strict=True)):
            learned: RowScorer = self.ranker.fit(_alone(data, at, event))
            scores = self.ranker.open(learned.files, data.threads)(data.features)
            scale = _spread(data, scores)
            if not scale:
                raise RecliError(
                    f"nothing was learned from label '{event}': no feature tells it from the rest",
                    "give labels of more users, or leave this one out",
                )
            files |= {_file(at, name): text for name, text in learned.files.items()}
            importances |= {f"{kind} of {event}": of for kind, of in learned.importances.items()}
            facts |= {f"{name} of {event}": value for name, value in learned.facts.items()}
            cut_short |= learned.cut_short
            blend.append({"event": event, "weight": weight, "scale": scale})
        files[BLEND] = json.dumps(blend, ensure_ascii=False) + "\n"
        return RowScorer(files, importances, facts, learned.libraries, cut_short)

    def open(self, files: Mapping[str, str], threads: int) -> Score:
        """The function that scores rows of features: a sum of weight * score / scale."""
        return _sum_of([(share, self.ranker.open(own, threads)) for share, own in _parts(files)])

    def explain(self, files: Mapping[str, str], threads: int) -> Explain:
        """The function that tells what each feature adds to that sum."""
        return _sum_of([(share, self.ranker.explain(own, threads)) for share, own in _parts(files)])

    def uncertain(self, files: Mapping[str, str], threads: int) -> Score:
        """How unsure the sum is, of a ranker that knows how unsure it is of each objective.

        The same sum, so that alpha times it is what optimism added to the blended score.
        """
        parts = [(share, self.ranker.uncertain(own, threads)) for share, own in _parts(files)]
        return _sum_of(parts)


def _parts(files: Mapping[str, str]) -> list[tuple[float, dict[str, str]]]:
    """Of each objective its weight / scale, and its ranker's own files."""
    return [
        (
            one["weight"] / one["scale"],
            {name: files[_file(at, name)] for name in _names(files, at)},
        )
        for at, one in enumerate(json.loads(files[BLEND]))
    ]


def _sum_of(parts: list[tuple[float, Score]]) -> Score:
    def blended(features: Features) -> Scores:
        (share, first), *others = parts
        total = share * first(features)
        for share, of in others:
            total += share * of(features)
        return total

    return blended


def _file(at: int, name: str) -> str:
    return f"objective-{at + 1}-{name}"


def _names(files: Mapping[str, str], at: int) -> list[str]:
    prefix = _file(at, "")
    return [name.removeprefix(prefix) for name in files if name.startswith(prefix)]


def _alone(data: RankingData, at: int, event: str) -> RankingData:
    """The lists in which some were chosen by one kind of label, and others not."""
    if data.objectives is None:
        raise ValueError("there are no objectives")
    gains = data.objectives[:, at]
    lists = np.repeat(np.arange(len(data.sizes)), data.sizes)
    chosen = np.bincount(lists, gains > 0, len(data.sizes))
    useful = (chosen > 0) & (chosen < data.sizes)
    if not useful.any():
        raise RecliError(
            f"no user chose some of the candidates by '{event}' and left others",
            "retrieve more, or leave this label out",
        )
    return replace(data, relevance=gains).of_lists(useful)


def _spread(data: RankingData, scores: Scores) -> float:
    """Standard deviation of scores [rows] around the mean of their list."""
    lists = np.repeat(np.arange(len(data.sizes)), data.sizes)
    means = np.bincount(lists, scores, len(data.sizes)) / data.sizes
    off = scores - means[lists]
    return float(np.sqrt(np.cumsum(off * off)[-1] / len(off)))
