"""EASE against numpy's own inverse in float64, on either side of the log."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest
from scipy import sparse

from recli.errors import ExitCode, RecliError
from recli.kernels import ease, machine, tiles
from recli.kernels.ease import Penalty
from recli.kernels.matrix import training
from recli.models.ease import Ease

Dense = npt.NDArray[np.float64]
PENALTIES = [
    Penalty(5.0),
    Penalty(40.0, dropout=0.3, user_exponent=0.5),
    Penalty(3.0, item_exponent=0.5, user_exponent=0.2),
]
SHAPES = [(90, 1300), (1300, 90), (700, 1500)]


def log(users: int, items: int, seed: int = 4) -> sparse.csr_array:
    """Ones and twos, a user and an item without any, an item that most users have."""
    draw = np.random.default_rng(seed)
    cells = draw.integers(1, 3, (users, items)) * (draw.random((users, items)) < 0.03)
    cells[: users - 5, 0] = 1
    cells[3], cells[:, 7] = 0, 0
    return sparse.csr_array(cells.astype(np.float32))


def slow(matrix: sparse.csr_array, penalty: Penalty) -> Dense:
    """The equations of the papers, as they are written."""
    seen = matrix.toarray().astype(np.float64)
    counts = np.maximum((seen != 0).sum(axis=1), 1)
    gram = (seen / counts[:, None] ** penalty.user_exponent).T @ seen
    sizes = np.diag(gram)
    relative = np.where(sizes > 0, sizes / sizes[sizes > 0].mean(), 1)
    penalties = penalty.regularization * relative**penalty.item_exponent
    penalties = penalties + penalty.dropout / (1 - penalty.dropout) * sizes
    inverse = np.linalg.inv(gram + np.diag(penalties))
    weights: Dense = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0)
    return weights


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("shape", SHAPES)
def test_weights_are_those_of_the_closed_form(shape: tuple[int, int], penalty: Penalty) -> None:
    matrix = log(*shape)
    found = ease.fit(matrix, penalty, shape[1], threads=2)
    np.testing.assert_allclose(found.toarray(), slow(matrix, penalty), rtol=1e-5, atol=5e-6)


@pytest.mark.parametrize("shape", SHAPES)
def test_keeps_the_largest_weights_that_score_an_item(shape: tuple[int, int]) -> None:
    matrix = log(*shape)
    whole = ease.fit(matrix, PENALTIES[0], shape[1]).toarray()
    few = ease.fit(matrix, PENALTIES[0], 10).toarray()
    assert ((few == whole) | (few == 0)).all()
    largest, kept = (np.sort(np.abs(weights), axis=0)[-10:] for weights in (whole, few))
    np.testing.assert_array_equal(kept, largest)
    assert np.count_nonzero(few, axis=0).max() == 10


@pytest.mark.parametrize("shape", SHAPES)
def test_the_bits_do_not_depend_on_the_threads(shape: tuple[int, int]) -> None:
    matrix = log(*shape)
    first, *others = (ease.fit(matrix, PENALTIES[1], 50, threads) for threads in (1, 2, 3))
    for other in others:
        assert first.data.tobytes() == other.data.tobytes()
        assert first.indices.tobytes() == other.indices.tobytes()


@pytest.mark.parametrize("size", [1, 511, 512, 513, 1100])
def test_inverts_any_size_where_it_stands(size: int) -> None:
    draw = np.random.default_rng(1)
    sample = sparse.random(size, 300, 0.05, "csr", np.float32, rng=draw)
    found = tiles.gram_plus_one(sparse.csr_array(sample), threads=2)
    tiles.invert(found, threads=2)
    whole = np.concatenate([tiles.lines(found, row) for row in range(len(found))])
    dense = sample.toarray().astype(np.float64)
    want = np.linalg.inv(np.eye(size) + dense @ dense.T)
    np.testing.assert_allclose(-whole, want, rtol=1e-5, atol=5e-6)


def test_half_the_memory_of_a_square_matrix() -> None:
    assert tiles.memory(30_000) < 0.56 * 4 * 30_000**2
    # Gowalla: 29,858 users and 40,981 items, 8 bytes a weight.
    assert ease.memory(29_858, 40_981, 500) < 3 * machine.GIB


def rows() -> pl.DataFrame:
    pairs = [(f"u{user}", f"i{item}") for user in range(9) for item in range(6) if user != item]
    return pl.DataFrame(pairs, ["user_id", "item_id"], orient="row")


def test_says_what_it_needs_and_refuses_what_cannot_fit_before_any_work() -> None:
    said: list[str] = []
    data = training(rows(), report=said.append)
    with pytest.raises(RecliError) as refused:
        Ease(max_memory_gib=1e-9).fit(data)
    assert refused.value.code == ExitCode.DATA
    assert "MiB for 9 users and 6 items" in refused.value.what
    assert "item-knn" in refused.value.remedy
    assert "als" in refused.value.remedy
    size = machine.as_size(ease.memory(9, 6, Ease().neighbours))
    assert said == [f"needs {size} for 9 users and 6 items"]


def test_a_catalogue_beyond_the_machine_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    data = training(rows())
    users, items = pl.Series(["u"]).extend_constant("v", 10**6 - 1), pl.Series(["i"] * 10**6)
    empty = np.empty(0, np.int32)
    huge = replace(
        data, users=users, items=items, rows=empty, columns=empty, weights=empty.astype(np.float32)
    )
    with pytest.raises(RecliError, match=r"needs 1,?8\d\d\.\d GiB"):
        Ease().fit(huge)


def test_free_memory_is_what_the_kernel_says_or_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"/proc/meminfo": "MemTotal: 9 kB\nMemAvailable:    5 kB\n"}
    monkeypatch.setattr(machine, "_words", lambda file: said.get(file, ""))
    assert machine.free_memory() == 5 * 1024
    said["/sys/fs/cgroup/memory.max"] = "max\n"
    assert machine.free_memory() == 5 * 1024
    said["/sys/fs/cgroup/memory.max"] = "4096\n"
    assert machine.free_memory() == 4096
    said.clear()
    assert machine.free_memory() is None


def test_singular_equations_are_said_not_solved() -> None:
    data = training(rows().with_columns(weight=pl.lit(1e18, pl.Float32)))
    with pytest.raises(RecliError, match="raise --regularization"):
        Ease(regularization=1e-30).fit(data)
