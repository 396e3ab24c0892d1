"""Search every item: exact, and the fastest choice up to about a million items.

An exact index holds no file of its own beside the model's; it lets a funnel name an index
everywhere, and change the back end in one place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from pathlib import Path

    from recli.kernels.shapes import Vectors


@dataclass(frozen=True)
class Exact:
    """No shortcut, so nothing to build and nothing to set."""

    EFFORT: ClassVar[str] = "all items"
    LIBRARY: ClassVar[str | None] = None

    def build(self, vectors: Vectors, folder: Path, seed: int, threads: int) -> None:
        """Write nothing."""

    def most_effort(self, items: int) -> int:
        """No setting: 0."""
        return 0

    def open(self, folder: Path, vectors: Vectors, threads: int) -> None:
        """No search of its own: exact search is what retrieval does without an index."""
