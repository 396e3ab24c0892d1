"""Share of all attention that some providers get beyond their due, and others lack.

Attention to a place falls as 1 / log2(place + 1). The due of a provider is its share of the items
of the catalogue (`catalogue`: each item is due as much as any other), of what people turned out
to want (`truth`: attention in proportion to merit, disparate treatment in the paper), or as much
as any other provider (`equal`). The number is the total variation distance between shares of
attention and dues: 0.2 says that a fifth of all attention would have to move to other providers.
An item of several providers counts in equal parts for each, one without any for none.

Singh and Joachims, "Fairness of exposure in rankings", KDD 2018.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

if TYPE_CHECKING:
    from recli.kernels.exposure import Exposure


@dataclass(frozen=True)
class ProviderExposure:
    """Providers are the values of a column of --items."""

    NEEDS: ClassVar[tuple[str, ...]] = ("items",)
    LESS_IS_BETTER: ClassVar[bool] = True
    RANGE: ClassVar[str] = "0 to 1"
    SOURCE: ClassVar[str] = "Singh and Joachims, KDD 2018"
    by: Annotated[str, "Column of --items that names providers."] = "provider"
    due: Annotated[
        Literal["catalogue", "truth", "equal"],
        "By items offered, by what was wanted, or to all providers alike.",
    ] = "catalogue"

    def of_catalogue(self, exposure: Exposure) -> float:
        """Half the sum of absolute differences between shares of attention and dues."""
        import numpy as np

        from recli.kernels.exposure import by_label

        carried = exposure.labels[self.by]
        got = by_label(exposure.attention, carried)
        merits = {"catalogue": np.ones(carried.shape[0]), "truth": exposure.wanted}
        due = by_label(merits[self.due], carried) if self.due in merits else np.ones(len(got))
        if not got.sum() or not due.sum():
            return float("nan")
        return float(abs(got / got.sum() - due / due.sum()).sum() / 2)
