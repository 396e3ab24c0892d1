"""The curve as SVG: well formed, every setting in it, axes that hold it, names escaped."""

import xml.etree.ElementTree as ET

import pytest

from recli.kernels.curve_plot import Point, svg

POINTS = [Point(1, 0.31, 9000.0), Point(2, 0.62, 8000.0), Point(64, 0.99, 700.0)]
SPACE = "{http://www.w3.org/2000/svg}"


def drawn(points: list[Point], exact: float) -> ET.Element:
    return ET.fromstring(svg(points, exact, "a<b", "groups & more", "recall@20"))


def test_every_setting_is_a_point_and_exact_search_a_line() -> None:
    root = drawn(POINTS, 1000.0)
    circles = root.findall(f"{SPACE}circle")
    words = ["".join(text.itertext()) for text in root.findall(f"{SPACE}text")]
    assert len(circles) == 3
    assert {"1", "2", "64", "exact search: 1,000", "recall@20", "queries/s", "a<b"} <= set(words)
    down = {c.get("cy"): c for c in circles}
    assert len(down) == 3


def test_faster_is_higher_and_more_recall_further_right() -> None:
    circles = drawn(POINTS, 1000.0).findall(f"{SPACE}circle")
    across = [float(c.get("cx", "")) for c in circles]
    down = [float(c.get("cy", "")) for c in circles]
    assert across == sorted(across)
    assert down == sorted(down)


@pytest.mark.parametrize("exact", [0.4, 1000.0, 1e7])
@pytest.mark.parametrize("points", [POINTS, [Point(1, 1.0, 5.0)], []])
def test_all_stays_within_the_picture(points: list[Point], exact: float) -> None:
    root = drawn(points, exact)
    for circle in root.findall(f"{SPACE}circle"):
        assert 80 <= float(circle.get("cx", "")) <= 616
        assert 48 <= float(circle.get("cy", "")) <= 364
    for line in root.findall(f"{SPACE}line"):
        assert 47 <= float(line.get("y1", "")) <= 365
