"""The page's server: what it answers, and how it starts and ends."""

from __future__ import annotations

import functools
import ipaddress
import json
import logging
import socket
import threading
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Query, Request, Response
from fastapi import Path as Part
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel, ConfigDict, Field
from starlette.types import ASGIApp

from geoprospect.errors import GeoprospectError, OutputError
from geoprospect.review import (
    answers,
    comparison,
    exports,
    folder,
    layers,
    order,
    reasons,
    security,
    sheets,
    tiles,
)
from geoprospect.review.decisions import FILE, ConflictError, Decisions, Entry
from geoprospect.review.folder import Run
from geoprospect.review.layers import Layer
from geoprospect.storage import Location

log = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"
PAINTERS = 4
"""Tiles made at once: each may take some 40 MB while it is made."""
FOREVER = "private, max-age=86400"
EXPORTS = "exports"
SHEETS = "field_sheets.pdf"
Which = Literal["this", "other"]


@dataclass
class Desk:
    """A run on the desk: what it holds, its layers, and answers that are made once."""

    run: Run
    layers: dict[str, Layer]
    made: dict[str, Any] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def once(self, name: str, make: Callable[[], Any]) -> Any:
        """What *make* gives, made the first time that it is asked for."""
        with self.lock:
            if name not in self.made:
                self.made[name] = make()
            return self.made[name]


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


def serve(
    location: Location,
    other: Location | None = None,
    *,
    say: Callable[[str], None],
    host: str = LOOPBACK,
    port: int = 0,
    language: str = "en",
    browser: bool = True,
) -> None:
    """
    Show a run folder to this machine's browser until Ctrl-C.

    Parameters
    ----------
    location : str or Path
        The run folder; ``decisions.gpkg`` and ``exports/`` come into it.
    other : str or Path, optional
        A run to compare it with; nothing is written there.
    say : callable
        Takes each line that is to be told: the address, and what another *host* means.
    host : str
        The address to listen on. Any but this machine's own shows the page to a network.
    port : int
        The port; 0 for one that is free.
    language : str
        "en" or "zh".
    browser : bool
        Whether to open the browser.

    Raises
    ------
    MissingFileError, DataError
        If a folder is no finished run, or its decisions cannot be read.
    OutputError
        If the address cannot be listened on.
    """
    import uvicorn

    desks = {"this": _desk(location)} | ({"other": _desk(other)} if other is not None else {})
    decisions = Decisions(desks["this"].run.folder / FILE)
    with _listening(host, port) as listener:
        keys = security.Keys(hosts=_names(host), port=listener.getsockname()[1])
        app = application(desks, decisions, keys, language=language)
        shown = f"[{host}]" if ":" in host else host
        address = f"http://{shown}:{keys.port}/?token={keys.token}"
        if not _is_loopback(host):
            say(warning(host))
        say(f"review {desks['this'].run.title}: {address}\nCtrl-C ends it.")
        if browser:
            threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
        settings = uvicorn.Config(
            app, log_level="warning", access_log=False, server_header=False, lifespan="off",
            proxy_headers=False, ws="none", timeout_graceful_shutdown=2,
        )  # fmt: skip
        try:
            uvicorn.Server(settings).run(sockets=[listener])
        except KeyboardInterrupt:
            say("ended; decisions are in the run folder")


def warning(host: str) -> str:
    """What listening on an address that is not this machine's own means."""
    return (
        f"WARNING: listening on {host} shows this page to the network, unencrypted. Everyone who "
        "has the address below, or listens in, can read the run and decide in any name. Without "
        "--host it is shown to this machine alone; to share it safely, use an SSH tunnel."
    )


def application(
    desks: dict[str, Desk], decisions: Decisions, keys: security.Keys, *, language: str = "en"
) -> ASGIApp:
    """The guarded application that answers for runs on the desk: "this" and maybe "other"."""
    app = FastAPI(title="geoprospect review", openapi_url=None, docs_url=None, redoc_url=None)
    _errors(app)
    _page(app, keys)
    _about(app, desks, language)
    _maps(app, desks)
    _decisions(app, desks["this"].run, decisions)
    _exports(app, desks["this"], decisions)
    return security.Guard(app, keys)


# --- what is answered --------------------------------------------------------------------


def _page(app: FastAPI, keys: security.Keys) -> None:
    static = resources.files("geoprospect.review") / "static"
    index = (static / "index.html").read_text(encoding="utf-8")

    @app.get("/")
    def page() -> Response:
        return Response(index, media_type="text/html", headers={"set-cookie": keys.set_cookie()})

    app.mount("/static", StaticFiles(directory=str(static)))


def _about(app: FastAPI, desks: dict[str, Desk], language: str) -> None:
    this = desks["this"]

    @app.get("/api/run")
    def run() -> dict[str, Any]:
        told = {name: answers.about(desk.run, desk.layers) for name, desk in desks.items()}
        return {"language": language, **told}

    @app.get("/api/targets")
    def targets() -> Response:
        return _kept(this, "targets", lambda: _json(answers.table(this.run)))

    @app.get("/api/target")
    def target(label: str) -> dict[str, Any]:
        return _explained(this, label)

    @app.get("/api/layers")
    def evidence() -> Response:
        return _kept(this, "layers", lambda: _json(_distributions(this)))

    @app.get("/api/comparison")
    def compared() -> Response:
        if "other" not in desks:
            raise LookupError("there is no other run to compare with; start the page with two")
        return _kept(
            this, "comparison", lambda: _json(comparison.compared(this.run, desks["other"].run))
        )


def _maps(app: FastAPI, desks: dict[str, Desk]) -> None:
    painters = threading.BoundedSemaphore(PAINTERS)

    @app.get("/tiles/{which}/{layer}/{zoom}/{x}/{y}.png")
    def tile(
        which: Which, layer: str, zoom: Annotated[int, Part(ge=0, le=24)],
        x: Annotated[int, Part(ge=0)], y: Annotated[int, Part(ge=0)],
    ) -> Response:  # fmt: skip
        if max(x, y) >= 2**zoom:
            raise LookupError("there is no such tile")
        with painters:
            made = tiles.tile(_layer(desks, which, layer), x, y, zoom)
        return Response(made, media_type="image/png", headers={"cache-control": FOREVER})

    @app.get("/api/legend")
    def legend(layer: str, which: Which = "this") -> dict[str, Any]:
        return tiles.legend(_layer(desks, which, layer))

    @app.get("/api/value")
    def value(
        layer: str, longitude: Annotated[float, Query(ge=-180, le=180)],
        latitude: Annotated[float, Query(ge=-90, le=90)], which: Which = "this",
    ) -> dict[str, Any]:  # fmt: skip
        known = _layer(desks, which, layer)
        found = tiles.value(known, longitude, latitude)
        told = "" if found is None else known.classes.get(int(found), "")
        return {"value": None if found is None else answers.rounded(found), "class": told}

    @app.get("/api/outlines/{name}")
    def outlines(name: str, which: Which = "this") -> Response:
        return _outlines(_one(desks, which), name)


def _decisions(app: FastAPI, run: Run, decisions: Decisions) -> None:
    @app.get("/api/decisions")
    def since(number: Annotated[int, Query(ge=0, alias="since")] = 0) -> dict[str, Any]:
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
        entry: Entry = decisions.record(ground=run.ground[wish.target], **wish.model_dump())
        return {"entry": entry.told()}


def _exports(app: FastAPI, desk: Desk, decisions: Decisions) -> None:
    at_once = threading.Lock()

    @app.post("/api/exports")
    def export(wish: Order) -> dict[str, Any]:
        with at_once:
            return _exported(desk, decisions, wish)

    @app.get("/api/exports/{name}")
    def file(name: str) -> Response:
        known = [f"accepted.{kind}" for kind in exports.FORMATS] + [SHEETS]
        path = desk.run.folder / EXPORTS / name
        if name not in known or not path.is_file():
            raise LookupError("there is no such export; make it first")
        return FileResponse(_within(desk.run.folder, path), filename=name)


def _exported(desk: Desk, decisions: Decisions, wish: Order) -> dict[str, Any]:
    """Write what is asked for into the run's exports, and say what it is called."""
    run = desk.run
    targets = exports.accepted(run, decisions.since(), wish.weights)
    if wish.target is not None:
        place = run.position(wish.target)
        some = targets[targets["label"] == wish.target]
        targets = some if len(some) else run.targets.iloc[[place]].reset_index(drop=True)
    if not len(targets):
        raise ValueError("no target is accepted yet, so there is nothing to export")
    name = SHEETS if wish.kind == "pdf" else f"accepted.{wish.kind}"
    path = _within(run.folder, run.folder / EXPORTS / name)
    if wish.kind == "pdf":
        told = {row["label"]: sheets.reasons_of(run, _of_run(run, row["label"]), row, wish.language)
                for row in targets.drop(columns="geometry").to_dict("records")}  # fmt: skip
        sheets.write(run, desk.layers["prospectivity.1"], targets, path,
                     language=wish.language, reasons=told)  # fmt: skip
    else:
        exports.FORMATS[wish.kind](targets, run, path)
    return {"file": name, "targets": len(targets)}


def _within(home: Path, path: Path) -> Path:
    """A path that is in the run folder even when links are followed."""
    if not path.resolve().is_relative_to(home.resolve()):
        raise OutputError(f"{path} leads out of the run folder; remove the link")
    return path


def _explained(desk: Desk, label: str) -> dict[str, Any]:
    desk.run.position(label)
    if desk.run.explanations is not None:
        return {"label": label, "explanation": _of_run(desk.run, label)}
    made = desk.once(
        f"explained {label}", lambda: reasons.explanation(desk.run, desk.layers, label)
    )
    return {"label": label, "explanation": made}


def _of_run(run: Run, label: str) -> Any:
    """What the run itself wrote of why a target is there; None if nothing."""
    return (run.explanations or {}).get("targets", {}).get(label)


def _distributions(desk: Desk) -> Any:
    if desk.run.explanations is not None:
        return desk.run.explanations["layers"]
    return reasons.described(desk.layers)


def _outlines(desk: Desk, name: str) -> Response:
    first = desk.layers["prospectivity.1"]
    if name == "targets":
        make = functools.partial(answers.outlines, desk.run, first)
    elif name == "area":
        make = functools.partial(answers.outline, first)
    elif name in desk.run.beside:
        make = functools.partial(answers.beside, desk.run, name)
    else:
        raise LookupError(f"this run has no outlines called {name!r}")
    return _kept(desk, f"outlines {name}", make)


def _kept(desk: Desk, name: str, make: Callable[[], str]) -> Response:
    return Response(desk.once(name, make), media_type="application/json")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _one(desks: dict[str, Desk], which: str) -> Desk:
    if which not in desks:
        raise LookupError("there is no other run; start the page with two folders to compare")
    return desks[which]


def _layer(desks: dict[str, Desk], which: str, name: str) -> Layer:
    known = _one(desks, which).layers
    if name not in known:
        raise LookupError(f"this run has no layer {name!r}")
    return known[name]


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


# --- where it listens --------------------------------------------------------------------


def _desk(location: Location) -> Desk:
    run = folder.opened(location)
    return Desk(run, layers.catalogue(run.folder))


def _listening(host: str, port: int) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        if host not in ("localhost",) and ipaddress.ip_address(host).is_unspecified:
            raise OutputError(
                f"cannot listen on {host}, which is every address of this machine: no name would "
                "be wrong then, and a name must be; give the one by which others reach it"
            )
    except ValueError:
        family = socket.AF_INET  # a name
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise OutputError(
            f"cannot listen on {host}, port {port}: {error.strerror or error}; choose another "
            "--port, or none for one that is free"
        ) from error
    return listener


def _names(host: str) -> tuple[str, ...]:
    """The hosts by which a server that listens on *host* may be called."""
    if not _is_loopback(host):
        return (f"[{host}]" if ":" in host else host,)
    return tuple(dict.fromkeys((f"[{host}]" if ":" in host else host, LOOPBACK, "localhost")))


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
