"""`train-lambdamart` tells from the footers which models have seen its labels."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.rank.conftest import QUICK
from tests.conftest import Command


@pytest.fixture(scope="module")
def cut(recli: Command, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log and its `train`, `past` and `labels`, the last two split from `train` by time."""
    folder = tmp_path_factory.mktemp("cut")
    lines = [
        f"u{user:02d},i{(user * 7 + day * 11) % 25:02d},2024-01-0{day + 1}"
        for user in range(40)
        for day in range(5)
    ]
    text = "\n".join(["user_id,item_id,timestamp", *lines, ""])
    (folder / "ratings.csv").write_text(text)
    recli("ingest", "ratings.csv", "-o", "all.parquet", cwd=folder)
    for whole, early, late in (("all", "train", "test"), ("train", "past", "labels")):
        parts = ("--train", f"{early}.parquet", "--test", f"{late}.parquet")
        recli("split", "time", f"{whole}.parquet", *parts, cwd=folder)
    return folder


@pytest.fixture
def taught(recli: Command, cut: Path) -> Callable[..., str]:
    """Trains a ranker on the candidates of a model of `part`; gives the messages."""

    def teach(part: str, history: str, code: int) -> str:
        recli("train-als", f"{part}.parquet", "-o", f"{part}.als", "--factors", 4, cwd=cut)
        recli(
            "retrieve", f"{part}.als", "--users", "labels.parquet", "--history", "past.parquet",
            "-k", 15, "-o", f"{part}.candidates.parquet", cwd=cut,
        )  # fmt: skip
        done = recli(
            "train-lambdamart", f"{part}.candidates.parquet", "--labels", "labels.parquet",
            "--history", f"{history}.parquet", "-o", f"{part}.ranker", *QUICK[:-1],
            check=code, cwd=cut,
        )  # fmt: skip
        return done.stderr.decode()

    return teach


def test_a_model_of_the_past_is_fine(taught: Callable[..., str], cut: Path) -> None:
    assert "warning" not in taught("past", "past", 0)
    assert (cut / "past.ranker").is_dir()


@pytest.mark.parametrize("part", ["train", "labels", "all"])
def test_a_model_that_has_seen_the_labels_is_refused(
    taught: Callable[..., str], cut: Path, part: str
) -> None:
    message = taught(part, "past", 65)
    assert "comes from 'train-als' with interactions that hold labels.parquet" in message
    assert "split time" in message
    assert not (cut / f"{part}.ranker").exists()


def test_a_history_with_the_labels_in_it_is_refused(taught: Callable[..., str]) -> None:
    assert "train.parquet holds the labels" in taught("past", "train", 65)
