"""Weights of candidates of whole lists, from their columns and what labels say of them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from recli.errors import RecliError
from recli.kernels.ranking import Flags, Floats
from recli.stages.weights_known import LABELS

Doubles = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Told:
    """Candidates of whole lists, and what labels say of each."""

    rows: pl.DataFrame
    found: pl.DataFrame
    owners: Longs
    chosen: Flags

    def _of(self, role: str, name: str) -> pl.Series:
        """A column of the candidates, or of the labels that were found."""
        return self.found[f"carried {name}"] if role == LABELS else self.rows[name]

    def column(self, role: str, name: str) -> Doubles:
        """A column as weights [rows]."""
        values = self._of(role, name).cast(pl.Float64).fill_null(np.nan).to_numpy()
        asked = values[self.chosen] if role == LABELS else values
        wrong = int((~(np.isfinite(asked) & (asked >= 0))).sum())
        if wrong:
            raise RecliError(
                f"--weights column:{name}: {wrong:,} of {len(asked):,} values are no weights",
                "give each a number of 0 or more",
            )
        return self.spread(values) if role == LABELS else values

    def spread(self, values: Doubles) -> Doubles:
        """Values [rows] of what was chosen; of the rest the mean of those of its list."""
        owners, count = self.owners[self.chosen], int(self.owners.max(initial=-1)) + 1
        mine = values[self.chosen]
        means = np.bincount(owners, mine, count) / np.maximum(np.bincount(owners, None, count), 1)
        out = means[self.owners]
        out[self.chosen] = mine
        return out

    def drawn(self) -> Doubles:
        """1 for what was chosen; of the rest 1 / q, with a mean of 1 in each list."""
        left = ~self.chosen
        log_q = self.rows["log_q"].cast(pl.Float64).fill_null(np.nan).to_numpy()
        if not np.isfinite(log_q[left]).all():
            raise RecliError(
                "--weights sampling: 'log_q' is empty for some that were not chosen",
                "take the lists that sample-negatives makes",
            )
        owners, count = self.owners[left], int(self.owners.max(initial=-1)) + 1
        each = np.exp(-log_q[left])
        means = np.bincount(owners, each, count) / np.maximum(np.bincount(owners, None, count), 1)
        out = np.ones(len(left))
        out[left] = each / means[owners]
        return out

    def seen(self, role: str, name: str, curve: dict[int, float]) -> Floats:
        """The propensity [rows] of the place of what was chosen, 1 of the rest."""
        places = self._of(role, name).cast(pl.Int64)
        strange = set(places.filter(pl.Series(self.chosen))) - set(curve)
        if strange:
            ordered = sorted(strange, key=lambda one: (one is None, one or 0))
            shown = ", ".join("none" if one is None else str(one) for one in ordered[:10])
            raise RecliError(
                f"--weights ips: what was chosen stood at places that the curve lacks: {shown}",
                "fit the curve to a log that has them, or leave these rows out",
            )
        known = places.replace_strict(curve, default=1.0, return_dtype=pl.Float64).to_numpy()
        return np.where(self.chosen, known, 1.0).astype(np.float32)
