"""Users on a page: who is drawn, what is shown of them, and why each item is in their lists."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from recli.contract import Contract
from recli.errors import RecliError
from recli.kernels.hashing import uniform
from recli.stages import report_users
from recli.stages.report_users import Person, people
from recli.store.open import Table, open_table
from recli.tables import INTERACTIONS, ITEMS, LISTS, SIMILAR

RECS = {
    "user_id": ["u1"] * 4 + ["u2"],
    "item_id": ["dune", "emma", "solaris", "ulysses", "dune"],
    "score": [0.9, 0.7, 0.5, 0.1, 0.3],
    "rank": [1, 2, 3, 4, 1],
    "source": ["als", "als", "merge", "als", "fallback"],
    "status": ["known"] * 4 + ["fallback"],
    "als_rank": [1, 2, None, 4, None],
    "als_score": [0.9, 0.7, None, 0.1, None],
    "knn_rank": [2, None, 1, None, None],
    "knn_score": [0.2, None, 0.8, None, None],
}
HISTORY = {
    "user_id": ["u1"] * 4,
    "item_id": ["neuromancer", "stalker", "middlemarch", "stalker"],
    "timestamp": [datetime(2025, 1, day, tzinfo=UTC) for day in (1, 2, 3, 4)],
    "event": ["view", "view", "buy", "buy"],
}
ITEMS_TOLD = {
    "item_id": ["dune", "emma", "solaris", "ulysses", "neuromancer", "stalker", "middlemarch"],
    "title": ["Dune", "Emma", "Solaris", None, "Neuromancer", "Stalker", "Middlemarch"],
    "genres": [["sf"], ["novel"], ["sf", "film"], [], ["sf"], ["sf", "film"], ["novel"]],
    "language": ["en", "en", "pl", "en", "en", "ru", "en"],
}
ALIKE = {
    "item_id": ["dune", "stalker", "dune", "emma"],
    "similar_item_id": ["neuromancer", "solaris", "stalker", "nobody"],
    "score": [0.8, 0.9, 0.4, 1.0],
    "rank": [1, 1, 2, 1],
}
TRUTH = {"user_id": ["u1", "u1", "u1", "u9"], "item_id": ["solaris", "solaris", "ubik", "dune"]}


def table(folder: Path, name: str, columns: dict[str, list[object]], kind: Contract) -> Table:
    pl.DataFrame(columns).write_parquet(folder / f"{name}.parquet")
    return open_table(str(folder / f"{name}.parquet"), kind)


@pytest.fixture
def tables(tmp_path: Path) -> dict[str, Table]:
    return {
        "recs": table(tmp_path, "recs", RECS, LISTS),
        "items": table(tmp_path, "items", ITEMS_TOLD, ITEMS),
        "history": table(tmp_path, "history", HISTORY, INTERACTIONS),
        "truth": table(tmp_path, "truth", TRUTH, INTERACTIONS),
    }


def reasons(person: Person) -> dict[str, tuple[str, ...]]:
    return {offer.item: offer.reasons for offer in person.offers}


def test_a_user_is_shown_with_what_she_did_her_list_and_what_she_then_chose(
    tables: dict[str, Table],
) -> None:
    (person,) = people(tables, [], 5, 0)  # u2 is not in truth, u9 has no list
    assert person.user == "u1"
    assert [(met.title, met.when) for met in person.history] == [
        ("Stalker", "buy, 2025-01-04"),
        ("Middlemarch", "buy, 2025-01-03"),
        ("Neuromancer", "view, 2025-01-01"),
    ]
    assert [(offer.rank, offer.title, offer.chosen) for offer in person.offers] == [
        (1, "Dune", False),
        (2, "Emma", False),
        (3, "Solaris", True),
        (4, "ulysses", False),
    ]
    assert (person.before, person.chosen, person.hits, person.missed) == (3, 2, 1, ("ubik",))


def test_reasons_come_from_neighbours_shared_values_and_sources(
    tables: dict[str, Table], tmp_path: Path
) -> None:
    near = table(tmp_path, "similar", ALIKE, SIMILAR)
    (person,) = people(tables, [near], 5, 0)
    told = reasons(person)
    assert told["dune"] == (
        "like Neuromancer",  # by the table; Stalker is less like it
        "genres sf, as 2 of 3 items before",
        "als ranks it 1, knn ranks it 2",
    )
    # The pair stands in the table the other way round; sf is more of the history than film.
    assert told["solaris"][0] == "like Stalker"
    assert told["solaris"][1] in (
        "genres film, as 1 of 3 items before",
        "genres sf, as 2 of 3 items before",
    )
    assert told["emma"][0].startswith("genres novel")
    assert told["ulysses"] == ("als ranks it 4",)  # as many others here are in English


def test_whom_the_model_has_not_met_is_told_so(tables: dict[str, Table]) -> None:
    found = people({"recs": tables["recs"]}, [], 5, 0)
    assert [one.user for one in found] == ["u1", "u2"]
    assert reasons(found[1])["dune"] == ("popular: the model has not met the user",)
    assert found[1].before is None
    assert found[1].chosen is None


def test_users_are_drawn_by_lot_whatever_the_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"u{at:03}" for at in range(200)]
    rows = {"user_id": names, "item_id": ["i"] * 200, "rank": [1] * 200}
    recs = {"recs": table(tmp_path, "many", rows, LISTS)}
    drawn = [one.user for one in people(recs, [], 7, 3)]
    lots = uniform([pl.Series(names)], 3 ^ report_users.SALT)
    assert drawn == sorted(sorted(names, key=dict(zip(names, lots, strict=True)).get)[:7])  # type: ignore[arg-type]
    assert drawn != [one.user for one in people(recs, [], 7, 4)]
    merged = report_users.merged
    monkeypatch.setattr(report_users, "merged", lambda asked: merged(asked, 10))
    assert drawn == [one.user for one in people(recs, [], 7, 3)]


def test_lists_without_ranks_are_in_the_order_of_their_scores(tmp_path: Path) -> None:
    rows = {"user_id": ["u"] * 3, "item_id": ["a", "b", "c"], "score": [0.1, 0.9, 0.1]}
    (person,) = people({"recs": table(tmp_path, "scored", rows, LISTS)}, [], 1, 0)
    assert [(offer.rank, offer.item) for offer in person.offers] == [(1, "b"), (2, "a"), (3, "c")]


def test_nobody_to_draw_is_a_fault(tables: dict[str, Table], tmp_path: Path) -> None:
    other = {"user_id": ["u7"], "item_id": ["dune"]}
    with pytest.raises(RecliError, match=r"nobody is in .*recs\.parquet and .*other\.parquet"):
        people(tables | {"truth": table(tmp_path, "other", other, INTERACTIONS)}, [], 5, 0)
    bare = {"user_id": ["u"], "item_id": ["a"]}
    with pytest.raises(RecliError, match="neither a column 'rank' nor 'score'"):
        people({"recs": table(tmp_path, "bare", bare, LISTS)}, [], 5, 0)
