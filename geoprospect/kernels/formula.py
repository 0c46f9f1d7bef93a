"""
A small language of arithmetic over fields: parsed by an allow-list, never run as Python.

Numbers, names, ``+ - * / **``, comparisons, ``and``, ``or``, ``not``, and the
functions of :data:`FUNCTIONS`. What is unknown (NaN) stays unknown through all of
it, through comparisons as well; only ``known`` and ``where`` can tell it apart.
"""

from __future__ import annotations

import ast
import functools
import math
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from geoprospect.errors import did_you_mean, listing

Field = npt.NDArray[np.float64]

LONGEST = 2000
"""Characters of a formula."""

DEEPEST = 100
"""Levels of a formula, one inside another."""

UNKNOWN = "unknown"
"""The name of NaN."""


def _told(truth: npt.NDArray[np.bool_], *of: Field) -> Field:
    """1 for true and 0 for false; NaN where any of the fields compared is."""
    unknown = functools.reduce(np.logical_or, (np.isnan(one) for one in of))
    return np.where(unknown, np.nan, truth)


def _where(condition: Field, then: Field, otherwise: Field) -> Field:
    return np.where(np.isnan(condition), np.nan, np.where(condition != 0, then, otherwise))


def _clip(value: Field, low: Field, high: Field) -> Field:
    clipped: Field = np.minimum(np.maximum(value, low), high)
    return clipped


def _quotient(value: Field, by: Field) -> Field:
    return np.divide(value, np.where(by == 0, np.nan, by))


def _above_zero(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda value: function(np.where(value > 0, value, np.nan))


def _known(value: Field) -> Field:
    return np.logical_not(np.isnan(value)).astype("f8")


FUNCTIONS: Mapping[str, tuple[int, Callable[..., Any]]] = {
    "abs": (1, np.abs),
    "arctan": (1, np.arctan),
    "clip": (3, _clip),
    "cos": (1, np.cos),
    "exp": (1, np.exp),
    "known": (1, _known),
    "ln": (1, _above_zero(np.log)),
    "log10": (1, _above_zero(np.log10)),
    "maximum": (2, np.maximum),
    "minimum": (2, np.minimum),
    "sign": (1, np.sign),
    "sin": (1, np.sin),
    "sqrt": (1, np.sqrt),
    "where": (3, _where),
}
"""How many arguments each function takes, and what it does."""

OPERATORS: Mapping[type[ast.AST], Callable[..., Any]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: _quotient,
    ast.Pow: np.power,
    ast.USub: np.negative,
    ast.UAdd: np.positive,
    ast.Not: lambda value: _told(value == 0, value),
    ast.Lt: lambda a, b: _told(a < b, a, b),
    ast.LtE: lambda a, b: _told(a <= b, a, b),
    ast.Gt: lambda a, b: _told(a > b, a, b),
    ast.GtE: lambda a, b: _told(a >= b, a, b),
    ast.Eq: lambda a, b: _told(a == b, a, b),
    ast.NotEq: lambda a, b: _told(a != b, a, b),
    ast.And: lambda a, b: _told((a != 0) & (b != 0), a, b),
    ast.Or: lambda a, b: _told((a != 0) | (b != 0), a, b),
}

MADE_OF_OPERATORS = (ast.BinOp, ast.UnaryOp, ast.Compare, ast.BoolOp)

ALLOWED = (
    "A formula holds numbers, names of layers, 'unknown', + - * / **, brackets, comparisons, "
    f"and, or, not, and the functions {', '.join(FUNCTIONS)}"
)

INSTEAD = {
    ast.IfExp: "a choice is written where(condition, then, otherwise)",
    ast.BitXor: "a power is written **",
    ast.BitAnd: "two conditions are joined by 'and'",
    ast.BitOr: "two conditions are joined by 'or'",
    ast.Attribute: "there are no attributes here; a name has no dots",
    ast.Subscript: "there are no indices here",
}
"""What to write in the place of what people try."""


@dataclass(frozen=True)
class Formula:
    """A formula that was understood: its text, and what it is made of."""

    text: str
    tree: ast.expr

    @property
    def names(self) -> list[str]:
        """Names of the fields it takes, in the order in which they first stand there."""
        found = [node for node in ast.walk(self.tree) if isinstance(node, ast.Name)]
        called = {id(node.func) for node in ast.walk(self.tree) if isinstance(node, ast.Call)}
        found = sorted(
            (node for node in found if id(node) not in called and node.id != UNKNOWN),
            key=lambda node: node.col_offset,
        )
        return list(dict.fromkeys(node.id for node in found))

    def __call__(self, fields: Mapping[str, Field]) -> Field:
        """Its value for fields of one shape, as float64; not finite where it has none."""
        with np.errstate(all="ignore"):
            value: Field = np.asarray(_value(self.tree, fields), "f8")
        return value


def parsed(text: str, known: Collection[str] | None = None) -> Formula:
    """
    Understand a formula over fields of the names *known* (any, if not given).

    Raises
    ------
    ValueError
        Listing all that is wrong with it, each with its place.
    """
    line = " ".join(text.split())
    problems = _too_much(line)
    if not problems:
        try:
            tree = _tree(line)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            problems = [_syntax(line, error)]
        else:
            problems = _wrong(tree, line, known)
    if problems:
        told = listing(f"the formula {_short(line)!r} cannot be used:", problems)
        raise ValueError(f"{told}\n{ALLOWED}")
    return Formula(line, tree)


def _tree(line: str) -> ast.expr:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Python frowns on is judged below
        return ast.parse(line, mode="eval").body


# --- what is wrong ----------------------------------------------------------------------


def _too_much(line: str) -> list[str]:
    if not line:
        return ["it is empty"]
    if len(line) > LONGEST:
        return [f"it has {len(line)} characters; {LONGEST} are the most, part it into layers"]
    if "#" in line:
        place = line.index("#")
        return [f"{_place(place)}, '#': a remark would hide what follows; take it out"]
    return []


def _syntax(line: str, error: Exception) -> str:
    offset = getattr(error, "offset", None) or 1
    told = getattr(error, "msg", None) or "it cannot be read"
    return f"{_place(offset - 1)}, {_short(line[offset - 1 :])!r}: {told}"


def _wrong(tree: ast.expr, line: str, known: Collection[str] | None) -> list[str]:
    if _depth(tree) > DEEPEST:
        return [f"it is more than {DEEPEST} levels deep; part it into layers"]
    nodes = _reached(tree)
    problems = []
    for node in sorted(nodes, key=lambda node: node.col_offset):
        problem = _problem(node, known)
        if problem:
            start, part = _part(node, line)
            problems.append(f"{_place(start)}, {_short(part)!r}: {problem}")
    names = [node for node in nodes if isinstance(node, ast.Name)]
    if not problems and not any(node.id != UNKNOWN for node in names):
        problems.append("it names no layer, and would be the same everywhere")
    return problems


def _problem(node: ast.expr, known: Collection[str] | None) -> str | None:
    """What is wrong with one part of a formula, if anything."""
    match node:
        case ast.Constant(value=value):
            return _no_number(value)
        case ast.Name(id=name):
            return _no_name(name, known)
        case ast.Call():
            return _no_call(node)
    refused = [one for one in _operators(node) if type(one) not in OPERATORS]
    if not isinstance(node, MADE_OF_OPERATORS):
        refused.append(node)
    return INSTEAD.get(type(refused[0]), "this is not part of the language") if refused else None


def _no_name(name: str, known: Collection[str] | None) -> str | None:
    if known is None or name in known or name == UNKNOWN:
        return None
    return f"no layer is called {name!r}{did_you_mean(name, known)}"


def _no_number(value: object) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "this is no number"
    try:
        finite = math.isfinite(value)
    except OverflowError:
        finite = False
    return None if finite else "this number is beyond what can be reckoned with"


def _no_call(node: ast.Call) -> str | None:
    if not isinstance(node.func, ast.Name):
        return "only functions can be called"
    name = node.func.id
    if name not in FUNCTIONS:
        near = did_you_mean(name, FUNCTIONS)
        return f"no function is called {name!r}{near if 'mean' in near else ''}"
    wanted, given = FUNCTIONS[name][0], len(node.args)
    if node.keywords or any(isinstance(one, ast.Starred) for one in node.args):
        return f"{name} takes {wanted} plain argument{'s' * (wanted > 1)}"
    if given != wanted:
        return f"{name} takes {wanted} argument{'s' * (wanted > 1)}, got {given}"
    return None


def _operators(node: ast.expr) -> list[ast.AST]:
    if isinstance(node, ast.Compare):
        return list(node.ops)
    return [node.op] if isinstance(node, ast.BinOp | ast.UnaryOp | ast.BoolOp) else []


def _reached(tree: ast.expr) -> list[ast.expr]:
    """All parts, but the names of functions and what stands inside a part that is refused."""
    found, waiting = [], [tree]
    while waiting:
        node = waiting.pop()
        found.append(node)
        if isinstance(node, ast.Call):
            waiting += [one for one in node.args if not isinstance(one, ast.Starred)]
        elif isinstance(node, MADE_OF_OPERATORS):
            waiting += [one for one in ast.iter_child_nodes(node) if isinstance(one, ast.expr)]
    return found


def _depth(tree: ast.expr) -> int:
    deepest, waiting = 0, [(tree, 1)]
    while waiting:
        node, depth = waiting.pop()
        deepest = max(deepest, depth)
        waiting += [
            (one, depth + 1) for one in ast.iter_child_nodes(node) if isinstance(one, ast.expr)
        ]
    return deepest


def _part(node: ast.expr, line: str) -> tuple[int, str]:
    """Where a part begins, in characters, and its text; the syntax tree counts bytes."""
    raw = line.encode()
    start = len(raw[: node.col_offset].decode())
    return start, raw[node.col_offset : node.end_col_offset].decode()


def _place(start: int) -> str:
    return f"at character {start + 1}"


def _short(text: str, most: int = 60) -> str:
    return text if len(text) <= most else f"{text[: most - 3]}..."


# --- what it is worth ----------------------------------------------------------------------


def _value(node: ast.expr, fields: Mapping[str, Field]) -> Any:
    match node:
        case ast.Constant(value=number):
            value: Any = np.float64(number)  # type: ignore[arg-type]
        case ast.Name(id=name):
            value = np.float64(np.nan) if name == UNKNOWN else fields[name]
        case ast.Call(func=ast.Name(id=name), args=arguments):
            value = FUNCTIONS[name][1](*(_value(one, fields) for one in arguments))
        case ast.BinOp(left=left, op=operator, right=right):
            value = OPERATORS[type(operator)](_value(left, fields), _value(right, fields))
        case ast.UnaryOp(op=operator, operand=operand):
            value = OPERATORS[type(operator)](_value(operand, fields))
        case ast.BoolOp(op=operator, values=values):
            parts = (_value(one, fields) for one in values)
            value = _joined(OPERATORS[type(operator)], parts)
        case ast.Compare(left=left, ops=operators, comparators=others):
            value = _compared(left, operators, others, fields)
        case _:  # pragma: no cover
            raise AssertionError(f"{ast.dump(node)} should have been refused")
    return value


def _joined(operator: Callable[..., Any], values: Iterator[Any]) -> Any:
    total = next(values)
    for value in values:
        total = operator(total, value)
    return total


def _compared(
    left: ast.expr, operators: list[ast.cmpop], others: list[ast.expr], fields: Mapping[str, Field]
) -> Any:
    """``a < b < c``: each pair, and all of them together."""
    values = [_value(one, fields) for one in (left, *others)]
    pairs = (
        OPERATORS[type(operator)](a, b)
        for operator, a, b in zip(operators, values[:-1], values[1:], strict=True)
    )
    return _joined(OPERATORS[ast.And], pairs)
