"""Publishing what was learned: locked before the work, nothing left by a fit that fails."""

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from recli.errors import ExitCode, RecliError
from recli.kernels.features import Columns, Layout
from recli.kernels.matrix import training
from recli.kernels.ranking import RankingData
from recli.stages import train, train_ranker
from recli.stages.features import families
from recli.store.commit import publish_directory
from recli.store.provenance import Provenance


@dataclass(frozen=True)
class Unfit:
    """A plug-in that cannot learn."""

    def fit(self, data: Any) -> Any:
        raise ZeroDivisionError


def of_model(target: Path) -> None:
    data = training(pl.DataFrame({"user_id": ["u"], "item_id": ["i"]}))
    train.train(("unfit", Unfit()), data, target, Provenance("train-unfit"))


def of_ranker(target: Path) -> None:
    ones = np.ones((1, 1), np.float32)
    data = RankingData((), (), ones, ones[0], np.ones(1, np.int64), pl.Series(["u"]), 1)
    layout = Layout(families(), Columns())
    plugin = ("unfit", Unfit())
    train_ranker.train(plugin, data, layout, target, Provenance("train-unfit"), Counter())


every_training = pytest.mark.parametrize("fit_and_publish", [of_model, of_ranker])


@every_training
def test_a_second_writer_leaves_before_it_fits(
    fit_and_publish: Callable[[Path], None], tmp_path: Path
) -> None:
    with pytest.raises(RecliError) as refused, publish_directory(tmp_path / "model"):
        fit_and_publish(tmp_path / "model")
    assert refused.value.code == ExitCode.LOCKED


@every_training
def test_a_fit_that_fails_leaves_nothing(
    fit_and_publish: Callable[[Path], None], tmp_path: Path
) -> None:
    with pytest.raises(ZeroDivisionError):
        fit_and_publish(tmp_path / "model")
    assert os.listdir(tmp_path) == []
