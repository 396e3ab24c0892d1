"""What the rows themselves tell of leaks, added up while evaluate reads them."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import polars as pl

from recli.contract import TIME
from recli.kernels import traces
from recli.kernels.lists import Rows
from recli.stages.evaluate_blocks import Laid, laid_beside
from recli.stages.evaluate_inputs import LISTS, Catalogue, Inputs
from recli.store.merged import Asked
from recli.tables import AS_OF

Flags = npt.NDArray[np.bool_]  # [items]
FORMS = ("%+", "%F %T", "%F")  # of a time that is text


class Traces:
    """Counts over all blocks; memory grows with items, not with users."""

    def __init__(self, inputs: Inputs, catalogue: Catalogue) -> None:
        self.inputs, self.catalogue = inputs, catalogue
        past = inputs.history
        self.moments = inputs.truth.has("timestamp") and past is not None and past.has("timestamp")
        self.made_at = {
            name: inputs.truth.has("timestamp") and table.has(AS_OF)
            for name, table in inputs.lists.items()
        }
        self.in_lists = {name: np.zeros(6, np.int64) for name in inputs.lists}
        self.in_history = np.zeros(4, np.int64)
        self.early = dict.fromkeys(inputs.lists, 0)  # users with lists made after truth began
        self.offered: dict[str, Flags] = {name: np.zeros(0, np.bool_) for name in inputs.lists}
        self.wanted: Flags = np.zeros(0, np.bool_)

    def asked(self, tables: Asked) -> Asked:
        """The same tables with the moments that are looked at."""
        found = {role: (table, [*columns]) for role, (table, columns) in tables.items()}
        more = dict.fromkeys(["truth", "history"] if self.moments else [], "timestamp")
        for name in (name for name, made in self.made_at.items() if made):
            more |= {LISTS + name: AS_OF, "truth": "timestamp"}
        for role, column in more.items():
            table, columns = found[role]
            found[role] = (table, [*dict.fromkeys([*columns, column])])
        return found

    def add(self, frames: Mapping[str, pl.DataFrame], block: Laid) -> None:
        """Look at a block, and at what `laid` made of it."""
        count, truth = self.catalogue.numbering.count, block.truth
        for name, rows in block.lists.items():
            self.in_lists[name] += traces.in_lists(rows, truth, block.gains, count)
            if self.made_at[name]:
                self.early[name] += self._early(block, frames["truth"], frames[LISTS + name])
        if "history" not in frames:
            return
        moments = (
            laid_beside(block.ids, frames[role], _micros(frames[role]["timestamp"]))[1]
            if self.moments
            else None
            for role in ("truth", "history")
        )
        self.in_history += traces.in_history(
            truth, next(moments), block.history, next(moments), count
        )
        self.offered = {
            name: _flagged(self.offered[name], rows, count) for name, rows in block.lists.items()
        }
        self.wanted = _flagged(self.wanted, truth, count)

    def _early(self, block: Laid, truth: pl.DataFrame, lists: pl.DataFrame) -> int:
        moments = laid_beside(block.ids, truth, _micros(truth["timestamp"]))
        made = laid_beside(block.ids, lists, _micros(lists[AS_OF]))
        return traces.earlier(*moments, *made)


def _flagged(flags: Flags, rows: Rows, count: int) -> Flags:
    """The flags, grown to `count` items, with those of the rows up."""
    grown = np.pad(flags, (0, count - len(flags)))
    grown[rows.items] = True
    return grown


def _micros(times: pl.Series) -> npt.NDArray[np.int64]:
    """Microseconds since 1970 of times or of ISO 8601 texts; long ago where there is none."""
    if times.dtype == pl.String:
        times = pl.select(
            pl.coalesce(
                times.str.to_datetime(form, time_unit="us", time_zone="UTC", strict=False)
                for form in FORMS
            )
        ).to_series()
    if not isinstance(times.dtype, pl.Datetime):
        return np.full(len(times), np.iinfo(np.int64).min)
    if times.dtype != TIME:
        times = times.dt.cast_time_unit("us")
    micros: npt.NDArray[np.int64] = times.to_physical().fill_null(np.iinfo(np.int64).min).to_numpy()
    return micros
