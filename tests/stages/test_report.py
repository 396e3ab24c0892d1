"""The page of a report: whole, safe, the same for the same runs, and silent on what is absent."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from recli.errors import RecliError
from recli.stages.report import page
from recli.store.runs import open_run
from tests.stages.measured import full, metric

SECTIONS = ["metrics", "comparisons", "funnel", "cold", "popularity", "summary"]
VOID = {"meta", "link", "br"}


class Outline(HTMLParser):
    """The elements of a page, which must be closed in the order in which they were opened."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] != "style":
            self.words.append(data)

    @property
    def ids(self) -> list[str]:
        return [str(attributes["id"]) for _, attributes in self.found if "id" in attributes]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def made(folder: Path, *runs: Any, title: str | None = None) -> str:
    """The page of runs that stand in files of a folder."""
    for at, run in enumerate(runs):
        (folder / f"run{at}.json").write_text(json.dumps(run))
    return page([open_run(str(folder / f"run{at}.json")) for at in range(len(runs))], None, title)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> str:
    return made(tmp_path_factory.mktemp("whole"), full())


def test_every_part_of_a_run_has_its_section(whole: str) -> None:
    outline = Outline(whole)
    titled = {one.removesuffix("-title") for one in outline.ids if one.endswith("-title")}
    assert titled == {"verdict", *SECTIONS, "provenance"}
    assert whole.count("<svg ") == 2 * 3
    for words in (
        "als is better than popularity: ndcg@10 is higher",
        "Gate not met: coverage@10 at least 0.7 (als 0.6030, knn 0.5880)",
        "Gate met: ndcg@10 at least 0.1 (als 0.1341, knn 0.1302)",
        "Leak: als was trained after the test began",
        "Warning: 495 of 1,885 users measured have no history",
        "0.1341 [0.1261, 0.1421]",
        "Less is better: gini.",
        "4,125 of 12,443",
        "3,006 42.2% of what came in, 12 new items",
        "Most is lost by retrieve als: 5,312 items, 42.7% of what came in.",
        "Gate met: recall@10 at most 5.0% below the baseline",
        "rerank mmr k=50 lambda=0.7",
        "2025-06-02 16:03",
    ):
        assert words in outline.text, words


def test_the_verdict_comes_before_everything_else(whole: str) -> None:
    places = [whole.index(f'id="{anchor}"') for anchor in ("verdict", *SECTIONS, "provenance")]
    assert places == sorted(places)


def test_what_is_absent_has_no_heading(tmp_path: Path) -> None:
    bare = {"format": 1, "recli": "0.5.0", "metrics": [metric("ndcg", 10, "lists", 0.1)]}
    outline = Outline(made(tmp_path, bare))
    titled = {one.removesuffix("-title") for one in outline.ids if one.endswith("-title")}
    assert titled == {"verdict", "metrics", "provenance"}
    assert "lists: ndcg@10 is 0.1000 [0.0920, 0.1080] over 1,885 users." in outline.text
    assert "None" not in outline.text


def test_nothing_is_loaded(whole: str) -> None:
    for tag, attributes in Outline(whole).found:
        assert tag not in ("script", "img", "iframe", "object", "embed", "base", "form")
        assert str(attributes.get("href", "#")).startswith("#")
        assert not {"src", "srcset", "data", "action", "background"} & {*attributes}
    assert not re.search(r"url\((?!#)|@import|https?://", whole)
    assert "default-src 'none'" in whole


def test_every_id_is_one_elements_and_every_link_has_an_end(tmp_path: Path) -> None:
    told = full()
    some = {key: told[key] for key in ("format", "recli", "metrics", "popularity_curve", "summary")}
    text = made(tmp_path, some, some)
    outline = Outline(text)
    assert len(outline.ids) == len({*outline.ids})
    linked = re.findall(r'(?:href="|url\()#([^")]+)', text)
    assert {*linked} <= {*outline.ids}
    for _, attributes in outline.found:
        assert str(attributes.get("aria-labelledby", "verdict")) in outline.ids


HOSTILE = "<script>alert('x')</script>\x1b[31m\u202e\ud800{{ 7 * 7 }}&amp;$x^2$"


def hostile(value: Any) -> Any:
    """The same run with every text of it hostile, but for those that are words of recli."""
    if isinstance(value, dict):
        kept = ("command", "history", "age", "recli")
        return {key: one if key in kept else hostile(one) for key, one in value.items()}
    if isinstance(value, list):
        return [hostile(one) for one in value]
    return HOSTILE + value if isinstance(value, str) else value


def test_what_names_and_sentences_hold_is_shown_and_never_obeyed(
    whole: str, tmp_path: Path
) -> None:
    text = made(tmp_path, hostile(full()), title=HOSTILE)
    outline = Outline(text)
    assert not {"script"} & {tag for tag, _ in outline.found}
    assert "<script>alert('x')</script>\\x1b[31m\\u202e\\ud800{{ 7 * 7 }}&amp;" in outline.text
    assert not re.search("[\x00-\x09\x0b-\x1f\u202e\ud800]", text)
    plain = [tag for tag, _ in Outline(whole).found]
    assert plain.count("section") == [tag for tag, _ in outline.found].count("section")


def test_the_same_runs_give_the_same_page(whole: str, tmp_path: Path) -> None:
    assert made(tmp_path, full()).replace(str(tmp_path), "") == re.sub(
        r"/\S*/(?=run0.json)", "/", whole
    )


def test_drawings_take_their_colours_and_letters_from_the_page(whole: str) -> None:
    for drawing in re.findall(r"<svg .*?</svg>", whole, re.DOTALL):
        assert "var(--s1)" in drawing
        assert "var(--font)" in drawing
        assert not re.search(r"#[0-9a-f]{6}\b|DejaVu|<style", drawing)
        assert re.search(r'role="img" aria-label="[^"]+"><title>', drawing)
    assert ">coverage@10</text>" in whole


def test_every_table_names_its_columns_and_rows(whole: str) -> None:
    for table in re.findall(r"<table.*?</table>", whole, re.DOTALL):
        head, _, body = table.partition("</thead>")
        assert "<caption>" in head
        assert head.count("<th ") == head.count('scope="col"') > 1
        rows = body.count("<tr")
        assert body.count('scope="row"') == rows > 0


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_colours_are_told_from_their_ground_in_light_and_in_dark(whole: str) -> None:
    schemes = re.findall(r":root \{(.*?)\n\s*\}", whole, re.DOTALL)
    assert len(schemes) == 3
    for scheme in schemes:
        colours = dict(re.findall(r"--(\w+): (#[0-9a-f]+)", scheme))
        colours = {
            name: code if len(code) == 7 else "#" + "".join(2 * digit for digit in code[1:])
            for name, code in colours.items()
        }
        for ground in ("card", "ground"):
            for name in ("ink", "muted", "accent", "good", "bad", "even"):
                assert contrast(colours[name], colours[ground]) >= 4.5, (name, ground)
        for at in range(1, 7):
            assert contrast(colours[f"s{at}"], colours["card"]) >= 3


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"metrics": "many"}, "'metrics' is no list of objects"),
    ({"metrics": [{"metric": "ndcg"}]}, "'metrics' has an object without 'lists'"),
    ({"metrics": [{**metric("ndcg", 1, "a", 0.1), "value": "high"}]}, "a 'value' that is no int"),
    ({"verdict": [1]}, "'verdict' is no list of texts"),
    ({"inputs": [{"role": "lists", "record": {"command": "x"}}]}, "record of its lists"),
    ({"cells": [{"history": "0", "age": "all", "metrics": [3]}]}, "'metrics' is no list"),
    ({"format": 3}, "has format 3, this recli reads up to 2"),
]


@pytest.mark.parametrize(("changed", "message"), WRONG)
def test_a_run_of_another_shape_is_refused_by_name(
    changed: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(RecliError, match=re.escape(message)) as told:
        made(tmp_path, full() | changed)
    assert "run0.json" in str(told.value)
    assert told.value.remedy


def test_numbers_that_are_none_are_said_to_be_none(tmp_path: Path) -> None:
    rows = [{**metric("rmse", 0, "lists", 0.0), "value": None, "low": None, "high": None}]
    told = Outline(made(tmp_path, {"format": 2, "recli": "1", "metrics": rows})).text
    assert "rmse is – over 1,885 users." in told


def test_what_other_commands_measured_is_shown_with_its_tables(tmp_path: Path) -> None:
    run = {
        "format": 1,
        "recli": "0.6.0",
        "command": "ope",
        "verdict": ["dr says 0.0042."],
        "values": [
            {"estimator": "dr", "value": 0.0042, "low": 0.004, "high": 0.005, "nested": [1]},
            {"value": 3, "low": None, "high": 4, "segment": None},
        ],
        "overlap": {"rows": 10_000, "even": True, "by": [{"name": "a", "share": 0.5}]},
        "gates": [{"estimator": "dr", "least": 0.005, "met": False}],
        "guards": [
            {"measure": "rbo", "bound": 0.2, "failed": False},
            {"measure": "overlap", "k": 5, "sign": "<", "bound": 0.6, "failed": False},
            {"measure": "users-lost", "k": 0, "sign": ">", "bound": 0.01, "failed": True},
        ],
        "level": 0.95,
    }
    told = Outline(made(tmp_path, run)).text
    for words in (
        "dr says 0.0042.",
        "Gate not met: estimator dr, least 0.005",
        "Gate met: measure rbo, bound 0.2",
        "Gate met: fail if overlap@5 < 0.6",
        "Gate not met: fail if users-lost > 0.01",
        "estimator value dr 0.0042 [0.004, 0.005] – 3",
        "rows 10,000",
        "even yes",
        "overlap: by name share a 0.5",
        "level 0.95",
    ):
        assert words in told, words


def test_two_definitions_of_a_metric_are_told_apart(tmp_path: Path) -> None:
    rows = [
        {**metric("ndcg", 10, "lists", value), "definitions": {"gain": gain}}
        for gain, value in (("linear", 0.1), ("exp", 0.2))
    ]
    told = Outline(made(tmp_path, {"format": 2, "recli": "1", "metrics": rows})).text
    assert "ndcg@10(gain=linear) 0.1000" in told
    assert "ndcg@10(gain=exp) 0.2000" in told


def test_gates_name_the_definition_and_the_side_that_they_are_about(tmp_path: Path) -> None:
    rows = [
        {**metric("ndcg", 10, "lists", value), "definitions": {"gain": gain}}
        for gain, value in (("linear", 0.1), ("exp", 0.2))
    ]
    rows.append({**metric("rmse", 0, "lists", 2.5), "less_is_better": True})
    gates = [
        {"metric": "ndcg@10", "definitions": {"gain": "exp"}, "least": 0.15, "met": True},
        {"metric": "ndcg@10", "definitions": {"gain": "linear"}, "least": 0.15, "met": False},
        {"metric": "rmse", "most_below": 0.01, "relative": True, "met": False},
    ]
    told = Outline(
        made(tmp_path, {"format": 2, "recli": "1", "metrics": rows, "gates": gates})
    ).text
    assert "Gate met: ndcg@10(gain=exp) at least 0.15 (lists 0.2000)" in told
    assert "Gate not met: ndcg@10(gain=linear) at least 0.15 (lists 0.1000)" in told
    assert "Gate not met: rmse at most 1.0% above the baseline" in told


def test_a_page_says_whose_conventions_its_numbers_follow(tmp_path: Path) -> None:
    assert "conventions of" not in Outline(made(tmp_path, full())).text
    assert "By the conventions of ranx." in Outline(made(tmp_path, full() | {"like": "ranx"})).text


def test_a_trade_off_is_drawn_from_any_kind_of_table(tmp_path: Path) -> None:
    values = [None, 0.0, 0.5, 1.0]
    rows = pl.DataFrame({"parameter": "lambda", "value": values, "items": 90.0, "kl": values})
    rows.write_csv(tmp_path / "curve.csv")
    rows.write_ndjson(tmp_path / "curve.ndjson")
    rows.write_parquet(tmp_path / "curve.parquet")
    told = [
        page([open_run(str(tmp_path / f"curve.{form}"))], None, "Curve")
        for form in ("csv", "ndjson", "parquet")
    ]
    drawings = [re.findall(r"<svg .*?</svg>", text, re.DOTALL) for text in told]
    assert len(drawings[0]) == 2
    assert drawings[0] == drawings[1] == drawings[2]
    shown = Outline(told[0]).text
    assert "What lambda costs and buys" in shown
    assert "as they came 90 – – 0 90 0.0000" in shown
