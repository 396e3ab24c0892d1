"""`recli report` through the real command, and its page in a real browser."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests import browser
from tests.browser import Browser
from tests.conftest import run
from tests.stages.measured import full

SAMPLE = ("--recs", "recs.parquet", "--items", "items.parquet", "--history", "train.parquet")
SAMPLE += ("--truth", "test.parquet", "--sample", "2")


@pytest.fixture(scope="module")
def page(funnel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with everything that there is on one."""
    folder = tmp_path_factory.mktemp("page")
    run("similar", "als.model", "-o", folder / "similar.parquet", cwd=funnel)
    (folder / "full.json").write_text(json.dumps(full()))
    values = [None, *(at / 4 for at in range(5))]
    rows = {"parameter": "lambda", "value": values, "items": 90.0, "ndcg": 0.1}
    pl.DataFrame(rows).write_csv(folder / "curve.csv")
    runs = (folder / "full.json", folder / "curve.csv")
    near = ("--similar", folder / "similar.parquet")
    run("report", *runs, *SAMPLE, *near, "-o", folder / "report.html", cwd=funnel)
    return folder / "report.html"


def test_a_measurement_becomes_a_page_with_users(funnel: Path, tmp_path: Path) -> None:
    words = ("report", "evaluate.json", *SAMPLE)
    done = run(*words, "-o", tmp_path / "report.html", cwd=funnel)
    assert b"1 runs, 2 users" in done.stderr
    text = (tmp_path / "report.html").read_bytes()
    assert len(text) < 1_000_000
    for anchor in (b"verdict", b"metrics", b"popularity", b"users", b"summary", b"provenance"):
        assert b'id="%s"' % anchor in text
    drawn = re.findall(rb"User <bdi>(\S+)</bdi>", text)
    recs = pl.read_parquet(funnel / "recs.parquet")
    assert len(drawn) == 2
    first = recs.filter(pl.col("user_id") == drawn[0].decode()).sort("rank")["item_id"][0]
    items = pl.read_parquet(funnel / "items.parquet")
    title = items.filter(pl.col("item_id") == first)["title"][0]
    assert text.decode().count(title.replace("&", "&amp;").replace("<", "&lt;")) >= 1
    piped = run("report", "-", *SAMPLE, cwd=funnel, input=(funnel / "evaluate.json").read_bytes())
    same = piped.stdout.decode().replace("standard input", "evaluate.json")
    assert same == text.decode()


BARE = {"format": 2, "recli": "1", "metrics": []}
WRONG: list[tuple[str, tuple[str, ...], int, str]] = [
    ('{"a": 1}', (), 65, "run.json is JSON, but no measurement of recli"),
    ('{"format": "x", "recli": 1}', (), 65, "run.json is JSON, but no measurement of recli"),
    ("[1, 2]", (), 65, "run.json is no measurement"),
    ('{"format": 2, "recli"', (), 65, "run.json is no measurement"),
    ("", (), 65, "run.json is no measurement: is empty"),
    ("user_id,item_id\na,b\n", (), 65, "no column 'parameter'"),
    ('{"format":2,"recli":"1","x":' + "[" * 99_999, (), 65, "nested too deeply"),
    ('{"format": 9, "recli": "1", "metrics": []}', (), 65, "reads up to 2"),
    ("{}", ("--items", "items.parquet"), 2, "--items without --recs"),
    ("{}", ("-o", "nowhere/page.html"), 73, "no folder nowhere"),
    ("{}", ("-", "-"), 2, "both RUN and RUN would read standard input"),
    (json.dumps(BARE), ("missing.json",), 66, "missing.json: no such file"),
    ("{}", ("--sample", "0"), 2, "--sample"),
]


@pytest.mark.parametrize(("text", "more", "status", "message"), WRONG)
def test_what_is_no_measurement_is_refused_by_name(
    text: str, more: tuple[str, ...], status: int, message: str, tmp_path: Path
) -> None:
    (tmp_path / "run.json").write_text(text)
    done = run("report", "run.json", *more, cwd=tmp_path, check=status)
    assert message in done.stderr.decode()
    assert done.stdout == b""


def test_a_missing_library_is_named_with_its_remedy(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(json.dumps(full()))
    for library in ("jinja2", "matplotlib"):
        folder = tmp_path / library / library
        folder.mkdir(parents=True)
        raised = f"raise ModuleNotFoundError('gone', name='{library}')"
        (folder / "__init__.py").write_text(raised)
        path = {"PYTHONPATH": f"{folder.parent}:{Path(__file__).parents[2]}"}
        done = run("report", "run.json", cwd=tmp_path, check=78, env=path)
        assert f"not installed: {library}; pip install 'recli[report]'" in done.stderr.decode()


# In a real browser


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    if browser.FOUND is None:
        pytest.skip("no Chromium here: the page is not looked at")
    with Browser(tmp_path_factory.mktemp("profile")) as found:
        yield found


WIDEST = "document.documentElement.scrollWidth"
OUTSIDE = """[...document.querySelectorAll('body *')].filter(one =>
  !one.closest('.scroll > table') && one.getBoundingClientRect().right > innerWidth + 1
).map(one => one.tagName + '.' + one.getAttribute('class'))"""
CUT = """[...document.querySelectorAll('svg.chart')].filter(one => one.checkVisibility()).flatMap(
  one => [...one.querySelectorAll('text')].filter(word => {
    const [box, sheet] = [word.getBoundingClientRect(), one.getBoundingClientRect()]
    return box.left < sheet.left - 2 || box.right > sheet.right + 2
  }).map(word => word.textContent))"""
COLOURS = """[document.body, document.querySelector('h2'), document.querySelector('svg text')].map(
  one => getComputedStyle(one)).map((one, at) => [one.backgroundColor, one.color, one.fill][at])"""


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1000, "dark")])
def test_the_page_fits_its_window_and_asks_for_nothing(
    width: int, scheme: str, opened: Browser, page: Path
) -> None:
    opened.show(page, width, scheme)
    assert opened.tell(WIDEST) <= width
    assert opened.tell(OUTSIDE) == []
    assert opened.tell(CUT) == []
    kinds = ["wide" if width > 640 else "narrow"] * 4
    seen = "[...document.querySelectorAll('svg.chart')].filter(one => one.checkVisibility())"
    assert opened.tell(f"{seen}.map(one => one.classList[1])") == kinds
    asked = [
        one["params"]["request"]["url"]
        for one in opened.events
        if one["method"] == "Network.requestWillBeSent"
    ]
    assert asked == [page.as_uri()]
    told = [one for one in opened.events if one["method"] in FAULTS]
    assert told == []


FAULTS = ("Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled")


def test_the_page_is_dark_where_the_reader_wants_it_so(opened: Browser, page: Path) -> None:
    found: dict[str, Any] = {}
    for scheme in ("light", "dark"):
        opened.show(page, 800, scheme)
        found[scheme] = opened.tell(COLOURS)
    assert found["light"] == ["rgb(244, 245, 248)", "rgb(21, 26, 34)", "rgb(21, 26, 34)"]
    assert found["dark"] == ["rgb(14, 17, 22)", "rgb(233, 236, 241)", "rgb(233, 236, 241)"]


def test_paper_is_white_and_holds_what_was_folded(opened: Browser, page: Path) -> None:
    opened.show(page, 800, "dark")
    closed = "[...document.querySelectorAll('details:not([open]) table')]"
    seen = f"{closed}.map(one => one.checkVisibility())"
    assert {*opened.tell(seen)} == {False}
    wish = {"name": "prefers-color-scheme", "value": "dark"}
    opened("Emulation.setEmulatedMedia", media="print", features=[wish])
    assert {*opened.tell(seen)} == {True}
    assert opened.tell(COLOURS)[:2] == ["rgb(255, 255, 255)", "rgb(0, 0, 0)"]
    assert opened.tell("document.querySelector('svg.wide').checkVisibility()")
    printed = opened("Page.printToPDF", preferCSSPageSize=True)["data"]
    assert len(printed) > 50_000
    opened("Emulation.setEmulatedMedia", media="")
