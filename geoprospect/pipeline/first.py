"""A first pipeline for a folder of data: what things are taken for, and what is left to say."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from geoprospect.errors import OutputError
from geoprospect.pipeline import first_grid, first_text, things
from geoprospect.pipeline.first_grid import Feature, Grid
from geoprospect.pipeline.folder import held
from geoprospect.pipeline.things import RASTER, SAMPLES, Thing, has, ordered


@dataclass(frozen=True)
class Draft:
    """A first pipeline: its text, what was taken for what, and what is left to decide."""

    text: str
    guessed: tuple[tuple[str, str], ...]
    undecided: tuple[str, ...]
    whole: bool


def init(folder: Path, out: Path) -> Draft:
    """
    Write a first pipeline for a folder of data.

    Raises
    ------
    OutputError
        If *out* is there already, or cannot be written.
    GeoprospectError
        If the folder is not there or holds no data.
    """
    if out.exists():
        raise OutputError(f"{out} is there already and is left as it is; choose another --out")
    made = draft(folder, beside=out.resolve().parent, name=out.stem)
    try:
        with out.open("x", encoding="utf-8", newline="\n") as file:
            file.write(made.text)
    except OSError as error:
        raise OutputError(
            f"{out} cannot be written ({error.strerror}); choose another --out"
        ) from error
    return made


def draft(folder: Path, *, beside: Path, name: str = "first") -> Draft:
    """A first pipeline for the data in *folder*, as a file that lies in *beside* would say it."""
    found = held(folder)
    seen = [Thing(one, unsure=one.problem) for one in found]
    place = things.placed(seen, found)
    for thing in seen:
        things.take(thing)
    things.choose(seen)
    grid = first_grid.first_grid(seen, found, place)
    first_grid.leave_far(seen, grid)
    things.named(seen)
    for thing in seen:
        things.called(thing)
    features = first_grid.features(seen, grid)
    whole = grid is not None and has(seen, "deposits") and bool(features)
    return Draft(
        text=first_text.text(
            seen, grid, features, data=_from(beside, folder), name=name,
            title=folder.resolve().name, whole=whole,
        ),
        guessed=tuple((one.found.called, _told(one)) for one in ordered(seen) if one.used),
        undecided=tuple(_undecided(seen, grid, features)),
        whole=whole,
    )  # fmt: skip


def _told(thing: Thing) -> str:
    what = {SAMPLES: "samples", RASTER: "raster"}.get(thing.role, thing.role.replace("_", " "))
    return "; ".join([what, *thing.said])


def _undecided(
    things: Sequence[Thing], grid: Grid | None, features: Sequence[Feature]
) -> Iterator[str]:
    if grid is None:
        yield "no data say where they lie, or all lie at one place; state their CRS, then the grid"
    if not has(things, "deposits"):
        points = [one.found.called for one in things if one.found.kind == "point" and one.unsure]
        yield (
            "no known deposits were found: there is nothing to learn from. Uncomment the file of "
            f"points that holds them ({', '.join(points[:5]) or 'none is here'}) and labels"
        )
    if grid is not None and not features:
        yield "no evidence was found; name rasters, lines, polygons or samples under inputs"
    for one in things:
        if one.unsure:
            yield f"{one.found.called}: {one.unsure}"


def _from(beside: Path, folder: Path) -> str:
    try:
        return Path(os.path.relpath(folder.resolve(), beside)).as_posix()
    except ValueError:  # another drive
        return folder.resolve().as_posix()
