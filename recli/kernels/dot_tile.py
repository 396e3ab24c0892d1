"""The inner step of exact search: a few items against a few queries, in vector registers.

Written as compiler instructions, because neither a BLAS nor the loop vectorizer gives what exact
search needs: the dot products stay in registers until they are compared with each query's
threshold, and every product is one fused multiply-add chain over the factors in ascending order.
So a score has the same bits whatever else is in the tile, in the batch, or on other threads, and
on every processor: one without fused multiply-add computes it in software, slowly.
"""

from typing import Any

import llvmlite.binding
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic


def _registers() -> tuple[int, int]:
    """Items in a tile and floats in a register, to fill this processor's registers."""
    features = llvmlite.binding.get_host_cpu_features()
    if features.get("avx512f"):
        return 8, 16
    return (6, 8) if features.get("avx") else (8, 4)


ITEMS, _FLOATS = _registers()
_VECTORS = 2
QUERIES = _VECTORS * _FLOATS

_SIZE = ir.IntType(64)
_MASK = ir.IntType(32)
_VECTOR = ir.VectorType(ir.FloatType(), _FLOATS)


@intrinsic
def dot_tile(  # type: ignore[no-untyped-def]
    _context,
    items,
    item,  # noqa: ARG001
    factors,  # noqa: ARG001
    queries,
    query,  # noqa: ARG001
    thresholds,
    threshold,  # noqa: ARG001
    scores,
    masks,
):
    """Scores of ITEMS x QUERIES pairs, and which of them exceed the query's threshold.

    `items` float32 [n, factors], read from row `item`; `queries` float32 flat, read from offset
    `query` as [factors, QUERIES]; `thresholds` float32 flat, read from offset `threshold`.
    Writes `scores` float32 [ITEMS, QUERIES] and `masks` uint32 [ITEMS], one bit a query. A NaN
    exceeds nothing. Nothing is checked: the caller keeps to the arrays' ends, and factors >= 1.
    """
    size = types.intp
    signature = types.void(items, size, size, queries, size, thresholds, size, scores, masks)
    return signature, _generate


def _generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    def start(position: int, offset: Any) -> Any:
        array = context.make_array(signature.args[position])(context, builder, arguments[position])
        return builder.gep(array.data, [offset])

    factors = arguments[2]
    items = start(0, builder.mul(arguments[1], factors))
    sums = _sums(builder, items, start(3, arguments[4]), factors)
    thresholds = _load(builder, start(5, arguments[6]))
    _store(builder, sums, thresholds, start(7, _SIZE(0)), start(8, _SIZE(0)))
    return context.get_dummy_value()


def _load(builder: Any, base: Any) -> list[Any]:
    places = [builder.gep(base, [_SIZE(i * _FLOATS)]) for i in range(_VECTORS)]
    return [builder.load(builder.bitcast(p, _VECTOR.as_pointer()), align=4) for p in places]


def _sums(builder: Any, items: Any, queries: Any, factors: Any) -> list[Any]:
    """The loop over factors: a register for each item and vector of queries."""
    signature = ir.FunctionType(_VECTOR, [_VECTOR] * 3)
    multiply_add = cgutils.get_or_insert_function(
        builder.module, signature, f"llvm.fma.v{_FLOATS}f32"
    )
    before = builder.block
    loop = builder.append_basic_block("factors")
    done = builder.append_basic_block("scored")
    builder.branch(loop)
    builder.position_at_end(loop)
    factor = builder.phi(_SIZE)
    factor.add_incoming(_SIZE(0), before)
    sums = [builder.phi(_VECTOR) for _ in range(ITEMS * _VECTORS)]
    vectors = _load(builder, builder.gep(queries, [builder.mul(factor, _SIZE(QUERIES))]))
    longer = []
    for item in range(ITEMS):
        place = builder.add(factor, builder.mul(_SIZE(item), factors))
        value = _broadcast(builder, builder.load(builder.gep(items, [place])))
        for i, vector in enumerate(vectors):
            longer.append(builder.call(multiply_add, [value, vector, sums[item * _VECTORS + i]]))
    following = builder.add(factor, _SIZE(1))
    factor.add_incoming(following, loop)
    for held, new in zip(sums, longer, strict=True):
        held.add_incoming(ir.Constant(_VECTOR, [0.0] * _FLOATS), before)
        held.add_incoming(new, loop)
    again = builder.cbranch(builder.icmp_signed("<", following, factors), loop, done)
    _keep_rolled(builder.module, again)
    builder.position_at_end(done)
    return longer


def _broadcast(builder: Any, value: Any) -> Any:
    nothing = ir.Constant(_VECTOR, ir.Undefined)
    one = builder.insert_element(nothing, value, _MASK(0))
    lanes = ir.Constant(ir.VectorType(_MASK, _FLOATS), [0] * _FLOATS)
    return builder.shuffle_vector(one, nothing, lanes)


def _keep_rolled(module: Any, branch: Any) -> None:
    """Unrolled, the loop needs more registers than there are: half the speed."""
    name = module.add_metadata([ir.MetaDataString(module, "exact search")])
    disable = module.add_metadata([ir.MetaDataString(module, "llvm.loop.unroll.disable")])
    branch.set_metadata("llvm.loop", module.add_metadata([name, disable]))


def _store(builder: Any, sums: list[Any], thresholds: list[Any], scores: Any, masks: Any) -> None:
    lanes = ir.IntType(_FLOATS)
    for item in range(ITEMS):
        mask = _MASK(0)
        for i, threshold in enumerate(thresholds):
            at = item * _VECTORS + i
            place = builder.gep(scores, [_SIZE(at * _FLOATS)])
            builder.store(sums[at], builder.bitcast(place, _VECTOR.as_pointer()), align=4)
            above = builder.bitcast(builder.fcmp_ordered(">", sums[at], threshold), lanes)
            bits = builder.zext(above, _MASK) if _FLOATS < 32 else above
            mask = builder.or_(mask, builder.shl(bits, _MASK(i * _FLOATS)))
        builder.store(mask, builder.gep(masks, [_SIZE(item)]))


@intrinsic
def lowest_bit(_context, mask):  # type: ignore[no-untyped-def]  # noqa: ARG001
    """Position of the lowest set bit of a uint32 that is not 0."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        zeros = builder.cttz(arguments[0], ir.IntType(1)(1))
        return builder.zext(zeros, _SIZE)

    return types.intp(types.uint32), generate
