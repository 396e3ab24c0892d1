"""`recli build-index` and retrieval from what it makes, through the real command."""

import json
import re
import shutil
from pathlib import Path

import polars as pl
import pytest

from recli import registry
from recli.store.artefact import _encoded
from recli.store.provenance import hash_file
from tests.conftest import Command

BACK_ENDS = registry.names("indexes")
every_back_end = pytest.mark.parametrize("name", BACK_ENDS)


@pytest.fixture(scope="module")
def place(shop: Path, recli: Command, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the shop's log, an ALS model of it, and an index of each kind."""
    folder = tmp_path_factory.mktemp("place")
    recli("train-als", shop / "interactions.parquet", "-o", folder / "als", "--factors", 16)
    shutil.copy(shop / "interactions.parquet", folder / "log.parquet")
    for name in BACK_ENDS:
        recli("build-index", name, folder / "als", "-o", folder / name, "-k", 20, "--threads", 2)
    return folder


def test_says_setting_recall_speeds_and_size(place: Path, recli: Command, tmp_path: Path) -> None:
    done = recli("build-index", "ivf", place / "als", "-o", tmp_path / "it", "-k", 20)
    line = done.stderr.decode()
    found = re.search(
        r"([\d,]+) groups searched: recall@20 (\S+), [\d,]+ queries/s \(exact [\d,]+\), \S+ MiB",
        line,
    )
    assert found
    search = json.loads((tmp_path / "it" / "manifest.json").read_text())["search"]
    assert search["effort"] == int(found[1])
    assert f"{search['recall']:.3f}" == found[2]
    assert search["recall"] >= 0.95
    assert not done.stdout


@every_back_end
def test_retrieves_without_the_model_and_the_same_from_workers(
    name: str, place: Path, recli: Command, tmp_path: Path
) -> None:
    shutil.copytree(place / name, tmp_path / "index")
    words = ["retrieve", tmp_path / "index", "--history", place / "log.parquet", "-k", 20]
    recli(*words, "-o", tmp_path / "one.parquet", "--threads", 1)
    recli(*words, "-o", tmp_path / "two.parquet", "--jobs", 2, "--threads", 2)
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()
    fast = pl.read_parquet(tmp_path / "one.parquet")
    assert set(fast.group_by("user_id").len()["len"]) == {20}
    seen = pl.read_parquet(place / "log.parquet").select("user_id", "item_id")
    assert fast.join(seen, on=["user_id", "item_id"]).height == 0
    assert fast["source"].unique().to_list() == ["als"]


@every_back_end
def test_finds_as_much_of_the_exact_lists_as_it_says(
    name: str, place: Path, recli: Command, tmp_path: Path
) -> None:
    words = ["--history", place / "log.parquet", "-k", 20, "--keep-seen"]
    for source in (name, "als"):
        recli("retrieve", place / source, *words, "-o", tmp_path / f"{source}.parquet")
    fast, exact = (pl.read_parquet(tmp_path / f"{source}.parquet") for source in (name, "als"))
    share = fast.join(exact, on=["user_id", "item_id"]).height / exact.height
    said = json.loads((place / name / "manifest.json").read_text())["search"]["recall"]
    assert abs(share - said) < 0.02


@every_back_end
def test_the_same_seed_gives_the_same_files(
    name: str, place: Path, recli: Command, tmp_path: Path
) -> None:
    recli("build-index", name, place / "als", "-o", tmp_path / name, "-k", 20, "--threads", 1)
    files = sorted(path.relative_to(place / name) for path in (place / name).rglob("*.*"))
    assert files
    for path in files:
        same = (tmp_path / name / path).read_bytes() == (place / name / path).read_bytes()
        assert same or path.name == "manifest.json"  # it holds the speeds


@every_back_end
def test_damage_in_any_file_is_refused(
    name: str, place: Path, recli: Command, tmp_path: Path
) -> None:
    files = sorted(path for path in (place / name).rglob("*") if path.is_file())
    assert len(files) >= 3
    for at, path in enumerate(files):
        folder = tmp_path / path.name
        shutil.copytree(place / name, folder)
        raw = bytearray(path.read_bytes())
        raw[len(raw) // 2] ^= 4
        whole = bytes(raw) if at % 2 else bytes(raw[: len(raw) // 2])
        (folder / path.relative_to(place / name)).write_bytes(whole)
        history = ["--history", place / "log.parquet"]
        done = recli("retrieve", folder, *history, check=65)
        assert "damaged" in done.stderr.decode()
        assert not done.stdout


@pytest.mark.parametrize("factors", [8, 32])
def test_a_forest_of_other_vectors_under_a_manifest_that_fits(
    factors: int, place: Path, recli: Command, tmp_path: Path
) -> None:
    recli("train-als", place / "log.parquet", "-o", tmp_path / "als", "--factors", factors)
    recli("build-index", "annoy", tmp_path / "als", "-o", tmp_path / "other", "-k", 20)
    shutil.copytree(place / "annoy", tmp_path / "index")
    forest = tmp_path / "index" / "items.annoy"
    shutil.copy(tmp_path / "other" / "items.annoy", forest)
    path = tmp_path / "index" / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["files"]["items.annoy"] = {"size": forest.stat().st_size, "sha256": hash_file(forest)}
    path.write_bytes(_encoded(manifest))
    words = ["--history", place / "log.parquet", "-k", 20]
    done = recli("retrieve", tmp_path / "index", *words, "-o", tmp_path / "out", check=None)
    message = done.stderr.decode()
    if done.returncode == 0:  # annoy crashed on it, and exact search stood in
        assert "failed while it searched" in message
        recli("retrieve", place / "als", *words, "-o", tmp_path / "exact")
        assert pl.read_parquet(tmp_path / "out").equals(pl.read_parquet(tmp_path / "exact"))
    else:
        assert done.returncode == 65
        assert "Traceback" not in message
        assert "build the index again" in message


def test_a_model_without_vectors_is_told_which_have_some(
    place: Path, recli: Command, tmp_path: Path
) -> None:
    recli("train-popularity", place / "log.parquet", "-o", tmp_path / "popular")
    done = recli("build-index", "ivf", tmp_path / "popular", "-o", tmp_path / "it", check=65)
    message = done.stderr.decode()
    assert "has no vectors" in message
    assert re.search(r"models with vectors: als, ", message)
    assert not (tmp_path / "it").exists()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--target-recall", "1.5"], 2),
        (["--lists", "0"], 2),
        (["-k", "0"], 2),
        (["--queries", "0"], 2),
    ],
)
def test_wrong_choices_are_refused_before_work(
    words: list[str], code: int, place: Path, recli: Command, tmp_path: Path
) -> None:
    recli("build-index", "ivf", place / "als", "-o", tmp_path / "it", *words, check=code)
    assert not list(tmp_path.iterdir())


def test_auto_publishes_an_ordinary_index_with_what_was_tried(
    place: Path, recli: Command, tmp_path: Path
) -> None:
    words = ["-o", tmp_path / "it", "-k", 20, "--target-recall", 0.9]
    done = recli("build-index", "auto", place / "als", *words).stderr.decode()
    for name in BACK_ENDS:
        assert re.search(rf"{name}, 120 items: recall \S+, [\d,]+ queries/s, built in", done)
    manifest = json.loads((tmp_path / "it" / "manifest.json").read_text())
    assert manifest["plugin"] in BACK_ENDS
    assert manifest["search"]["recall"] >= 0.9
    tried = manifest["timings"]["tried_back_ends"]
    assert {line["back_end"] for line in tried} == set(BACK_ENDS)
    shown = recli("inspect", tmp_path / "it").stdout.decode()
    assert re.search(r"back end +items +effort +recall +queries/s +build seconds", shown)
    recli("retrieve", tmp_path / "it", "--history", place / "log.parquet", "-o", tmp_path / "out")


def test_auto_without_time_is_exact(place: Path, recli: Command, tmp_path: Path) -> None:
    words = ["-o", tmp_path / "it", "-k", 20, "--time-limit", "0s"]
    done = recli("build-index", "auto", place / "als", *words).stderr.decode()
    assert "ivf: no time to try it" in done
    assert json.loads((tmp_path / "it" / "manifest.json").read_text())["plugin"] == "exact"


def test_inspect_shows_the_curve_and_draws_it(place: Path, recli: Command, tmp_path: Path) -> None:
    plot = tmp_path / "curve.svg"
    shown = recli("inspect", place / "ivf", "--plot", plot).stdout.decode()
    table = shown.partition("settings:\n")[2].splitlines()
    assert table[0].split() == ["effort", "recall", "queries/s"]
    manifest = json.loads((place / "ivf" / "manifest.json").read_text())
    tried = manifest["search"]["tried"]
    assert [int(row.split()[0]) for row in table[1 : 1 + len(tried)]] == [
        trial["effort"] for trial in tried
    ]
    assert [trial["effort"] for trial in tried] == sorted({trial["effort"] for trial in tried})
    assert plot.read_text().count("<circle") == len(tried)
    told = json.loads(recli("inspect", place / "ivf", "--json").stdout)
    assert told["settings"][0].keys() == {"effort", "recall", "queries_per_second"}


def test_what_has_no_curve_is_not_drawn(place: Path, recli: Command, tmp_path: Path) -> None:
    plot = tmp_path / "curve.svg"
    done = recli("inspect", place / "exact", "--plot", plot, check=2)
    assert b"holds no curve" in done.stderr
    done = recli("inspect", place / "als", "--plot", plot, check=65)
    assert b"is a model, not an index" in done.stderr
    recli("inspect", place / "log.parquet", "--plot", plot, check=65)
    assert not plot.exists()
    assert not done.stdout


def test_longer_lists_than_were_measured_are_warned_of(
    place: Path, recli: Command, tmp_path: Path
) -> None:
    line = ("retrieve", place / "ivf", "--history", place / "log.parquet", "-o", tmp_path / "out")
    k = json.loads((place / "ivf" / "manifest.json").read_text())["search"]["k"]
    assert b"may miss more" not in recli(*line, "-k", k).stderr
    assert f"build it with -k {k + 1}".encode() in recli(*line, "-k", k + 1).stderr


def test_an_index_is_no_model_to_index(place: Path, recli: Command, tmp_path: Path) -> None:
    done = recli("build-index", "ivf", place / "ivf", "-o", tmp_path / "it", check=65)
    assert b"is an index, not a model" in done.stderr
    done = recli("build-index", "ivf", tmp_path / "absent", "-o", tmp_path / "it", check=66)
    assert b"absent does not exist" in done.stderr
