"""What retrieval refuses: each with a status, and words that name the fault and a way out."""

from pathlib import Path

import polars as pl
import pytest

from tests.conftest import run


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("train-pure-svd", "train.parquet", "--factors", 5000, "-o", "m"), 2, "--factors"),
        (("train-ease", "train.parquet", "--max-memory-gib", 0.0001, "-o", "m"), 65, "item-knn or"),
        (("train-ease", "train.parquet", "--dropout", 1, "-o", "m"), 2, "below 1"),
        (("train-content", "train.parquet", "-o", "m"), 2, "add --items"),
        (
            ("train-content", "train.parquet", "--items", "blank.parquet", "-o", "m"),
            65,
            "nothing tells the items apart",
        ),
        (
            (
                *("train-category-popularity", "train.parquet", "--items", "blank.parquet"),
                *("--by", "colour", "-o", "m"),
            ),
            65,
            "colour",
        ),
        (("train-biased-mf", "bare.parquet", "-o", "m"), 65, "no column 'rating'"),
        (("train-als", "train.parquet", "--config", "odd.toml", "-o", "m"), 78, "facters"),
        (("retrieve", "als.model", "--seed-items", "zero.csv", "-k", 3), 65, "not positive"),
        (
            ("retrieve", "als.model", "--history", "train.parquet", "--cold-users", "factors"),
            2,
            "--segment COLUMN",
        ),
        (("inspect", "als.index", "--plot", "train.parquet"), 2, "write FILE.svg"),
        (("inspect", "als.index", "--plot", "als.index/x.svg"), 73, "inside als.index"),
        (("similar", "random.model"), 65, "alike"),
    ],
)
def test_a_fault_is_named_with_a_way_out(
    words: tuple[object, ...], code: int, says: str, workplace: Path
) -> None:
    log = pl.read_parquet(workplace / "train.parquet")
    log.drop("rating").write_parquet(workplace / "bare.parquet")
    items = pl.read_parquet(workplace / "items.parquet").select("item_id")
    blank = items.with_columns(colour=pl.lit(None, pl.String))
    blank.write_parquet(workplace / "blank.parquet")
    (workplace / "odd.toml").write_text("[train-als]\nfacters = 3\n")
    (workplace / "zero.csv").write_text(f"user_id,item_id,weight\nnew,{items['item_id'][0]},0.0\n")
    if "random.model" in words:
        run("train-random", "train.parquet", "-o", "random.model", cwd=workplace)
    before = (workplace / "train.parquet").read_bytes()
    done = run(*words, cwd=workplace, check=code)
    assert says in done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()
    assert (workplace / "train.parquet").read_bytes() == before
    assert not (workplace / "m").exists()
