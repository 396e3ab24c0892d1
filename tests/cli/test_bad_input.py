"""What is wrong comes out as one line: what, where, what to do, and a documented status."""

import os
import shutil
import subprocess
from pathlib import Path

import polars as pl
import pytest

from tests.conftest import run

RETRIEVE = ("retrieve", "als.model", "--history", "train.parquet")


def refused(code: int, *arguments: object, cwd: Path, **settings: object) -> str:
    done = run(*arguments, cwd=cwd, check=code, **settings)
    message = done.stderr.decode()
    assert "Traceback" not in message
    assert "panicked" not in message
    assert len(message.strip().splitlines()) == 1, message
    return message


def test_a_missing_file(workplace: Path) -> None:
    assert "nothing.parquet" in refused(
        66, "train-als", "nothing.parquet", "-o", "m", cwd=workplace
    )


def test_a_missing_model(workplace: Path) -> None:
    assert "gone.model" in refused(
        66, "retrieve", "gone.model", "--history", "train.parquet", cwd=workplace
    )


def test_a_directory_where_a_table_should_be(workplace: Path) -> None:
    assert "not a table" in refused(66, "train-als", "als.model", "-o", "m", cwd=workplace)
    assert "train.parquet" in refused(66, "train-als", "train.parquet/x", "-o", "m", cwd=workplace)


def test_a_table_where_a_model_should_be(workplace: Path) -> None:
    assert "manifest.json" in refused(
        65, "retrieve", "train.parquet", "--history", "train.parquet", cwd=workplace
    )


def test_a_ranker_where_a_model_should_be(workplace: Path) -> None:
    message = refused(65, "retrieve", "ranker.model", "--history", "train.parquet", cwd=workplace)
    assert "is a ranker, not a model or an index" in message


@pytest.mark.parametrize("content", [b"", b"\x00" * 100, b"PAR1", b"PAR1" + b"x" * 1000 + b"PAR1"])
def test_an_empty_or_broken_file(content: bytes, workplace: Path) -> None:
    (workplace / "broken").write_bytes(content)
    assert "broken" in refused(65, "train-als", "broken", "-o", "m", cwd=workplace)
    assert not (workplace / "m").exists()


def test_a_truncated_table(workplace: Path) -> None:
    whole = (workplace / "train.parquet").read_bytes()
    (workplace / "cut.parquet").write_bytes(whole[: len(whole) // 2])
    assert "cut.parquet" in refused(65, "train-als", "cut.parquet", "-o", "m", cwd=workplace)


def test_all_missing_columns_in_one_message(workplace: Path) -> None:
    pl.DataFrame({"x": [1]}).write_parquet(workplace / "odd.parquet")
    message = refused(65, "train-als", "odd.parquet", "-o", "m", cwd=workplace)
    assert "user_id" in message
    assert "item_id" in message


def test_a_score_that_is_no_number(workplace: Path) -> None:
    rows = pl.read_parquet(workplace / "candidates.parquet")
    rows.with_columns(score=pl.lit(float("nan"), pl.Float32)).write_parquet(
        workplace / "nan.parquet"
    )
    line = ("rerank", "cap", "nan.parquet", "--items", "items.parquet", "--by", "categories")
    assert "not a finite number" in refused(65, *line, cwd=workplace)


def test_no_interactions(workplace: Path) -> None:
    pl.read_parquet(workplace / "train.parquet").clear().write_parquet(workplace / "none.parquet")
    assert "no interactions" in refused(65, "train-als", "none.parquet", "-o", "m", cwd=workplace)


def test_nobody_to_retrieve_for(workplace: Path) -> None:
    assert "--history" in refused(2, "retrieve", "als.model", cwd=workplace)


def test_two_inputs_from_standard_input(workplace: Path) -> None:
    line = ("retrieve", "als.model", "--history", "-", "--users", "-")
    assert "standard input" in refused(2, *line, cwd=workplace)


def test_a_column_that_is_nowhere(workplace: Path) -> None:
    line = ("rerank", "filter", "candidates.parquet", "--where", "colour = 'red'")
    assert "colour" in refused(65, *line, cwd=workplace)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["train-als", "train.parquet"], "Missing option '-o' / '--out'"),
        (["train-als", "-o", "m", "--factors", "x"], "'--factors'"),
        (["train-als", "-o", "m", "--factrs", "8"], "--factrs"),
        (
            ["evaluate", "recs.parquet", "test.parquet", "ndcg@10", "--json", "-f", "csv"],
            "drop one",
        ),
        (["rerank", "boost", "c.parquet", "--factor", "3"], "Missing option '--where'"),
        (["rerank", "dpp", "c.parquet", "--lambda", "1.5"], "at most 1"),
        (["split", "time", "x", "--train", "a", "--test", "b", "--test-share", "x"], "20%"),
        (["train-als", "train.parquet", "--items", "items.parquet", "-o", "m"], "reads no items"),
        (["retrieve", "als.model", "-o", "lists.tsv"], "no format is called .tsv"),
        (["split", "time", "train.parquet", "--train", "a", "--test", "./a"], "the same name"),
    ],
)
def test_wrong_usage_is_one_line(words: list[str], says: str, workplace: Path) -> None:
    assert says in refused(2, *words, cwd=workplace)


def test_a_wrong_value_is_told_with_the_place_it_came_from(workplace: Path) -> None:
    line = ("train-als", "train.parquet", "-o", "m")
    message = refused(2, *line, cwd=workplace, env={"RECLI_TRAIN_ALS_FACTORS": "x"})
    assert "environment variable RECLI_TRAIN_ALS_FACTORS" in message
    (workplace / "recli.toml").write_text("[train-als]\nfactors = 'x'\n")
    message = refused(78, *line, "--config", "recli.toml", cwd=workplace)
    assert "recli.toml, table [train-als]" in message
    (workplace / "recli.toml").write_text("train-als = 8\n")
    message = refused(78, *line, "--config", "recli.toml", cwd=workplace)
    assert "write [train-als] above its options" in message


def test_options_are_called_alike_everywhere(workplace: Path) -> None:
    line = ("evaluate", "recs.parquet", "test.parquet", "ndcg@5", "-o", "m.parquet")
    (workplace / "recli.toml").write_text('[evaluate]\nmin = ["ndcg@5=1"]\n')
    run(*line, "--config", "recli.toml", cwd=workplace, check=3)
    run(*line, cwd=workplace, check=3, env={"RECLI_EVALUATE_MIN": "ndcg@5=1"})
    shown = run("inspect", "m.parquet", cwd=workplace).stdout.decode()
    assert "min=['ndcg@5=1']" in shown


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["train-als", "train.parquet", "-o", "shop"], "shop holds a shop, the result is a model"),
        (["build-index", "exact", "als.model", "-o", "als.model"], "holds a model, the result is"),
        (["retrieve", "als.model", "--history", "train.parquet", "-o", "x/"], "last /"),
        (
            ["retrieve", "als.model", "--history", "train.parquet", "-o", "train.parquet/x"],
            "no fol",
        ),
    ],
)
def test_what_stands_at_another_kind_of_result_stays(
    words: list[str], says: str, workplace: Path
) -> None:
    before = sorted(workplace.rglob("*"))
    assert says in refused(73, *words, cwd=workplace)
    assert sorted(workplace.rglob("*")) == before


def test_labels_are_single_values(workplace: Path) -> None:
    rows = pl.read_parquet(workplace / "users.parquet").with_columns(tags=pl.lit(["a"]))
    rows.write_parquet(workplace / "tagged.parquet")
    line = ("evaluate", "recs.parquet", "test.parquet", "ndcg@5", "--by", "tags")
    assert "no label" in refused(65, *line, "--users", "tagged.parquet", cwd=workplace)
    line = ("train-popularity", "train.parquet", "--segment", "tags", "-o", "m")
    assert "no label" in refused(65, *line, "--users", "tagged.parquet", cwd=workplace)


def test_grades_are_numbers(workplace: Path) -> None:
    line = ("train-lambdamart", "past.candidates.parquet", "--labels", "labels.parquet")
    for column in ("event", "timestamp"):
        more = ("--history", "past.parquet", "--grade", column, "-o", "x.model")
        assert "not a number" in refused(65, *line, *more, cwd=workplace)


def test_items_that_the_model_does_not_know_are_told(workplace: Path) -> None:
    strange = pl.DataFrame({"item_id": ["nowhere"], "user_id": ["nobody"]})
    strange.write_parquet(workplace / "strange.parquet")
    line = (*RETRIEVE, "--only", "strange.parquet")
    assert "knows no item of strange.parquet" in refused(65, *line, cwd=workplace)
    line = ("retrieve", "als.model", "--history", "strange.parquet")
    assert b"are the ids the same" in run(*line, cwd=workplace).stderr
    rows = pl.read_parquet(workplace / "candidates.parquet").with_columns(item_id=pl.lit("no"))
    rows.unique("user_id").write_parquet(workplace / "other.parquet")
    line = ("rank", "ranker.model", "other.parquet", "--history", "train.parquet")
    message = run(*line, "--items", "items.parquet", cwd=workplace).stderr
    assert b"know any of other.parquet" in message


def test_a_variable_or_a_table_that_names_no_option_is_told(workplace: Path) -> None:
    line = ("train-popularity", "train.parquet", "-o", "p.model")
    done = run(*line, cwd=workplace, env={"RECLI_TRAIN_POPULARITY_WINDOW": "3"})
    assert b"RECLI_TRAIN_POPULARITY_WINDOW names no option" in done.stderr
    (workplace / "recli.toml").write_text("[rerank]\nk = 3\n")
    assert "[rerank.cap]" in refused(78, *line, "--config", "recli.toml", cwd=workplace)


def test_lists_whose_model_saw_the_truth_are_told(workplace: Path) -> None:
    run("train-popularity", "interactions.parquet", "-o", "p.model", cwd=workplace)
    line = ("retrieve", "p.model", "--history", "train.parquet", "-o", "lists.parquet")
    run(*line, cwd=workplace)
    for name, leaks in (("lists.parquet", True), ("recs.parquet", False)):
        done = run("evaluate", name, "test.parquet", "ndcg@10", cwd=workplace)
        assert (b"'train-popularity' behind it has seen" in done.stderr) is leaks
    line = ("evaluate", "recs.parquet", "test.parquet", "ndcg@10")
    done = run(*line, "--history", "interactions.parquet", cwd=workplace)
    assert b"interactions.parquet: it holds test.parquet" in done.stderr


def test_lists_for_what_people_did_are_doubted(workplace: Path) -> None:
    line = ("evaluate", "candidates.parquet", "recs.parquet", "ndcg@5")
    message = run(*line, cwd=workplace).stderr.decode()
    assert "recs.parquet has scores and ranks" in message


def test_a_password_in_an_argument(workplace: Path) -> None:
    message = refused(2, "train-als", "postgres://me:hunter2@host/db", "-o", "m", cwd=workplace)
    assert "hunter2" not in message


def test_no_permission(workplace: Path) -> None:
    (workplace / "train.parquet").chmod(0)
    under: list[str] = []
    if os.getuid() == 0:
        under = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
        known = shutil.which(under[0]) is not None
        if not known or subprocess.run([*under, "true"], check=False).returncode:
            pytest.skip("root may read everything, and nothing here takes that from it")
    message = refused(66, "train-als", "train.parquet", "-o", "m", cwd=workplace, under=under)
    assert "train.parquet: permission denied" in message
    assert not (workplace / "m").exists()


def test_a_time_limit(workplace: Path) -> None:
    done = run(
        "train-bpr",
        "train.parquet",
        "-o",
        "slow.model",
        "--iterations",
        1_000_000,
        "--time-limit",
        "3s",
        cwd=workplace,
        check=124,
    )
    assert b"time limit" in done.stderr
    assert not (workplace / "slow.model").exists()


@pytest.mark.parametrize(
    "title", ["[/foo]", "[bold]x", "\x1b[31mred", "a\nb", "\u202eevil", "\x9b1m", "日本"]
)
def test_hostile_titles_are_shown_not_obeyed(title: str, tmp_path: Path) -> None:
    pl.DataFrame({"item_id": ["a"], "title": [title]}).write_parquet(tmp_path / "items.parquet")
    shown = run("inspect", "items.parquet", cwd=tmp_path).stdout.decode()
    body = shown.replace("\n", "")
    assert all(ord(char) >= 0x20 and not 0x7F <= ord(char) <= 0x9F for char in body)
    assert "\u202e" not in body


IDS = ["007", "7", str(2**64), "a\x00b", "🙂", " x ", "x" * 10_000, "é", "e\u0301", "", "-", "[1]"]


def test_ids_come_out_as_they_went_in(tmp_path: Path) -> None:
    ids = [name for name in IDS if name]
    rows = [(user, item) for user in ids for item in ids]
    table = pl.DataFrame(rows, ["user_id", "item_id"], orient="row")
    table.write_parquet(tmp_path / "log[1].parquet")
    run("train-popularity", "log[1].parquet", "-o", "p.model", cwd=tmp_path)
    run(
        "retrieve",
        "p.model",
        "--history",
        "log[1].parquet",
        "--keep-seen",
        "-k",
        50,
        "-o",
        "lists.parquet",
        cwd=tmp_path,
    )
    lists = pl.read_parquet(tmp_path / "lists.parquet")
    assert set(lists["user_id"]) == set(ids)
    assert set(lists["item_id"]) == set(ids)


def test_k_beyond_the_catalogue_gives_what_there_is(workplace: Path) -> None:
    done = run(*RETRIEVE, "-k", 100_000, "-o", "all.parquet", cwd=workplace)
    items = pl.read_parquet(workplace / "als.model" / "items.parquet").height
    lists = pl.read_parquet(workplace / "all.parquet").group_by("user_id").len()
    assert lists["len"].max() < items
    assert b"with fewer than k" in done.stderr


@pytest.mark.parametrize("length", [251, 258])
def test_a_name_that_is_too_long(length: int, workplace: Path) -> None:
    long = "x" * length
    for line in (RETRIEVE, ("train-als", "train.parquet"), ("generate",)):
        message = refused(73, *line, "-o", long, "-q", cwd=workplace)
        assert f"error: {long}: the name is too long" in message


@pytest.mark.parametrize(
    "line", ["inspect {}", "verify {}", "train-als {} -o m", "retrieve {} --history train.parquet"]
)
def test_a_name_of_an_input_that_is_too_long(line: str, workplace: Path) -> None:
    message = refused(66, *line.format("x" * 258).split(), cwd=workplace)
    assert "the name is too long" in message


def test_a_file_name_that_is_not_text_is_kept_in_provenance(workplace: Path) -> None:
    name = os.fsdecode(b"caf\xe9.csv")
    (workplace / name).write_text("user_id,item_id\na,b\n")
    run("ingest", name, "-o", "odd.parquet", cwd=workplace)
    run("train-popularity", "odd.parquet", "-o", "odd.model", cwd=workplace)
    run("verify", "odd.parquet", "odd.model", cwd=workplace)
    for made in ("odd.parquet", "odd.model"):
        assert rb"caf\udce9.csv" in run("inspect", made, cwd=workplace).stdout


def test_the_chain_of_steps_tells_each_step_once(workplace: Path) -> None:
    told = run("inspect", "recs.parquet", cwd=workplace).stdout.decode()
    made = [line.split()[1] for line in told.splitlines() if line.endswith("made by")]
    assert len(made) == len(set(made))
    assert "(shown above)" in told
