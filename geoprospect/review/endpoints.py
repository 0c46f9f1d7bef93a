"""What the page's server answers, question by question."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from importlib import resources
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Query, Request, Response
from fastapi import Path as Part
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel, ConfigDict, Field
from starlette.types import ASGIApp

from geoprospect.errors import GeoprospectError
from geoprospect.review import answers, comparison, desk, security, tiles
from geoprospect.review.decisions import ConflictError, Decisions
from geoprospect.review.desk import Desk, as_json
from geoprospect.review.folder import Run

PAINTERS = 4
"""Tiles made at once: each may take some 40 MB while it is made."""
FOREVER = "private, max-age=86400"
Which = Literal["this", "other"]
Desks = Mapping[str, Desk]


class Wish(BaseModel):
    """A decision, a comment or an undoing, as the page sends it."""

    model_config = ConfigDict(extra="forbid")
    target: Annotated[str, Field(min_length=1, max_length=300)]
    kind: Literal["accept", "reject", "hold", "open", "comment", "undo"]
    who: Annotated[str, Field(min_length=1, max_length=80)]
    version: Annotated[int, Field(ge=0, le=2**31)]
    request: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{8,64}$")]
    comment: Annotated[str, Field(max_length=4000)] = ""
    undoes: Annotated[int, Field(ge=1, le=2**53)] | None = None


class Order(BaseModel):
    """An export, as the page asks for it."""

    model_config = ConfigDict(extra="forbid")
    kind: Literal["gpkg", "kml", "csv", "gpx", "pdf"]
    language: Literal["en", "zh"] = "en"
    weights: Annotated[dict[str, float], Field(max_length=100)] | None = None
    target: Annotated[str, Field(max_length=300)] | None = None


def application(
    desks: Desks, decisions: Decisions, keys: security.Keys, *, language: str = "en"
) -> ASGIApp:
    """The guarded application that answers for runs on the desk: "this" and maybe "other"."""
    app = FastAPI(title="geoprospect review", openapi_url=None, docs_url=None, redoc_url=None)
    _errors(app)
    _page(app, keys)
    _about(app, desks, language)
    _reasons(app, desks)
    _tiles(app, desks)
    _values(app, desks)
    _decisions(app, desks["this"].run, decisions)
    _exports(app, desks["this"], decisions)
    return security.Guard(app, keys)


def _page(app: FastAPI, keys: security.Keys) -> None:
    static = resources.files("geoprospect.review") / "static"
    index = (static / "index.html").read_text(encoding="utf-8")

    @app.get("/")
    def page() -> Response:
        return Response(index, media_type="text/html", headers={"set-cookie": keys.set_cookie()})

    app.mount("/static", StaticFiles(directory=str(static)))


def _about(app: FastAPI, desks: Desks, language: str) -> None:
    this = desks["this"]

    @app.get("/api/run")
    def run() -> dict[str, Any]:
        told = {name: answers.about(one.run, one.layers) for name, one in desks.items()}
        return {"language": language, **told}

    @app.get("/api/targets")
    def targets() -> Response:
        return _said(this.once("targets", lambda: as_json(answers.table(this.run))))

    @app.get("/api/comparison")
    def compared() -> Response:
        theirs = _one(desks, "other").run
        made = this.once("comparison", lambda: as_json(comparison.compared(this.run, theirs)))
        return _said(made)


def _reasons(app: FastAPI, desks: Desks) -> None:
    this = desks["this"]

    @app.get("/api/target")
    def target(label: str) -> dict[str, Any]:
        told = {"label": label, "explanation": this.explained(label)}
        return told | {"holes": answers.holes(this.run, label)}

    @app.get("/api/layers")
    def evidence() -> Response:
        return _said(this.distributions())


def _tiles(app: FastAPI, desks: Desks) -> None:
    painters = threading.BoundedSemaphore(PAINTERS)

    @app.get("/tiles/{which}/{layer}/{zoom}/{x}/{y}.png")
    def tile(
        which: Which, layer: str, zoom: Annotated[int, Part(ge=0, le=24)],
        x: Annotated[int, Part(ge=0)], y: Annotated[int, Part(ge=0)],
    ) -> Response:  # fmt: skip
        if max(x, y) >= 2**zoom:
            raise LookupError("there is no such tile")
        known = _one(desks, which).layer(layer)
        with painters:
            made = tiles.tile(known, x, y, zoom)
        return Response(made, media_type="image/png", headers={"cache-control": FOREVER})


def _values(app: FastAPI, desks: Desks) -> None:
    @app.get("/api/legend")
    def legend(layer: str, which: Which = "this") -> dict[str, Any]:
        return tiles.legend(_one(desks, which).layer(layer))

    @app.get("/api/value")
    def value(
        layer: str, longitude: Annotated[float, Query(ge=-180, le=180)],
        latitude: Annotated[float, Query(ge=-90, le=90)], which: Which = "this",
    ) -> dict[str, Any]:  # fmt: skip
        known = _one(desks, which).layer(layer)
        found = tiles.value(known, longitude, latitude)
        told = "" if found is None else known.classes.get(int(found), "")
        return {"value": None if found is None else answers.rounded(found), "class": told}

    @app.get("/api/outlines/{name}")
    def outlines(name: str, which: Which = "this") -> Response:
        return _said(_one(desks, which).outlines(name))


def _decisions(app: FastAPI, run: Run, decisions: Decisions) -> None:
    @app.get("/api/decisions")
    def since(number: Annotated[int, Query(ge=0, le=2**53, alias="since")] = 0) -> dict[str, Any]:
        entries = decisions.since(number)
        mine = [one for one in entries if run.ground.get(one.target) == one.ground]
        return {
            "entries": [one.told() for one in mine],
            "last": entries[-1].id if entries else number,
            "of_other_ground": len(entries) - len(mine),
        }

    @app.post("/api/decisions")
    def decide(wish: Wish) -> dict[str, Any]:
        run.position(wish.target)
        entry = decisions.record(ground=run.ground[wish.target], **wish.model_dump())
        return {"entry": entry.told()}


def _exports(app: FastAPI, this: Desk, decisions: Decisions) -> None:
    at_once = threading.Lock()

    @app.post("/api/exports")
    def export(wish: Order) -> dict[str, Any]:
        with at_once:
            name, count = this.export(decisions, **wish.model_dump())
        return {"file": name, "targets": count}

    @app.get("/api/exports/{name}")
    def file(name: str) -> Response:
        path = this.run.folder / desk.EXPORTS / name
        if name not in desk.FILES or not path.is_file():
            raise LookupError("there is no such export; make it first")
        return FileResponse(this.within(path), filename=name)


def _errors(app: FastAPI) -> None:
    """What goes wrong is said in words; nothing of what was sent is repeated."""

    def handler(status: int) -> Callable[[Request, Exception], JSONResponse]:
        return lambda _, error: JSONResponse({"error": str(error)}, status)

    def conflict(_: Request, error: Exception) -> JSONResponse:
        known = [one.told() for one in error.history] if isinstance(error, ConflictError) else []
        return JSONResponse({"error": str(error), "history": known}, 409)

    def invalid(_: Request, error: Exception) -> JSONResponse:
        told = error.errors() if isinstance(error, RequestValidationError) else []
        where = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in told)
        return JSONResponse({"error": f"this request is not understood: {where}"}, 422)

    app.add_exception_handler(ConflictError, conflict)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(GeoprospectError, handler(500))
    app.add_exception_handler(LookupError, handler(404))
    app.add_exception_handler(ValueError, handler(422))


def _one(desks: Desks, which: str) -> Desk:
    if which not in desks:
        raise LookupError("there is no other run; start the page with two folders to compare")
    return desks[which]


def _said(text: str) -> Response:
    return Response(text, media_type="application/json")
