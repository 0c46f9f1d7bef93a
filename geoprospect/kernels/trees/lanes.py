"""
Sixty-four cells at once: the few vector operations that the tree kernels are made of.

A *word* is 64 bits, one a cell. Each operation is stated once, for vectors of 64
cells, and the compiler makes of it what the machine has: one AVX-512 instruction,
or several narrower ones with the same result.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic, models, register_model

CELLS = 64

_BIT, _BYTE, _SHORT, _WORD = (ir.IntType(bits) for bits in (1, 8, 16, 64))
_BITS, _BYTES, _SHORTS = (ir.VectorType(kind, CELLS) for kind in (_BIT, _BYTE, _SHORT))


class _ShortsType(types.Type):  # type: ignore[misc]
    """Sixty-four unsigned 16-bit integers in registers."""

    def __init__(self) -> None:
        super().__init__("SixtyFourShorts")


SHORTS = _ShortsType()


@register_model(_ShortsType)
class _ShortsModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, of: Any) -> None:
        super().__init__(manager, of, _SHORTS)


class _RowType(types.Type):  # type: ignore[misc]
    """Sixty-four bytes of integers in registers."""

    def __init__(self, bits: int) -> None:
        self.bits = bits
        super().__init__(f"Row{bits}")


ROWS = {bits: _RowType(bits) for bits in (32, 64)}


@register_model(_RowType)
class _RowModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, of: Any) -> None:
        super().__init__(manager, of, ir.VectorType(ir.IntType(of.bits), 512 // of.bits))


@intrinsic  # type: ignore[untyped-decorator]
def above(typing: Any, codes: Any, start: Any, bound: Any) -> Any:
    """``above(codes, start, bound)``: word of the bytes from codes[start] on that exceed bound."""

    def made(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        place = _place(context, builder, signature.args[0], given[0], given[1], _BYTES)
        cells = builder.load(place)
        cells.align = 1
        return builder.bitcast(
            builder.icmp_unsigned(">", cells, _filled(builder, given[2], _BYTES)), _WORD
        )

    return types.uint64(codes, types.intp, types.uint8), made


@intrinsic  # type: ignore[untyped-decorator]
def filled(typing: Any, value: Any) -> Any:
    """``filled(value)``: the same 16-bit value in every cell."""

    def made(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        return _filled(builder, given[0], _SHORTS)

    return SHORTS(types.uint16), made


@intrinsic  # type: ignore[untyped-decorator]
def added(typing: Any, cells: Any, word: Any, value: Any) -> Any:
    """``added(cells, word, value)``: *value* more in the cells of the word, modulo 2**16."""

    def made(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        chosen = builder.bitcast(given[1], _BITS)
        nothing = ir.Constant(_SHORTS, [0] * CELLS)
        return builder.add(
            given[0], builder.select(chosen, _filled(builder, given[2], _SHORTS), nothing)
        )

    return SHORTS(SHORTS, types.uint64, types.uint16), made


@intrinsic  # type: ignore[untyped-decorator]
def differing(typing: Any, cells: Any, value: Any) -> Any:
    """``differing(cells, value)``: word of the cells that do not hold *value*."""

    def made(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        unlike = builder.icmp_unsigned("!=", given[0], _filled(builder, given[1], _SHORTS))
        return builder.bitcast(unlike, _WORD)

    return types.uint64(SHORTS, types.uint16), made


@intrinsic  # type: ignore[untyped-decorator]
def first(typing: Any, cells: Any) -> Any:
    """``first(cells)``: what the first cell holds."""

    def made(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        return builder.extract_element(given[0], ir.Constant(ir.IntType(32), 0))

    return types.uint16(SHORTS), made


@intrinsic  # type: ignore[untyped-decorator]
def kept(typing: Any, cells: Any, out: Any) -> Any:
    """``kept(cells, out)``: the cells' values into an array of 64."""

    def made(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        start = ir.Constant(_WORD, 0)
        place = _place(context, builder, signature.args[1], given[1], start, _SHORTS)
        builder.store(given[0], place).align = 2
        return context.get_dummy_value()

    return types.void(SHORTS, out), made


@intrinsic  # type: ignore[untyped-decorator]
def lowest(typing: Any, word: Any) -> Any:
    """``lowest(word)``: place of the lowest bit of a word that is set; 64 if none is."""

    def made(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        return builder.cttz(given[0], ir.Constant(_BIT, 0))

    return types.int64(types.uint64), made


@intrinsic  # type: ignore[untyped-decorator]
def count(typing: Any, word: Any) -> Any:
    """``count(word)``: number of bits that are set."""

    def made(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        return builder.ctpop(given[0])

    return types.int64(types.uint64), made


@intrinsic  # type: ignore[untyped-decorator]
def gain(typing: Any, sums: Any, start: Any, word: Any, value: Any) -> Any:
    """``gain(sums, start, word, value)``: *value* more in those of 64 floats that the word has."""
    lanes = ir.VectorType(ir.DoubleType(), CELLS)

    def made(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        place = _place(context, builder, signature.args[0], given[0], given[1], lanes)
        before = builder.load(place)
        before.align = 8
        more = builder.fadd(before, _filled(builder, given[3], lanes))
        chosen = builder.bitcast(given[2], _BITS)
        builder.store(builder.select(chosen, more, before), place).align = 8
        return context.get_dummy_value()

    return types.void(sums, types.intp, types.uint64, types.float64), made


@intrinsic  # type: ignore[untyped-decorator]
def row(typing: Any, table: Any, start: Any) -> Any:
    """``row(table, start)``: the 64 bytes of integers from table[start] on."""

    def made(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        return _integers(context, builder, signature.args[0], *given)[1]

    return ROWS[table.dtype.bitwidth](table, types.intp), made


@intrinsic  # type: ignore[untyped-decorator]
def plus(typing: Any, one: Any, other: Any) -> Any:
    """``plus(one, other)``: the sum of two rows, wrapped round where it is too large."""
    return one(one, one), lambda context, builder, signature, given: builder.add(*given)


@intrinsic  # type: ignore[untyped-decorator]
def minus(typing: Any, one: Any, other: Any) -> Any:
    """``minus(one, other)``: the difference of two rows."""
    return one(one, one), lambda context, builder, signature, given: builder.sub(*given)


@intrinsic  # type: ignore[untyped-decorator]
def put(typing: Any, row: Any, out: Any, start: Any) -> Any:
    """``put(row, out, start)``: a row into out[start] and on."""

    def made(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        lanes = context.get_data_type(row)
        place = _place(context, builder, signature.args[1], given[1], given[2], lanes)
        builder.store(given[0], place).align = out.dtype.bitwidth // 8
        return context.get_dummy_value()

    return types.void(row, out, types.intp), made


def _integers(context: Any, builder: Any, array: Any, value: Any, start: Any) -> tuple[Any, Any]:
    """Sixty-four bytes of an integer array: where they are, and what they hold."""
    bits = array.dtype.bitwidth
    lanes = ir.VectorType(ir.IntType(bits), 512 // bits)
    place = _place(context, builder, array, value, start, lanes)
    held = builder.load(place)
    held.align = bits // 8
    return place, held


def _place(
    context: Any, builder: Any, array: Any, value: Any, start: Any, lanes: ir.VectorType
) -> Any:
    """Where the lanes from element *start* of a contiguous array begin."""
    data = context.make_array(array)(context, builder, value).data
    return builder.bitcast(builder.gep(data, [start]), lanes.as_pointer())


def _filled(builder: Any, value: Any, lanes: ir.VectorType) -> Any:
    empty = ir.Constant(lanes, ir.Undefined)
    one = builder.insert_element(empty, value, ir.Constant(ir.IntType(32), 0))
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), lanes.count), [0] * lanes.count)
    return builder.shuffle_vector(one, empty, zeros)
