"""Errors of scores, for metrics of the pairs of user and item that have a rating."""

from dataclasses import replace

import numpy as np

from recli.kernels.lists import Lists, errors_of
from recli.stages.evaluate_part import Part


class Pairs:
    """The pairs of a run of users in truth, and how far lists are off in each of them."""

    def __init__(self, part: Part) -> None:
        self.part = part

    def shared(self, name: str, other: str) -> Lists | None:
        """Lists with the errors of those pairs that others score too; None where one has none."""
        if not {name, other} <= {*self.part.scores}:
            return None
        apart = np.where(np.isnan(self.part.apart(other)), np.nan, self.part.apart(name))
        found, _ = self.part.laid(name)
        return replace(found, errors=errors_of(self.part.truth, apart), held={})
