"""Which labels count, what rows weigh and which lists are one, held against plain Python."""

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest

from recli.errors import RecliError
from recli.kernels.ranking import RankingData
from recli.reports import POSITION_BIAS
from recli.stages import features, gather, train_ranker
from recli.stages.groups import Grouping, grouping_of
from recli.stages.labels import labels_of
from recli.stages.weights import weighing_of
from recli.store.blocks import blocks
from recli.store.open import Table, open_table
from recli.tables import INTERACTIONS, RANKABLE

HOUR = 3_600_000_000
CONTRACTS = {"labels": INTERACTIONS, "candidates": RANKABLE, "propensities": POSITION_BIAS}
Gathered = Callable[..., RankingData]


def at(hours: list[float]) -> pl.Series:
    return pl.Series([int(hour * HOUR) for hour in hours]).cast(pl.Datetime("us", "UTC"))


def candidates() -> pl.DataFrame:
    """User a at three moments, 0, 0:20 and 48 h, user b at 0; items w x y z at each."""
    users, hours = "aaab", [0, 1 / 3, 48, 0]
    return pl.DataFrame(
        {
            "user_id": [user for user in users for _ in range(4)],
            "item_id": list("wxyz") * 4,
            "as_of": at([hour for hour in hours for _ in range(4)]),
            "position": [1, 2, 3, 4] * 4,
            "trust": [float(row % 5 + 1) for row in range(16)],
        }
    )


def labels() -> pl.DataFrame:
    rows = [
        ("a", "w", 0.1, "click", 1.0),
        ("a", "x", 1.0, "purchase", 4.0),
        ("a", "y", 49.0, "click", 3.0),
        ("b", "z", 5.0, "purchase", 2.0),
        ("b", "y", 30.0, "view", 9.0),
    ]
    frame = pl.DataFrame(rows, ["user_id", "item_id", "timestamp", "event", "age"], orient="row")
    return frame.with_columns(at(frame["timestamp"].to_list()).alias("timestamp"))


@pytest.fixture
def gathered(tmp_path: Any) -> Gathered:
    def table(role: str, rows: pl.DataFrame) -> Table:
        rows.write_parquet(tmp_path / f"{role}.parquet")
        return open_table(str(tmp_path / f"{role}.parquet"), CONTRACTS[role])

    def made(
        *,
        rows: pl.DataFrame | None = None,
        told: pl.DataFrame | None = None,
        curve: pl.DataFrame | None = None,
        words: tuple[str, ...] = (),
        **choices: Any,
    ) -> RankingData:
        tables = {"candidates": table("candidates", candidates() if rows is None else rows)}
        if "label" not in tables["candidates"].schema:
            tables["labels"] = table("labels", labels() if told is None else told)
        if curve is not None:
            tables["propensities"] = table("propensities", curve)
        asked = gather.Choices(
            choices.pop("labels", labels_of([])),
            weighing_of(list(words), choices.pop("positive", "1")),
            choices.pop("grouping", Grouping()),
            **choices,
        )
        families = features.families(only=("item-columns", "candidate-columns"))
        chosen = features.Chosen(families)
        making, asked, _ = train_ranker.prepare(tables, chosen, asked)
        steps = blocks(("candidates", tables["candidates"]), features.beside(tables))
        return gather.gather(making, steps, asked)[0]

    return made


def chosen(data: RankingData) -> list[list[float]]:
    """The gains of each list."""
    return [part.tolist() for part in np.split(data.relevance, np.cumsum(data.sizes)[:-1])]


def test_only_named_events_count_and_what_came_before_a_moment_does_not(gathered: Gathered) -> None:
    everything = [[1, 1, 1, 0], [0, 1, 1, 0], [0, 0, 1, 0], [0, 0, 1, 1]]
    assert chosen(gathered()) == everything
    graded = gathered(labels=labels_of(["click:1", "purchase:5"]))
    assert chosen(graded) == [[1, 5, 1, 0], [0, 5, 1, 0], [0, 0, 1, 0], [0, 0, 0, 5]]
    assert graded.objectives is None
    both = gathered(labels=labels_of(["click:1", "purchase:5"], "1,3"))
    assert both.objectives is not None
    assert both.objectives[:4].tolist() == [[1, 0], [0, 5], [1, 0], [0, 0]]


def test_labels_count_within_the_delay_and_young_lists_are_left_out(gathered: Gathered) -> None:
    """The newest label is of hour 49: lists after hour 45 may still convert."""
    data = gathered(labels=labels_of([], delay="4h"))
    assert chosen(data) == [[1, 1, 0, 0], [0, 1, 0, 0]]
    longer = gathered(labels=labels_of([], delay="1d"))
    assert chosen(longer) == [[1, 1, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1]]
    with pytest.raises(RecliError, match="4 lists are too young to be learned from"):
        gathered(labels=labels_of([], delay="3d"))


@pytest.mark.parametrize(
    ("by", "gap", "sizes"),
    [("moment", 1, [4, 4, 4, 4]), ("session", 1 / 2, [8, 4, 4]), ("user", 1, [12, 4]),
     ("session", 1 / 4, [4, 4, 4, 4])],
)  # fmt: skip
def test_lists_of_a_visit_or_a_user_become_one(
    gathered: Gathered, by: Any, gap: float, sizes: list[int]
) -> None:
    data = gathered(grouping=Grouping(by, int(gap * HOUR)))
    assert data.sizes.tolist() == sizes
    assert data.relevance.tolist() == gathered().relevance.tolist()
    assert data.features.tobytes() == gathered().features.tobytes()
    capped = gathered(grouping=Grouping(by, int(gap * HOUR)), negatives=1)
    assert (np.array([sum(gain == 0 for gain in one) for one in chosen(capped)]) == 1).all()


def test_weights_halve_with_age_and_a_list_weighs_the_same_on_both_sides(
    gathered: Gathered,
) -> None:
    data = gathered(words=("recency:24h",))
    assert data.weights is not None
    found = data.weights.reshape(4, 4)
    ages = {"w": 48.9, "x": 48.0, "y": 0.0}
    own = [2 ** -(ages[item] / 24) for item in "wxy"]
    assert found[0] == pytest.approx([*own, np.mean(own)])
    assert found[2] == pytest.approx([1, 1, 1, 1])
    assert found[3, 3] == pytest.approx(2 ** -(44 / 24))


def test_weights_of_columns_multiply(gathered: Gathered) -> None:
    data = gathered(words=("column:trust",))
    assert data.weights is not None
    assert data.weights.tolist() == candidates()["trust"].to_list()
    assert "candidates.trust" not in data.names
    assert "candidates.position" in data.names
    both = gathered(words=("column:trust", "column:age"))
    assert both.weights is not None
    aged = [[1, 4, 3, 8 / 3], [3.5, 4, 3, 3.5], [3, 3, 3, 3], [5.5, 5.5, 9, 2]]
    assert both.weights == pytest.approx(candidates()["trust"].to_numpy() * np.ravel(aged))


def test_a_pair_weighs_as_when_it_was_chosen_last(gathered: Gathered) -> None:
    again = labels().with_columns(pl.col("timestamp") + pl.duration(minutes=1), pl.col("age") / 4)
    told = pl.concat([labels(), again]).sort("user_id", "timestamp", "item_id")
    once, twice = gathered(words=("column:age",)), gathered(words=("column:age",), told=told)
    assert once.weights is not None
    assert twice.weights == pytest.approx(once.weights / 4)
    assert twice.relevance.tolist() == once.relevance.tolist()


@pytest.mark.parametrize(("positive", "expected"), [("3", 3.0), ("balanced", 8 / 8), ("0.5", 0.5)])
def test_what_was_chosen_weighs_as_told(gathered: Gathered, positive: str, expected: float) -> None:
    data = gathered(words=("column:trust",), positive=positive)
    trust = candidates()["trust"].to_numpy()
    ups = data.relevance > 0
    if positive == "balanced":
        expected = trust[~ups].sum() / trust[ups].sum()
    assert data.weights is not None
    assert data.weights == pytest.approx(np.where(ups, expected * trust, trust))


def test_what_stood_low_is_worth_more_up_to_the_clip(gathered: Gathered) -> None:
    curve = pl.DataFrame({"position": [1, 2, 3, 4], "propensity": [1.0, 0.5, 0.25, 0.01]})
    curve = curve.with_columns(low="propensity", high="propensity", shown=9, clicked=1)
    data = gathered(words=("ips:curve",), curve=curve)
    assert data.worth.reshape(4, 4)[0].tolist() == [1, 2, 4, 0]
    assert data.worth.reshape(4, 4)[3] == pytest.approx([0, 0, 4, 10])
    assert "candidates.position" not in data.names
    clipped = gathered(words=("ips:curve:clip=3",), curve=curve)
    assert clipped.worth.max() == pytest.approx(3)
    with pytest.raises(RecliError, match="places that the curve lacks: 3, 4"):
        gathered(words=("ips:curve",), curve=curve.head(2))


def test_a_place_may_be_a_weight_too(gathered: Gathered) -> None:
    told = labels().with_columns(position=pl.Series([1, 2, 4, 4, 1]))
    words = ("column:position", "ips:curve")
    both = gathered(words=words, told=told, curve=halving(), rows=placeless())
    assert both.weights is not None
    assert both.propensities is not None
    ups = both.relevance > 0
    assert both.propensities[ups].tolist() == (2 ** (1 - both.weights[ups])).tolist()


def test_places_that_a_curve_lacks_are_named_in_their_order(gathered: Gathered) -> None:
    told = labels().with_columns(position=pl.Series([100, 2, 11, 4, 1]))
    with pytest.raises(RecliError, match="curve lacks: 11, 100"):
        gathered(words=("ips:curve",), told=told, curve=halving(), rows=placeless())


def test_a_place_may_be_a_number_of_any_width(gathered: Gathered) -> None:
    wide, narrow = (
        gathered(words=("ips:curve",), rows=candidates().cast({"position": kind}), curve=halving())
        for kind in (pl.Int64, pl.UInt8)
    )
    assert narrow.worth.tolist() == wide.worth.tolist()


def test_a_curve_that_says_two_things_of_a_place_is_refused(gathered: Gathered) -> None:
    twice = pl.concat([halving(), halving().tail(2)])
    with pytest.raises(RecliError, match="several propensities of position 3"):
        gathered(words=("ips:curve",), curve=twice)


def halving() -> pl.DataFrame:
    curve = pl.DataFrame({"position": [1, 2, 3, 4], "propensity": [1.0, 0.5, 0.25, 0.125]})
    return curve.with_columns(low="propensity", high="propensity", shown=9, clicked=1)


def placeless() -> pl.DataFrame:
    return candidates().drop("position")


def test_a_drawn_negative_stands_for_those_like_it(gathered: Gathered) -> None:
    chances = [0.5, 0.1, 0.2, 0.4] * 4
    rows = candidates().with_columns(
        label=pl.Series([1.0, 0.0, 0.0, 0.0] * 4, dtype=pl.Float32),
        log_q=pl.Series(np.log(chances), dtype=pl.Float32),
    )
    data = gathered(rows=rows, words=("sampling",))
    inverse = np.array([10, 5, 2.5])
    assert data.weights is not None
    assert data.weights.reshape(4, 4)[1] == pytest.approx([1, *(inverse / inverse.mean())])


@pytest.mark.parametrize(
    ("words", "more", "message"),
    [
        ((), {"labels": labels_of(["buy:1"])}, "no event 'buy'; it has click, purchase, view"),
        (("column:event",), {}, "lack it|not a number"),
        (("column:nothing",), {}, "lack it"),
        (("sampling",), {}, "no column 'log_q'"),
        (("ips:curve",), {"rows": candidates().drop("position")}, "at which place"),
        (("recency:1d",), {"told": labels().drop("timestamp")}, "no column 'timestamp'"),
        ((), {"labels": labels_of([], delay="1d"), "rows": candidates().drop("as_of")}, "as_of"),
        ((), {"grouping": Grouping("session"), "rows": candidates().drop("as_of")}, "no moments"),
        (("column:trust",), {"rows": candidates().with_columns(trust=-1.0)}, "16 of 16 values"),
    ],
)
def test_what_the_tables_do_not_give_is_refused(
    gathered: Gathered, words: tuple[str, ...], more: dict[str, Any], message: str
) -> None:
    with pytest.raises(RecliError, match=message):
        gathered(words=words, **more)


@pytest.mark.parametrize(
    "line",
    [
        ("click",), ("click:0",), ("click:-1",), ("click:1", "click:2"),
    ],
)  # fmt: skip
def test_a_label_without_a_positive_gain_is_refused(line: tuple[str, ...]) -> None:
    with pytest.raises(RecliError, match="--label"):
        labels_of(list(line))


@pytest.mark.parametrize(
    "word", ["recency", "recency:0d", "recency:x", "column:", "ips", "sampling:2", "age:3", "ips:"]
)
def test_a_word_that_is_no_weight_is_refused(word: str) -> None:
    with pytest.raises(RecliError, match="--weights"):
        weighing_of([word], "1")


def test_each_kind_is_given_once_and_labels_or_a_grade() -> None:
    for words in (["sampling", "sampling"], ["recency:1d", "recency:2d"], ["ips:a", "ips:b"]):
        with pytest.raises(RecliError, match="given twice"):
            weighing_of(words, "1")
    with pytest.raises(RecliError, match="both say what is gained"):
        labels_of(["click:1"], grade="weight")
    with pytest.raises(RecliError, match="--objective-weights"):
        labels_of(["click:1"], "1")
    with pytest.raises(RecliError, match="no span of time"):
        grouping_of("session", "soon")
    with pytest.raises(RecliError, match="--positive-weight"):
        weighing_of([], "0")
