"""What evaluate adds up over everybody's lists, for metrics that are no mean over users."""

from recli.kernels import exposure
from recli.kernels.exposure import Exposure, grown
from recli.kernels.lists import Lists, Rows, Values
from recli.kernels.score_counts import ScoreCounts
from recli.stages.evaluate_asked import Asked


class Pooled:
    """Exposure of items and counts of scores, by lists."""

    def __init__(
        self, names: list[str], asked: list[Asked], size: int | None, padding: int = 0
    ) -> None:
        places = {one.k: None for one in asked if hasattr(one.metric, "of_catalogue")}
        self.size = size or 0  # of the catalogue
        self.exposures = {
            (name, k): Exposure(exposure.none(), self.size, k, padding=padding)
            for name in names
            for k in places
        }
        scored = any(hasattr(one.metric, "of_scores") for one in asked)
        self.scores = {name: ScoreCounts() for name in names} if scored else {}
        self.wanted = exposure.none()

    def add(self, name: str, lists: Lists) -> None:
        """Add the lists of a run of users."""
        for (of, _), one in self.exposures.items():
            if of == name:
                one.add(lists)
                one.labels = lists.known.labels
        if name in self.scores and lists.scores is not None:
            self.scores[name].add(lists.scores[lists.there], lists.hits[lists.there])

    def add_truth(self, truth: Rows, gains: Values, items: int) -> None:
        """Add what a run of users turned out to want."""
        if self.exposures:
            more = exposure.wanted(truth, gains, items)
            self.wanted = grown(self.wanted, items) + more

    def value(self, one: Asked, name: str) -> float:
        """What a metric comes to for the lists of a name."""
        if hasattr(one.metric, "of_scores"):
            counts = self.scores[name]
            return float(one.metric.of_scores(counts.relevant, counts.others))
        exposed = self.exposures[name, one.k]
        exposed.wanted = self.wanted
        return float(one.metric.of_catalogue(exposed))

    def warned(self, name: str, where: str) -> list[str]:
        """How far off an area may be, where near scores had to count as equal."""
        blur = self.scores[name].blur if name in self.scores else 0.0
        told = "auc may be off by up to"
        return [f"{where}: {told} {blur:.1g}: near scores count as equal"] if blur else []
