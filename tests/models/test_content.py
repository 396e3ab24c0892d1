"""Choices of the content model that cannot be: said before any work."""

import pytest

from recli.errors import ExitCode, RecliError
from recli.models.content import Content


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ("title,,price", "'' is no column with a positive weight"),
        ("title=0", "'title=0' is no column with a positive weight"),
        ("title=-1,price=nan", "'price=nan' is no column with a positive weight"),
        ("title,price,title=2", "names title twice"),
    ],
)
def test_columns_that_make_no_sense_are_refused(columns: str, message: str) -> None:
    with pytest.raises(RecliError, match=message) as refused:
        Content(columns=columns)
    assert refused.value.code == ExitCode.USAGE


def test_it_reads_what_its_choices_need() -> None:
    assert Content().needs() == ["items"]
    assert Content(values="rating", half_life_days=3).needs() == ["items", "rating", "timestamp"]
    assert Content(values="rating", half_life_days=3).reading().half_life_days == 3
