"""Conditions on a table's columns, read by an allow-list parser."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geoprospect.errors import did_you_mean, listing
from geoprospect.features import naming

Truth = npt.NDArray[np.float64]
"""1 for true, 0 for false, NaN where unknown."""

LONGEST, DEEPEST = 2000, 30
COMPARED: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
ALLOWED = (
    "A condition holds columns, texts in quotes, numbers, == != < <= > >=, in [...], not in [...], "
    "and, or, not, brackets, contains(column, 'text', ...) and column('a name with blanks')"
)

if TYPE_CHECKING:
    Condition = str
else:

    class Condition(str):
        """A condition's text, looked at as soon as a pipeline file is read."""

        __slots__ = ()

        @classmethod
        def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
            """Text that can be understood, whatever the columns are called."""
            from pydantic_core import core_schema

            return core_schema.no_info_after_validator_function(
                lambda text: parsed(text).text, core_schema.str_schema()
            )


@dataclass(frozen=True)
class Parsed:
    """A condition that was understood."""

    text: str
    tree: ast.expr

    def __call__(self, table: pd.DataFrame) -> Truth:
        """
        Whether each row meets it; NaN where an empty value leaves that open.

        Raises
        ------
        ValueError
            If there is no such column, or text is compared with numbers.
        """
        return _truth(self.tree, table)


def parsed(text: str) -> Parsed:
    """
    Understand a condition.

    Raises
    ------
    ValueError
        Listing what is wrong with it.
    """
    line = " ".join(text.split())
    try:
        if not line or len(line) > LONGEST:
            raise ValueError("it is empty" if not line else f"it is longer than {LONGEST} letters")
        tree = ast.parse(line, mode="eval").body
        _check(tree, 0)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        told = getattr(error, "msg", None) or str(error)
        problems = listing(f"the condition {line[:80]!r} cannot be used:", [told])
        raise ValueError(f"{problems}\n{ALLOWED}") from None
    return Parsed(line, tree)


# --- what is allowed --------------------------------------------------------------------


def _check(node: ast.expr, depth: int) -> None:
    """Raise a ValueError unless *node* is a condition."""
    if depth > DEEPEST:
        raise ValueError(f"it is more than {DEEPEST} levels deep")
    match node:
        case ast.BoolOp(values=values):
            for value in values:
                _check(value, depth + 1)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            _check(operand, depth + 1)
        case ast.Compare(left=left, ops=ops, comparators=rights):
            _check_comparison(left, ops, rights)
        case ast.Call(func=ast.Name(id="contains"), args=[of, *texts], keywords=[]) if texts:
            _column_name(of)
            if not all(isinstance(_constant(text), str) for text in texts):
                raise ValueError("contains takes a column and then texts in quotes")
        case _:
            raise ValueError(f"{ast.unparse(node)!r} is no condition: it is neither true nor false")


def _check_comparison(left: ast.expr, ops: list[ast.cmpop], rights: list[ast.expr]) -> None:
    for op, right in zip(ops, rights, strict=True):
        if isinstance(op, ast.In | ast.NotIn):
            if len(ops) > 1 or not isinstance(right, ast.List | ast.Tuple) or not right.elts:
                raise ValueError(
                    "'in' takes a column before it and a list behind it: lith in ['a', 'b']"
                )
            _column_name(left)
            for one in right.elts:
                _constant(one)
        elif type(op) not in COMPARED:
            raise ValueError(f"'{ast.unparse(ast.Compare(left, [op], [right]))}' is no comparison")
    if not isinstance(ops[0], ast.In | ast.NotIn):
        sides = [left, *rights]
        if all(isinstance(side, ast.Constant | ast.UnaryOp) for side in sides):
            raise ValueError("a comparison names no column; put texts, not columns, in quotes")
        for side in sides:
            if isinstance(side, ast.Constant | ast.UnaryOp):
                _constant(side)
            else:
                _column_name(side)


def _column_name(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name):
            return name
        case ast.Call(
            func=ast.Name(id="column"), args=[ast.Constant(value=str(name))], keywords=[]
        ):
            return name
    raise ValueError(f"{ast.unparse(node)!r} is no column")


def _constant(node: ast.expr) -> str | float:
    match node:
        case ast.Constant(value=bool()):
            pass
        case ast.Constant(value=str(value)):
            return value
        case ast.Constant(value=int(value) | float(value)):
            return float(value)
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(value) | float(value))):
            return -float(value)
    raise ValueError(f"{ast.unparse(node)!r} is no text and no number")


# --- what it says -----------------------------------------------------------------------


def _truth(node: ast.expr, table: pd.DataFrame) -> Truth:
    match node:
        case ast.BoolOp(op=op, values=values):
            joined = [_truth(value, table) for value in values]
            return (
                _all(joined) if isinstance(op, ast.And) else 1 - _all([1 - one for one in joined])
            )
        case ast.UnaryOp(operand=operand):
            return 1 - _truth(operand, table)
        case ast.Compare(left=left, ops=[ast.In() | ast.NotIn() as op], comparators=[among]):
            assert isinstance(among, ast.List | ast.Tuple)  # _check saw to it
            each = [_compared(left, ast.Eq(), one, table) for one in among.elts]
            found = 1 - _all([1 - one for one in each])
            return found if isinstance(op, ast.In) else 1 - found
        case ast.Compare(left=left, ops=ops, comparators=rights):
            pairs = zip([left, *rights], ops, rights, strict=False)
            return _all([_compared(one, op, other, table) for one, op, other in pairs])
        case ast.Call(args=[of, *texts]):
            words = [naming.cleaned(str(_constant(text))) for text in texts]
            names = _values(of, table, str)
            held = [any(word in name for word in words) if name else np.nan for name in names]
            return np.array(held, "f8")
    raise ValueError(f"{ast.unparse(node)!r} is no condition")


def _all(truths: list[Truth]) -> Truth:
    """True where all are, false where one is, else unknown."""
    stack = np.stack(truths)
    return np.where((stack == 0).any(axis=0), 0.0, stack.sum(axis=0) / len(truths))


def _compared(left: ast.expr, op: ast.cmpop, right: ast.expr, table: pd.DataFrame) -> Truth:
    kind: type = float
    for side in (left, right):
        if isinstance(side, ast.Constant) and isinstance(side.value, str):
            kind = str
    one, other = _values(left, table, kind), _values(right, table, kind)
    open_ = [_empty(a) or _empty(b) for a, b in zip(one, other, strict=True)]
    compare = COMPARED[type(op)]
    return np.array(
        [np.nan if lost else compare(a, b)
         for a, b, lost in zip(one, other, open_, strict=True)], "f8"
    )  # fmt: skip


def _empty(value: str | float) -> bool:
    return not value if isinstance(value, str) else math.isnan(value)


def _values(node: ast.expr, table: pd.DataFrame, kind: type) -> list[Any]:
    """A side of a comparison, row by row: cleaned texts, or numbers."""
    if isinstance(node, ast.Constant | ast.UnaryOp):
        value = _constant(node)
        return [naming.cleaned(value) if isinstance(value, str) else value] * len(table)
    name = _column_name(node)
    known = [str(column) for column in table.columns if column != "geometry"]
    if name not in known:
        raise ValueError(f"there is no column {name!r}{did_you_mean(name, known)}")
    if kind is str:
        return [naming.cleaned(text) for text in naming.texts(table[name])]
    numbers = pd.to_numeric(table[name], errors="coerce").to_numpy("f8", na_value=np.nan)
    if np.isnan(numbers).all() and not table[name].isna().all():
        raise ValueError(f"column {name!r} holds text, and is compared with a number; put quotes")
    return [float(number) for number in numbers]
