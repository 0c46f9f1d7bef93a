"""What supports a target and what speaks against it, in sentences, in the language spoken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from geoprospect import contract
from geoprospect.language import counted, marked, named, now, say
from geoprospect.targets import words

MOST = 5
"""Layers told on either side."""
WORTH_TELLING = 0.01
"""Share of all that moves a score below which a layer is passed over."""
CLEAR = 0.05
"""The same for a role of the mineral system: below it, it speaks neither for nor against."""
GAP = 0.5
"""A layer, or a role, unknown in more of a target than this is told as unknown."""

ROLES = {
    "source": marked("source"),
    "pathway": marked("pathway"),
    "trap": marked("trap"),
    "preservation": marked("preservation"),
    "signature": marked("signature"),
}
"""The roles of a mineral system, as people call them."""

Entry = Mapping[str, Any]


@dataclass(frozen=True)
class Layer:
    """What a layer is called and measured in, and its role in the mineral system, if stated."""

    long_name: str
    units: str
    role: str | None = None


@dataclass(frozen=True)
class Case:
    """
    One target, as numbers.

    ``contributions`` are entries with ``layer``, ``contribution``, ``value``, ``percentile``,
    ``missing_share`` and ``class``, the strongest first; ``analogues`` have ``deposit``,
    ``distance_m`` and ``similarity``. Contributions and ``base`` are in ``units``: log-odds, or
    1 where raw scores are shares.
    """

    label: str
    score: float | None
    base: float | None
    contributions: Sequence[Entry]
    analogues: Sequence[Entry]
    units: str = "log-odds"


def sentences(case: Case, layers: Mapping[str, Layer]) -> dict[str, Any]:
    """
    ``for`` and ``against`` the target, the weightiest first, and a ``summary``.

    The summary says which roles of the mineral system speak for it, which against, and of
    which nothing is known here: ore needs a source, a pathway, a trap and preservation, so a
    target that lacks one of them is another kind of bet than one that only scores lower [1]_.

    References
    ----------
    .. [1] McCuaig, T.C., Beresford, S., Hronsky, J. (2010). Translating the mineral
       systems approach into an effective exploration targeting system. Ore Geology
       Reviews 38, 128-138.
    """
    if case.base is None:
        return {"for": [], "against": [], "summary": _unexplained(case)}
    moved = sum(abs(one["contribution"]) for one in case.contributions)
    told = [
        one
        for one in case.contributions
        if one["contribution"] and abs(one["contribution"]) >= WORTH_TELLING * moved
    ]
    raising = [one for one in told if one["contribution"] > 0][:MOST]
    lowering = [one for one in told if one["contribution"] < 0][:MOST]
    standing = roles(case, layers)
    return {
        "for": [_reason(one, layers[one["layer"]], case.units) for one in raising],
        "against": [
            *(_reason(one, layers[one["layer"]], case.units) for one in lowering),
            *(_unknown(role, layers, case) for role in standing["unknown"]),
        ],
        "summary": _joined(
            [
                _score(case),
                *([] if lowering else [say("No layer lowers it by much.")]),
                *_system(standing, case),
                *_alike(case),
            ]
        ),
    }


def roles(case: Case, layers: Mapping[str, Layer]) -> dict[str, dict[str, float]]:
    """
    Roles with what their layers add together: ``present``, ``absent``, ``unclear``, ``unknown``.

    Unknown is a role whose layers are, on average, without data in more than half of the
    target; present or absent one whose sum is 5 % or more of all that moves the score.
    ``unstated`` are those for which there is no layer; nothing at all where no role is stated.
    """
    names = ("present", "absent", "unclear", "unknown", "unstated")
    found: dict[str, dict[str, float]] = {name: {} for name in names}
    if not any(layer.role for layer in layers.values()):
        return found
    moved = sum(abs(one["contribution"]) for one in case.contributions)
    for role in contract.ROLES:
        mine = [one for one in case.contributions if layers[one["layer"]].role == role]
        total = sum(one["contribution"] for one in mine)
        if not mine:
            found["unstated"][role] = 0.0
        elif sum(one["missing_share"] for one in mine) / len(mine) > GAP:
            found["unknown"][role] = total
        elif abs(total) < CLEAR * moved or not total:
            found["unclear"][role] = total
        else:
            found["present" if total > 0 else "absent"][role] = total
    return found


# --- one layer ---------------------------------------------------------------------------


def _reason(one: Entry, layer: Layer, units: str) -> str:
    """What a layer holds here, how rare that is, and what it adds or takes."""
    told = _holds(one, layer)
    amount = _amount(abs(one["contribution"]), units)
    role = say(" ({role})", role=say(ROLES[layer.role])) if layer.role in ROLES else ""
    if one["contribution"] > 0:
        return say("{what}, which raises the score by {amount}{role}.", what=told, amount=amount,
                   role=role)  # fmt: skip
    return say(
        "{what}, which lowers the score by {amount}{role}.", what=told, amount=amount, role=role
    )


def _holds(one: Entry, layer: Layer) -> str:
    name = named(layer.long_name)
    name = name[:1].upper() + name[1:]
    if one["missing_share"] > GAP or one["value"] is None:
        return say("{name} is unknown in {share:.0f} % of it", name=name,
                   share=100 * one["missing_share"])  # fmt: skip
    if one["class"] is not None:
        return say("{name} is mostly {meaning}", name=name, meaning=one["class"])
    value = words.value(one["value"], layer.units)
    if one["percentile"] is None:
        return say("{name} is {value}", name=name, value=value)
    return say("{name} is {value}, {place}", name=name, value=value, place=_place(one))


def _place(one: Entry) -> str:
    """Where a value lies in the district."""
    rank = min(99, max(1, round(one["percentile"])))
    ordinal = words.placed(rank)
    if one["percentile"] < 100 / 3:
        return say("low for the district ({ordinal} percentile)", ordinal=ordinal)
    if one["percentile"] > 200 / 3:
        return say("high for the district ({ordinal} percentile)", ordinal=ordinal)
    return say("middling for the district ({ordinal} percentile)", ordinal=ordinal)


def _unknown(role: str, layers: Mapping[str, Layer], case: Case) -> str:
    mine = [one for one in case.contributions if layers[one["layer"]].role == role]
    share = 100 * sum(one["missing_share"] for one in mine) / len(mine)
    return say("Nothing is known here of the {role}: its layers are without data in {share:.0f} % "
               "of the target.", role=say(ROLES[role]), share=share)  # fmt: skip


# --- the target as a whole ---------------------------------------------------------------


def _score(case: Case) -> str:
    assert case.base is not None
    total = sum(one["contribution"] for one in case.contributions)
    return say(
        "{label} scores {score}: the models' raw score {raw} is the base value {base} and {sum} "
        "from its evidence [{units}].",
        label=case.label, score="–" if case.score is None else f"{case.score:.2f}",
        raw=_signed(case.base + total, case.units), base=_signed(case.base, case.units),
        sum=_signed(total, case.units), units=_unit(case.units),
    )  # fmt: skip


def _unexplained(case: Case) -> str:
    return say(
        "{label} scores {score}; this model's scores are no sums over layers, so what each adds "
        "cannot be told.",
        label=case.label, score="–" if case.score is None else f"{case.score:.2f}",
    )  # fmt: skip


def _system(standing: Mapping[str, Mapping[str, float]], case: Case) -> list[str]:
    """What stands for the mineral system here, role by role."""
    said = {
        "present": marked("Of the mineral system there speak for it: {roles}."),
        "absent": marked("Against it: {roles}."),
        "unclear": marked("Neither for nor against: {roles}."),
        "unknown": marked("Unknown here, mostly without data: {roles}."),
        "unstated": marked("No layer stands for: {roles}."),
    }
    found = []
    for name, message in said.items():
        listed = [
            say(ROLES[role])
            if name in ("unknown", "unstated")
            else f"{say(ROLES[role])} ({_signed(total, case.units)})"
            for role, total in standing[name].items()
        ]
        if listed:
            found.append(say(message, roles=say(", ").join(listed)))
    return found


def _alike(case: Case) -> list[str]:
    """The known deposit most like it: one outside, if there is any."""
    outside = [one for one in case.analogues if one["distance_m"] > 0]
    if not case.analogues:
        return []
    one = (outside or case.analogues)[0]
    share = f"{100 * one['similarity']:.0f}"
    if not outside:
        return [say("The known deposit most like it is {deposit}, inside it ({share} % of their "
                    "reasons in common).", deposit=one["deposit"], share=share)]  # fmt: skip
    inside = len(case.analogues) - len(outside)
    more = [counted("{count} known deposit inside it is like it too.",
                    "{count} known deposits inside it are like it too.", inside)]  # fmt: skip
    return [
        say("The known deposit outside most like it is {deposit}, {distance} away ({share} % of "
            "their reasons in common).", deposit=one["deposit"], share=share,
            distance=_length(one["distance_m"])),
        *(more if inside else []),
    ]  # fmt: skip


# --- numbers -----------------------------------------------------------------------------


def _joined(said: Sequence[str]) -> str:
    """Sentences one after the other; Chinese ones stand without a space between."""
    return ("" if now() == "zh" else " ").join(said)


def _amount(number: float, units: str) -> str:
    return f"{number:.3f} {_unit(units)}" if units == "1" else f"{number:.2f} {_unit(units)}"


def _signed(number: float, units: str) -> str:
    return f"{number:+.{3 if units == '1' else 2}f}".replace("-", "\u2212")


def _unit(units: str) -> str:
    return (
        say("of 1") if units == "1" else say(marked("log-odds")) if units == "log-odds" else units
    )


def _length(metres: float) -> str:
    return f"{metres:.0f} m" if metres < 1000 else f"{metres / 1000:.1f} km"
