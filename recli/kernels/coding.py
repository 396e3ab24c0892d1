"""Product quantization: vectors as a byte for every few factors, by our own k-means.

Jegou, Douze, Schmid, "Product quantization for nearest neighbor search", 2011.
"""

import numpy as np
import numpy.typing as npt

from recli.kernels import clusters
from recli.kernels.shapes import Vectors

Codes = npt.NDArray[np.uint8]
Books = npt.NDArray[np.float32]  # [parts, words, factors a byte]

_WORDS = 256  # centroids that a byte can name


def padded(vectors: Vectors, factors_a_byte: int) -> Vectors:
    """The vectors with factors of zero, so that all parts are of one width."""
    missing = -vectors.shape[1] % factors_a_byte
    if not missing:
        return np.ascontiguousarray(vectors)
    return np.hstack([vectors, np.zeros((len(vectors), missing), np.float32)])


def coded(vectors: Vectors, factors_a_byte: int, seed: int, threads: int) -> tuple[Books, Codes]:
    """Code books, and the code of each vector [items, parts]."""
    parts = vectors.shape[1] // factors_a_byte
    books = np.zeros((parts, _WORDS, factors_a_byte), np.float32)
    for part in range(parts if len(vectors) else 0):
        some = _part(vectors, part, factors_a_byte)
        words = min(_WORDS, len(vectors))
        books[part, :words] = clusters.centroids(some, words, seed + part, threads)
        books[part, words:] = books[part, 0]
    return books, nearest(vectors, books, threads)


def nearest(vectors: Vectors, books: Books, threads: int = 1) -> Codes:
    """The nearest word of each part of each vector: [items, parts]."""
    codes = np.zeros((len(vectors), len(books)), np.uint8)
    for part, book in enumerate(books):
        codes[:, part] = clusters.nearest(_part(vectors, part, book.shape[1]), book, threads)
    return codes


def _part(vectors: Vectors, part: int, width: int) -> Vectors:
    return np.ascontiguousarray(vectors[:, part * width : (part + 1) * width])
