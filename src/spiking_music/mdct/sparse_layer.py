"""A layer of the entropy model's network in vector instructions, most of whose units are 0.

numba has no vectors. In a loop over a row of weights it cannot know that sums and weights do not
overlap, and it stores the sums after each row, which takes four times as long as to keep them in
registers. Of whole numbers the order of additions does not matter: every machine gives the same.
"""

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

LANES = 16  # sums in a vector: LLVM splits it where registers are shorter
CHUNK = 8  # units that are compared with 0 at once
I32, I64 = ir.IntType(32), ir.IntType(64)
VECTOR = ir.VectorType(I32, LANES)


def layer(inputs: int, outputs: int, roof: int) -> Callable[..., Any]:
    """A function of compiled code: sums (outputs,) + units (inputs,) @ weights, shifted by 8 bits
    to the right and clipped to 0 .. roof, in place.

    All are contiguous arrays of int32. inputs, up to 64, are a multiple of `CHUNK`, outputs of
    `LANES`. Weights (inputs, outputs) of units that are 0 are not read.
    """
    assert inputs % CHUNK == 0 and inputs <= 64 and outputs % LANES == 0

    @intrinsic
    def run(typing: Any, sums: Any, weights: Any, units: Any) -> Any:
        def write(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> Any:
            from numba.np.arrayobj import make_array  # here: what is cached is not written again

            arrays = zip(signature.args, arguments, strict=True)
            places = (make_array(kind)(context, builder, value=a).data for kind, a in arrays)
            first, rows, heard = places
            _write(builder, first, rows, heard, inputs, outputs, roof)
            return context.get_dummy_value()

        return types.void(sums, weights, units), write

    return run


def _write(
    builder: ir.IRBuilder, sums: Any, weights: Any, units: Any, inputs: int, outputs: int, roof: int
) -> None:
    """Instructions of the layer, of pointers to the first numbers."""
    starts = range(0, outputs, LANES)
    firing, before = _firing(builder, units, inputs), [_load(builder, sums, at) for at in starts]
    entry = builder.block
    head, body, end = (builder.append_basic_block() for _ in range(3))
    builder.branch(head)

    builder.position_at_end(head)  # while there are units left:
    left, totals = builder.phi(I64), [builder.phi(VECTOR) for _ in starts]
    builder.cbranch(builder.icmp_unsigned("!=", left, I64(0)), body, end)

    builder.position_at_end(body)  # the lowest of them
    unit = builder.cttz(left, ir.IntType(1)(1))
    row = builder.gep(weights, [builder.mul(unit, I64(outputs))])
    size = _spread(builder, builder.load(builder.gep(units, [unit])))
    more = [
        builder.add(total, builder.mul(_load(builder, row, at), size))
        for total, at in zip(totals, starts, strict=True)
    ]
    fewer = builder.and_(left, builder.sub(left, I64(1)))
    for number, first, next_ in zip(
        [left, *totals], [firing, *before], [fewer, *more], strict=True
    ):
        number.add_incoming(first, entry)
        number.add_incoming(next_, body)
    builder.branch(head)

    builder.position_at_end(end)
    low, high = _all(0), _all(roof)
    for at, total in zip(starts, totals, strict=True):
        found = builder.ashr(total, _all(8))
        found = builder.select(builder.icmp_signed("<", found, low), low, found)
        found = builder.select(builder.icmp_signed(">", found, high), high, found)
        builder.store(found, _place(builder, sums, at, VECTOR), align=4)


def _firing(builder: ir.IRBuilder, units: Any, inputs: int) -> Any:
    """A number of 64 bits, of which bit j says whether unit j is not 0."""
    kind, found = ir.VectorType(I32, CHUNK), I64(0)
    for start in range(0, inputs, CHUNK):
        some = builder.load(_place(builder, units, start, kind), align=4)
        fires = builder.icmp_signed("!=", some, ir.Constant(kind, [0] * CHUNK))
        bits = builder.zext(builder.bitcast(fires, ir.IntType(CHUNK)), I64)
        found = builder.or_(found, builder.shl(bits, I64(start)))
    return found


def _load(builder: ir.IRBuilder, array: Any, at: int) -> Any:
    return builder.load(_place(builder, array, at, VECTOR), align=4)


def _place(builder: ir.IRBuilder, array: Any, at: int, kind: ir.Type) -> Any:
    return builder.bitcast(builder.gep(array, [I64(at)]), kind.as_pointer())


def _spread(builder: ir.IRBuilder, number: Any) -> Any:
    """A vector of one number."""
    nothing = ir.Constant(VECTOR, ir.Undefined)
    alone = builder.insert_element(nothing, number, I32(0))
    return builder.shuffle_vector(alone, nothing, _all(0))


def _all(number: int) -> ir.Constant:
    return ir.Constant(VECTOR, [number] * LANES)
