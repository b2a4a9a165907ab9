"""Several neighbouring numbers of an array as one value, in code that Numba compiles.

A processor multiplies many numbers at once, in a register as wide as they are together.
What is written with these functions is what it then does; a loop over single numbers is
turned into it only where the compiler can show that nothing else comes of it, and has
its own beginning and end, which cost as much as a short loop itself.

The width is the same on every processor, and so is the order of every sum: a narrower
processor takes two or four registers for one `Lanes`.

Each function tells Numba the type of its result, and how LLVM is told what to do. What
Numba has kept on disk it renews when the calling file changes, not when this one does.
"""

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic, models, register_model

#: Bytes that lie side by side: a line of the cache, and the widest register of today.
WIDTH = 64

# A product may be added without being rounded first, where the processor can.
FUSED = ("contract",)


class Lanes(types.Type):
    """The type of 8 numbers of float64, or 16 of float32."""

    def __init__(self, dtype: Any) -> None:
        self.dtype, self.count = dtype, 8 * WIDTH // dtype.bitwidth
        super().__init__(name=f"Lanes({dtype})")


@register_model(Lanes)
class LanesModel(models.PrimitiveModel):
    """How they are kept: as a vector of LLVM's."""

    def __init__(self, manager: Any, lanes: Lanes) -> None:
        real = {32: ir.FloatType(), 64: ir.DoubleType()}[lanes.dtype.bitwidth]
        super().__init__(manager, lanes, ir.VectorType(real, lanes.count))


def address(
    context: Any, builder: Any, kind: Any, array: Any, place: Any, of: Any
) -> Any:
    """Point to a place of an array, where something of the type ``of`` lies."""
    struct = context.make_array(kind)(context, builder, array)
    place = cgutils.get_item_pointer(context, builder, kind, struct, place)
    return builder.bitcast(place, of.as_pointer())


def spread(builder: Any, real: Any, vector: Any) -> Any:
    """Put one number into every lane."""
    nothing, first = ir.Constant(vector, ir.Undefined), ir.IntType(32)(0)
    mask = ir.Constant(ir.VectorType(first.type, vector.count), [0] * vector.count)
    one = builder.insert_element(nothing, real, first)
    return builder.shuffle_vector(one, nothing, mask)


@intrinsic
def load(_: Any, array: Any, row: Any, column: Any) -> Any:
    """Take the lanes that begin at ``array[row, column]``."""
    lanes = Lanes(array.dtype)

    def emit(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        vector = context.get_value_type(lanes)
        place = address(context, builder, array, given[0], given[1:], vector)
        return builder.load(place, align=array.dtype.bitwidth // 8)

    return lanes(array, types.intp, types.intp), emit


@intrinsic
def store(_: Any, array: Any, row: Any, column: Any, lanes: Any) -> Any:
    """Put lanes to where they begin at ``array[row, column]``."""

    def emit(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        array_, *at, value = given
        place = address(context, builder, array, array_, at, value.type)
        builder.store(value, place, align=array.dtype.bitwidth // 8)
        return context.get_dummy_value()

    return types.void(array, types.intp, types.intp, lanes), emit


@intrinsic
def prefetch(_: Any, array: Any, row: Any, column: Any) -> Any:
    """Have ``array[row, column]`` fetched into the second cache, and do not wait."""

    def emit(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        place = address(context, builder, array, given[0], given[1:], ir.IntType(8))
        takes = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        fetch = cgutils.get_or_insert_function(
            builder.module, takes, "llvm.prefetch.p0i8"
        )
        builder.call(fetch, [place, number(0), number(2), number(1)])  # read, L2, data
        return context.get_dummy_value()

    return types.void(array, types.intp, types.intp), emit


@intrinsic
def splat(_: Any, real: Any) -> Any:
    """Put one number into every lane."""
    lanes = Lanes(real)

    def emit(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        return spread(builder, given[0], context.get_value_type(lanes))

    return lanes(real), emit


@intrinsic
def add_product(_: Any, c: Any, a: Any, b: Any) -> Any:
    """Compute ``c + a * b`` lane by lane; ``a`` may be one number for all."""

    def emit(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        c_, a_, b_ = given
        if not isinstance(a, Lanes):
            a_ = spread(builder, a_, b_.type)
        return builder.fadd(c_, builder.fmul(a_, b_, flags=FUSED), flags=FUSED)

    return c(c, a, b), emit


@intrinsic
def gated(_: Any, gate: Any, c: Any) -> Any:
    """Keep a lane of ``c``, but give 0 where the gate's is not above 0."""

    def emit(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        zero = ir.Constant(given[1].type, [0.0] * given[1].type.count)
        shut = builder.fcmp_ordered("<=", given[0], zero)  # NaN passes, and is told of
        return builder.select(shut, zero, given[1])

    return c(gate, c), emit


@intrinsic
def total(_: Any, lanes: Any) -> Any:
    """Add up the lanes, each half to the other until one is left."""

    def emit(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        rest, number = given[0], ir.IntType(32)
        while rest.type.count > 1:
            half = rest.type.count // 2
            numbers = ir.VectorType(number, half)
            low, high = (
                builder.shuffle_vector(
                    rest, rest, ir.Constant(numbers, list(range(i, i + half)))
                )
                for i in (0, half)
            )
            rest = builder.fadd(low, high)
        return builder.extract_element(rest, number(0))

    return lanes.dtype(lanes), emit


@intrinsic
def power_of_two(_: Any, n: Any) -> Any:
    """Compute 2 ** n of a whole number, in its own type, by writing the exponent."""
    bits, fraction, bias = (64, 52, 1023) if n.bitwidth == 64 else (32, 23, 127)

    def emit(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        whole = ir.IntType(bits)
        exponent = builder.add(builder.fptosi(given[0], whole), whole(bias))
        return builder.bitcast(builder.shl(exponent, whole(fraction)), given[0].type)

    return n(n), emit
