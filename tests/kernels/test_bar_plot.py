"""Bars as SVG: well formed, as long as their values, every name in it."""

import xml.etree.ElementTree as ET

import pytest

from recli.kernels.bar_plot import Panel, svg

SPACE = "{http://www.w3.org/2000/svg}"
NAMES = ["a<b", "plain", "x" * 60]


def drawn(values: list[float]) -> tuple[list[ET.Element], list[str]]:
    """Bars of one panel, and all words."""
    root = ET.fromstring(svg("m & m", NAMES, [Panel("share", values, ".2f")]))
    sheet, *bars = root.findall(f"{SPACE}rect")
    for bar in bars:
        left, right = float(bar.get("x", "")), float(bar.get("x", "")) + float(bar.get("width", ""))
        assert 0 <= left <= right <= float(sheet.get("width", ""))
        assert float(bar.get("y", "")) < float(sheet.get("height", ""))
    return bars, ["".join(text.itertext()) for text in root.findall(f"{SPACE}text")]


def test_bars_are_as_long_as_their_values_and_carry_their_names() -> None:
    bars, words = drawn([0.5, 0.25, 0.0])
    longest, half, none = (float(bar.get("width", "")) for bar in bars)
    assert longest == pytest.approx(2 * half, abs=0.2)
    assert none == 0
    assert {"m & m", "share", "a<b", "plain", "0.50", "0.25"} <= set(words)
    assert any(word.startswith("xxx") and word.endswith("…") for word in words)
    assert "x" * 60 in "".join(bars[2].itertext())


def test_what_is_below_0_goes_the_other_way() -> None:
    bars, _ = drawn([0.5, -0.25, 0.1])
    up, down, other = bars
    zero = float(up.get("x", ""))
    assert float(down.get("x", "")) + float(down.get("width", "")) == pytest.approx(zero, abs=0.2)
    assert down.get("fill") != up.get("fill") == other.get("fill")


@pytest.mark.parametrize("values", [[0.0, 0.0, 0.0], [-1e-6, -3.0, -2.0], [1e9, 1.0, 0.0]])
def test_any_values_fit_the_picture(values: list[float]) -> None:
    assert len(drawn(values)[0]) == 3
