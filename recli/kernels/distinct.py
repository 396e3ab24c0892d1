"""How many different values there are, about: one pass, 16 KiB of memory.

Flajolet, Fusy, Gandouet and Meunier, "HyperLogLog: the analysis of a near-optimal cardinality
estimation algorithm", AofA 2007, with hashes of 64 bits.
"""

import numpy as np
import polars as pl

BITS = 14  # of a hash, that choose a register: the standard error is 1.04 / 2**7 = 0.8%
REGISTERS = 1 << BITS
REST = 64 - BITS


class Distinct:
    """Counts the different values of batches; no value at all counts as one."""

    def __init__(self) -> None:
        self.most = np.zeros(REGISTERS, np.uint8)  # rank of the first bit that is set

    def add(self, values: pl.Series) -> None:
        """Take the values of a batch into account."""
        hashes = values.hash(0).to_numpy()
        rest = (hashes & np.uint64((1 << REST) - 1)).astype(np.float64)  # exact: under 2**53
        ranks = (REST + 1 - np.frexp(rest)[1]).astype(np.uint8)
        np.maximum.at(self.most, hashes >> np.uint64(REST), ranks)

    def count(self) -> int:
        """The estimate, nearly exact while it is small against the number of registers."""
        bias = 0.7213 / (1 + 1.079 / REGISTERS)
        raw = bias * REGISTERS**2 / float((0.5 ** self.most.astype(np.float64)).sum())
        free = int((self.most == 0).sum())
        if free and raw <= 2.5 * REGISTERS:
            raw = REGISTERS * float(np.log(REGISTERS / free))
        return round(raw)
