"""Whether labels were seen, told from records and timestamps of small tables."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from recli.errors import RecliError
from recli.stages.leaks import refuse_overlap, refuse_seen_labels
from recli.store.open import Table, open_table
from recli.store.provenance import Input, Provenance
from recli.store.write import Output
from recli.tables import CANDIDATES, INTERACTIONS

START = datetime(2024, 1, 1, tzinfo=UTC)


@dataclass
class Log:
    """Makes tables and models with the records that the commands would leave."""

    folder: Path
    count: int = 0

    def interactions(self, command: str, *inputs: Table, day: int = 0, **arguments: Any) -> Table:
        self.count += 1
        times = pl.Series([START + timedelta(days=day)]).cast(pl.Datetime("us", "UTC"))
        rows = pl.DataFrame({"user_id": ["u"], "item_id": [f"i{self.count}"], "timestamp": times})
        return self.written(rows, command, inputs, arguments)

    def written(self, rows: Any, command: str, inputs: Any, arguments: Any) -> Table:
        contract = CANDIDATES if "score" in rows.columns else INTERACTIONS
        given = [
            source if isinstance(source, Input) else source.as_input("interactions")
            for source in inputs
        ]
        path = self.folder / f"{self.count}.parquet"
        Output(str(path), contract).write([rows], Provenance(command, arguments, given), {})
        return open_table(str(path), contract)

    def split(self, table: Table, command: str = "split time", **arguments: Any) -> list[Table]:
        return [self.interactions(command, table, day=day, **arguments) for day in (1, 2)]

    def candidates(self, trained_on: Table, *more: Input) -> Table:
        self.count += 1
        record = Provenance("train-als", {}, [trained_on.as_input("interactions")])
        model = Input("model", f"model {self.count}", None, record.record("model", {}))
        rows = pl.DataFrame(
            {"user_id": ["u"], "item_id": ["i"], "score": [1.0], "rank": [1]},
            schema_overrides={"score": pl.Float32, "rank": pl.Int32},
        )
        return self.written(rows, "retrieve", [model, *more], {})


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path)


def test_a_model_of_the_earlier_part_is_fine(log: Log) -> None:
    past, labels = log.split(log.interactions("ingest"))
    asked = log.candidates(past, labels.as_input("users"), past.as_input("history"))
    assert refuse_seen_labels([asked], labels, past) == []


def test_a_model_of_the_labels_or_of_what_they_were_cut_from_is_refused(log: Log) -> None:
    raw = log.interactions("ingest")
    train, _ = log.split(raw)
    past, labels = log.split(train)
    for seen in (labels, train, raw):
        with pytest.raises(RecliError, match="'train-als' with interactions that hold"):
            refuse_seen_labels([log.candidates(seen)], labels, past)


def test_a_model_of_the_raw_file_that_recli_did_not_write_is_refused(log: Log) -> None:
    path = log.folder / "raw.parquet"
    times = pl.Series([START]).cast(pl.Datetime("us", "UTC"))
    pl.DataFrame({"user_id": ["u"], "item_id": ["i"], "timestamp": times}).write_parquet(path)
    raw = open_table(str(path), INTERACTIONS)
    past, labels = log.split(log.interactions("ingest", raw))
    with pytest.raises(RecliError, match="that hold"):
        refuse_seen_labels([log.candidates(raw)], labels, past)


def test_a_model_of_a_table_that_was_made_of_the_labels_is_refused(log: Log) -> None:
    past, labels = log.split(log.interactions("ingest"))
    both = log.interactions("ingest", past, labels)
    with pytest.raises(RecliError, match="that hold"):
        refuse_seen_labels([log.candidates(both)], labels, past)


def test_a_leak_behind_other_steps_is_found(log: Log) -> None:
    train = log.interactions("ingest")
    past, labels = log.split(train)
    asked = log.candidates(train)
    again = log.written(asked.read(), "rerank cap", [asked.as_input("candidates")], {})
    with pytest.raises(RecliError, match="that hold"):
        refuse_seen_labels([again], labels, past)


def test_a_leak_in_any_part_of_a_directory_is_found(log: Log) -> None:
    train = log.interactions("ingest")
    past, labels = log.split(train)
    parts = log.folder / "parts"
    parts.mkdir()
    for name, seen, last in (("a", past, False), ("b", train, True)):
        Path(log.candidates(seen).where).rename(parts / f"{name}.parquet")
        asked = open_table(str(parts), CANDIDATES)
        if last:
            with pytest.raises(RecliError, match="that hold"):
                refuse_seen_labels([asked], labels, past)
        else:
            assert refuse_seen_labels([asked], labels, past) == []


def test_candidates_retrieved_with_a_history_that_holds_the_labels_are_refused(log: Log) -> None:
    train = log.interactions("ingest")
    past, labels = log.split(train)
    with pytest.raises(RecliError, match="'retrieve' with history that hold"):
        refuse_seen_labels([log.candidates(past, train.as_input("history"))], labels, past)


def test_a_history_that_holds_the_labels_is_refused(log: Log) -> None:
    train = log.interactions("ingest")
    past, labels = log.split(train)
    for history in (train, labels):
        with pytest.raises(RecliError, match="holds the labels"):
            refuse_seen_labels([log.candidates(past)], labels, history)


def test_what_descends_from_the_other_part_alone_is_fine(log: Log) -> None:
    past, labels = log.split(log.interactions("ingest"))
    older, _ = log.split(past)
    assert refuse_seen_labels([log.candidates(older)], labels, past) == []


def test_another_cut_of_the_same_data_is_warned_of(log: Log) -> None:
    train = log.interactions("ingest")
    past, labels = log.split(train, at="2020")
    other, _ = log.split(train, at="2021")
    (line,) = refuse_seen_labels([log.candidates(other)], labels, past)
    assert "no part of the same split" in line


def test_a_file_that_nothing_is_known_of_is_warned_of_unless_it_is_the_history(log: Log) -> None:
    tables = []
    for name, day in (("one", 1), ("two", 2)):
        path = log.folder / f"{name}.parquet"
        log.interactions("ingest", day=day).read().write_parquet(path)
        tables.append(open_table(str(path), INTERACTIONS))
    past, labels = tables
    assert refuse_seen_labels([log.candidates(past)], labels, past) == []
    other = log.interactions("ingest")
    (line,) = refuse_seen_labels([log.candidates(past)], labels, other)
    assert "no part of the same split" in line


def test_candidates_without_a_record_are_warned_of(log: Log) -> None:
    past, labels = log.split(log.interactions("ingest"))
    path = log.folder / "bare.parquet"
    log.candidates(past).read().write_parquet(path)
    (line,) = refuse_seen_labels([open_table(str(path), CANDIDATES)], labels, past)
    assert "no record" in line


def now(day: int) -> int:
    return int((START + timedelta(days=day)).timestamp() * 1_000_000)


def test_labels_must_be_later_than_the_history(log: Log) -> None:
    _, labels = log.split(log.interactions("ingest"))
    assert refuse_overlap(labels, now(1)) == []
    for day in (2, 3):
        with pytest.raises(RecliError, match="1 of 1 labels are not later"):
            refuse_overlap(labels, now(day))


def test_splits_that_leak_by_design_are_only_warned_of(log: Log) -> None:
    _, labels = log.split(log.interactions("ingest"), "split leave-last")
    (line,) = refuse_overlap(labels, now(3))
    assert "'split leave-last'" in line


def test_without_times_nothing_is_said(log: Log) -> None:
    _, labels = log.split(log.interactions("ingest"))
    assert refuse_overlap(labels, None) == []
