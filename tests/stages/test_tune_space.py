"""Every model can be tuned from its defaults, and what it declares can be searched."""

import pytest

from recli import registry
from recli.fields import Tuned
from recli.stages.tune_space import as_toml, dimensions

MODELS = registry.names("models")


@pytest.mark.parametrize("name", MODELS)
def test_defaults_lie_within_what_is_searched(name: str) -> None:
    for one in dimensions(registry.load("models", name), {}):
        if isinstance(one.kind, tuple):
            assert one.default in one.kind
        elif one.default is not None:
            assert one.range.low <= one.default <= one.range.high, one.name
        if one.range.log:
            assert one.range.low > 0, one.name


@pytest.mark.parametrize("name", MODELS)
def test_the_ends_of_what_is_searched_are_allowed(name: str) -> None:
    plugin = registry.load("models", name)
    for field in registry.fields(plugin):
        if any(isinstance(mark, Tuned) for mark in field.marks):
            one = next(one for one in dimensions(plugin, {}) if one.name == field.name)
            ends = one.kind if isinstance(one.kind, tuple) else (one.range.low, one.range.high)
            marks = [mark for mark in field.marks if hasattr(mark, "fault")]
            faults = [mark.fault(end) for mark in marks for end in ends if not isinstance(end, str)]
            assert not [fault for fault in faults if fault], field.name


def test_a_config_spells_values_as_toml() -> None:
    values = {"a": 1, "b": 0.5, "c": "x", "d": None, "e": True}
    assert as_toml("train-x", values) == '[train-x]\na = 1\nb = 0.5\nc = "x"\ne = true\n'
