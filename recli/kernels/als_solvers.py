"""Compiled least-squares solvers for single rows of a factor model.

Each solves A x = b for every row of a slice of a sparse matrix, where Y [n, factors] are the
fixed vectors of the row's entries, q their quadratic weights, and

    A = Y^T diag(q) Y + D + penalty I,    b = Y^T (base + q).

The length of a vector is not compiled in: rows are read four at a time through row views, which
the compiler turns into full-width vector instructions, as fast as with a literal length. So one
compilation, kept on disk, serves every model.
"""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

AHEAD = 8  # entries fetched ahead of use; 8 and 16 measured alike, 4 slower
BLOCK = 256  # entries gathered at a time by the exact solver
NOTHING = np.float32(1e-30)  # squared length of a residual below which quotients overflow
RESIDENT = 1 << 17  # numbers that stay in the second-level cache between passes over a row


@intrinsic
def _prefetch(_context: Any, address: Any) -> Any:
    """Ask for the cache line at an address; only a hint, never a fault."""

    def generate(context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        hint = builder.module.declare_intrinsic("llvm.prefetch", [byte], kind)
        read, near, data = (ir.Constant(number, value) for value in (0, 2, 1))
        builder.call(hint, [builder.inttoptr(values[0], byte), read, near, data])
        return context.get_dummy_value()

    return types.void(address), generate


@njit(nogil=True, cache=True)
def _fetch(Y, columns, start, stop):  # type: ignore[no-untyped-def]
    row = 4 * Y.shape[1]
    address = np.int64(Y.ctypes.data)
    for j in range(start, stop):
        line = address + np.int64(columns[j]) * row
        for byte in range(0, row, 64):
            _prefetch(line + byte)


@njit(nogil=True, cache=True, fastmath=True)
def _accumulate(Y, columns, q, start, stop, fetch, base, target, x, out):  # type: ignore[no-untyped-def]
    """Add Y^T (base + q (target - Y x)) to out, reading each vector once."""
    zero = np.float32(0)
    even = start + (stop - start) // 4 * 4
    for j in range(start, even, 4):
        if fetch:
            _fetch(Y, columns, min(j + AHEAD, stop), min(j + AHEAD + 4, stop))
        y0, y1, y2, y3 = Y[columns[j]], Y[columns[j + 1]], Y[columns[j + 2]], Y[columns[j + 3]]
        s0, s1, s2, s3 = zero, zero, zero, zero
        for f in range(x.shape[0]):
            s0 += y0[f] * x[f]
            s1 += y1[f] * x[f]
            s2 += y2[f] * x[f]
            s3 += y3[f] * x[f]
        s0 = base + q[j] * (target - s0)
        s1 = base + q[j + 1] * (target - s1)
        s2 = base + q[j + 2] * (target - s2)
        s3 = base + q[j + 3] * (target - s3)
        for f in range(x.shape[0]):
            out[f] += s0 * y0[f] + s1 * y1[f] + s2 * y2[f] + s3 * y3[f]
    for j in range(even, stop):
        y = Y[columns[j]]
        s = zero
        for f in range(x.shape[0]):
            s += y[f] * x[f]
        s = base + q[j] * (target - s)
        for f in range(x.shape[0]):
            out[f] += s * y[f]


@njit(nogil=True, cache=True, fastmath=True)
def conjugate_gradient(indptr, columns, q, Y, X, spectrum, penalty, base, steps, first, last):  # type: ignore[no-untyped-def]
    """Improve rows first..last of X in place by a few steps from where they are.

    D is diagonal (`spectrum`), because Y stands in the principal axes of Y^T Y: the product with
    the dense part costs `factors` operations instead of their square, and D + penalty is a
    preconditioner which leaves only the row's own entries to the steps.
    """
    zero, one = np.float32(0), np.float32(1)
    d = X.shape[1]
    D, p, r, change = (  # [factors] each; change is -A p
        np.empty(d, np.float32),
        np.empty(d, np.float32),
        np.empty(d, np.float32),
        np.empty(d, np.float32),
    )
    for row in range(first, last):
        start, stop = indptr[row], indptr[row + 1]
        x = X[row]
        if start == stop:
            x[:] = zero
            continue
        for f in range(d):
            D[f] = spectrum[f] + penalty[row]
            r[f] = -D[f] * x[f]
        _accumulate(Y, columns, q, start, stop, True, base, one, x, r)
        length = zero
        for f in range(d):
            p[f] = r[f] / D[f]
            length += r[f] * p[f]
        again = (stop - start) * d > RESIDENT
        for _ in range(steps):
            for f in range(d):
                change[f] = -D[f] * p[f]
            _accumulate(Y, columns, q, start, stop, again, zero, zero, p, change)
            curvature = zero
            for f in range(d):
                curvature -= p[f] * change[f]
            if min(curvature, length) < NOTHING:
                break
            stride = length / curvature
            before, length = length, zero
            for f in range(d):
                x[f] += stride * p[f]
                r[f] += stride * change[f]
                length += r[f] * r[f] / D[f]
            keep = length / before
            for f in range(d):
                p[f] = r[f] / D[f] + keep * p[f]


@njit(nogil=True, cache=True)
def cholesky(indptr, columns, q, Y, X, dense, penalty, base, first, last):  # type: ignore[no-untyped-def]
    """Write the solutions of rows first..last to X; `dense` is D, float64 [factors, factors].

    Raises numpy.linalg.LinAlgError where a row's matrix is not positive definite.
    """
    d = X.shape[1]
    block = np.empty((BLOCK, d), np.float32)
    for row in range(first, last):
        start, stop = indptr[row], indptr[row + 1]
        if start == stop:
            X[row, :] = np.float32(0)
            continue
        A = dense.copy()
        b = np.zeros(d, np.float64)
        for f in range(d):
            A[f, f] += penalty[row]
        for begin in range(start, stop, BLOCK):
            count = min(BLOCK, stop - begin)
            for j in range(count):
                weight = q[begin + j]
                root = np.sqrt(weight)
                y = Y[columns[begin + j]]
                for f in range(d):
                    block[j, f] = root * y[f]
                    b[f] += (base + weight) * y[f]
            part = block[:count]
            A += np.dot(part.T, part)
        L = np.linalg.cholesky(A)
        for f in range(d):  # forward substitution: L z = b
            b[f] = (b[f] - np.dot(L[f, :f], b[:f])) / L[f, f]
        for f in range(d - 1, -1, -1):  # back substitution by columns: L^T x = z
            b[f] /= L[f, f]
            for g in range(f):
                b[g] -= L[f, g] * b[f]
        for f in range(d):
            X[row, f] = b[f]


@njit(nogil=True, cache=True)
def observed_loss(indptr, columns, q, Y, X, base, first, last):  # type: ignore[no-untyped-def]
    """Sum over entries of rows first..last: (base + q) (s - 1)^2 - base s^2, in float64."""
    total = 0.0
    for row in range(first, last):
        for j in range(indptr[row], indptr[row + 1]):
            y = Y[columns[j]]
            s = 0.0
            for f in range(X.shape[1]):
                s += np.float64(X[row, f]) * y[f]
            total += (base + q[j]) * (s - 1) ** 2 - base * s * s
    return total
