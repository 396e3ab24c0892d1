"""Labels of users, or of what they chose, from a column that `--by` names."""

from collections.abc import Iterable

import numpy as np
import polars as pl

from recli.errors import ExitCode, RecliError
from recli.kernels.bands import UNKNOWN, Bands, bands_of_counts
from recli.kernels.numbering import Numbering
from recli.stages.evaluate_bands import numbers, parted
from recli.stages.evaluate_blocks import Laid
from recli.stages.evaluate_by import By
from recli.stages.evaluate_cells import Codes, Marks

SEGMENTS = 200  # labels of one column: past it every one of them holds next to nobody
LENGTHS = (0, 5, 20, 100)  # of a history, the upper ends of bands


class Labels:
    """The labels of one column, and who or what has them; made with one pass over its table."""

    def __init__(self, by: By, items: Numbering) -> None:
        self.by, self.names = by, Numbering(pl.String)
        self.bands: Bands | None = None if by.parts is None else parted(by, by.parts)
        if by.place == "history" and by.parts is None:
            self.bands = bands_of_counts(LENGTHS)
        self.of_items = self._of_items(items) if by.place == "items" else None

    def marks(self, block: Laid) -> Marks:
        """The labels of a block's users, or of its rows of truth."""
        if self.by.place == "history":
            return Marks(self._codes(pl.Series(block.history.lengths)))
        if self.by.place == "items":
            return self._carried(block)
        if self.by.place == "truth":
            codes = self._codes(block.frames["truth"][self.by.column])
            return Marks(None, np.arange(len(codes)), codes)
        return Marks(self._codes(self._of_users(block)))

    def ordered(self, codes: Iterable[int]) -> list[tuple[int, str]]:
        """Codes with their labels in the order of a report: bands as they rise, or by name."""
        if self.bands is not None:
            return [(code, self.bands.names[code]) for code in sorted(codes)]
        ids = self.names.ids().to_list()
        return sorted(((code, ids[code]) for code in codes), key=lambda pair: pair[1])

    def _codes(self, values: pl.Series) -> Codes:
        if self.bands is not None:
            return self.bands.codes(numbers(values))
        codes = self.names.of(values.cast(pl.String).fill_null(UNKNOWN))
        if self.names.count > SEGMENTS:
            many = values.dtype.is_numeric() or values.dtype.is_temporal()
            raise RecliError(
                f"--by {self.by.word} has more than {SEGMENTS} values",
                f"cut it into parts, as {self.by.word}:4" if many else "choose a column with fewer",
                code=ExitCode.USAGE,
            )
        return codes

    def _of_users(self, block: Laid) -> pl.Series:
        """The value of each user of a block [users]."""
        column = pl.col(self.by.column).alias("value")
        frame = block.frames[self.by.role].select("user_id", column)
        known = frame.unique("user_id", keep="first", maintain_order=True)
        if self.by.place == "lists" and frame.n_unique() > known.height:
            twice = frame.unique(maintain_order=True)["user_id"]
            user = twice.filter(twice.is_duplicated())[0]
            raise RecliError(
                f"{self.by.table.where}: column '{self.by.column}' is not the same in all rows of "
                f"user '{user}'",
                "name a column with one value a user",
            )
        asked = pl.DataFrame({"user_id": block.ids})
        return asked.join(known, on="user_id", how="left", maintain_order="left")["value"]

    def _of_items(self, numbering: Numbering) -> pl.DataFrame:
        """Number and code of each item, again for every label in a list."""
        column = self.by.column
        rows = self.by.table.read(["item_id", column]).unique("item_id", maintain_order=True)
        found = rows.select(value=column, item=pl.Series(numbering.of(rows["item_id"])))
        if isinstance(found.schema["value"], pl.List):
            found = found.explode("value").unique(maintain_order=True)
        return found.select("item", code=pl.Series(self._codes(found["value"])))

    def _carried(self, block: Laid) -> Marks:
        """The labels of the items that truth names, an item that is not in the table has none."""
        if self.of_items is None:
            raise TypeError("labels of items come from items")
        truth = pl.DataFrame({"item": block.truth.items}).with_row_index("row")
        joined = truth.join(self.of_items, on="item", how="left", maintain_order="left")
        none = int(self._codes(pl.Series([None], dtype=self._kind()))[0])
        codes = joined["code"].fill_null(none).to_numpy()
        return Marks(None, joined["row"].cast(pl.Int64).to_numpy(), codes)

    def _kind(self) -> pl.DataType:
        kind = self.by.table.schema[self.by.column]
        return kind.inner if isinstance(kind, pl.List) else kind  # type: ignore[return-value]
