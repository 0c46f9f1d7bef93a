"""
Who may ask the page's server for what.

The server listens on this machine only, but every page in the browser can send requests to
this machine, and so can every program of other people on it. Hence:

- A random token stands in the address that is printed. Opening that address gives the browser
  a cookie (HttpOnly, SameSite=Strict) by which it may read. The cookie is not the token but is
  made from it: browsers send cookies of 127.0.0.1 to every port, so another program
  that listens here could see it. Writing needs the token itself, in a header, which the page
  keeps in the browser's storage for this port alone, and which no other site can send.
- The ``Host`` header must name this server, so that no other name can be led here (DNS rebinding).
- ``Origin`` and ``Sec-Fetch-Site``, where a browser sends them, must be this page's own; writes
  must carry ``Origin``.
- Requests are small, answers may not be framed, guessed at or sent on, and the content policy
  lets no inline script run and nothing be asked of any other machine.
"""

from __future__ import annotations

import hmac
import json
import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger(__name__)

MOST_BYTES = 64 * 2**10
"""Of a request's body."""

POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
TOKEN_HEADER = "x-review-token"  # noqa: S105
READS, WRITES = ("GET", "HEAD"), ("POST",)


@dataclass(frozen=True)
class Keys:
    """The token of one server, and the hosts by which it may be called."""

    hosts: tuple[str, ...]
    port: int
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32))

    @property
    def cookie(self) -> str:
        """The cookie's name: one for each port, so that two servers do not mix theirs up."""
        return f"geoprospect_review_{self.port}"

    @property
    def session(self) -> str:
        """What the cookie holds: made from the token, which it does not give away."""
        return hmac.new(self.token.encode(), b"read", "sha256").hexdigest()

    @property
    def names(self) -> tuple[str, ...]:
        """What ``Host`` may say."""
        return tuple(f"{host}:{self.port}" for host in self.hosts)

    def set_cookie(self) -> str:
        """The header that lets a browser read."""
        return f"{self.cookie}={self.session}; Path=/; HttpOnly; SameSite=Strict"


class Guard:
    """An ASGI application in front of another: lets through only what may pass."""

    def __init__(self, app: ASGIApp, keys: Keys) -> None:
        self.app = app
        self.keys = keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer by itself, or pass the request on."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            return  # no web sockets here
        answer = _with_headers(send)
        headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]}
        refused = _refused(scope, headers, self.keys)
        if refused is None and scope["method"] in WRITES:
            body = await _body(headers, receive)
            if body is None:
                refused = 413, f"a request may have {MOST_BYTES // 1024} kB and this one has more"
            else:
                receive = _again(body)
        if refused is None:
            await self.app(scope, receive, answer)
        else:
            log.info("refused %s %s: %s", scope["method"], scope["path"], refused[1])
            await _said(answer, *refused)


def _refused(scope: Scope, headers: Mapping[str, str], keys: Keys) -> tuple[int, str] | None:
    """Why a request may not pass, with the status to say so; None if it may."""
    if headers.get("host", "") not in keys.names:
        return 421, "this server goes by another name; open the address that it printed"
    if scope["method"] not in READS + WRITES:
        return 405, "only GET, HEAD and POST are known here"
    opening = scope["path"] == "/" and scope["method"] == "GET" and _knows_token(scope, keys)
    if opening:
        return None  # a link that was clicked anywhere, by someone who has the address
    ours = f"http://{headers['host']}"
    if headers.get("origin", ours) != ours or headers.get(
        "sec-fetch-site", "none"
    ) not in ("same-origin", "none"):  # fmt: skip
        return 403, "this was asked by another site"
    if not hmac.compare_digest(_cookie(headers, keys), keys.session):
        return 401, "open the address that the server printed, with its token"
    return _write_refused(headers, keys) if scope["method"] in WRITES else None


def _write_refused(headers: Mapping[str, str], keys: Keys) -> tuple[int, str] | None:
    if "origin" not in headers:
        return 403, "a write must say which page it comes from"
    given = headers.get(TOKEN_HEADER, "").encode("latin-1")
    if not hmac.compare_digest(given, keys.token.encode()):
        return 401, "a write needs the token; open the address that the server printed"
    if headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        return 415, "a write must be JSON"
    return None


def _knows_token(scope: Scope, keys: Keys) -> bool:
    given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
    return hmac.compare_digest(given.encode(), keys.token.encode())


def _cookie(headers: Mapping[str, str], keys: Keys) -> str:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(keys.cookie)
    except CookieError:
        return ""
    return found.value if found and found.value.isascii() else ""


async def _body(headers: Mapping[str, str], receive: Receive) -> bytes | None:
    """A request's body, None as soon as it is seen to be too large."""
    length = headers.get("content-length", "0")
    if not length.isdigit() or int(length) > MOST_BYTES:
        return None
    body: bytes = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > MOST_BYTES:
            return None
        if message["type"] != "http.request" or not message.get("more_body"):
            return body


def _again(body: bytes) -> Receive:
    """A body already received, for the application behind."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return messages.pop() if messages else {"type": "http.disconnect"}

    return receive


def _with_headers(send: Send) -> Send:
    """Every answer carries the headers that keep it in its place."""

    async def answer(message: Message) -> None:
        if message["type"] == "http.response.start":
            given: list[tuple[bytes, bytes]] = list(message.get("headers", []))
            known = {name.lower() for name, _ in given}
            added = [(k.encode(), v.encode()) for k, v in HEADERS.items()]
            if b"cache-control" not in known:
                added.append((b"cache-control", b"no-store"))
            message = {**message, "headers": given + added}
        await send(message)

    return answer


async def _said(send: Send, status: int, reason: str) -> None:
    body = json.dumps({"error": reason}).encode()
    about: list[Any] = [
        (b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]  # fmt: skip
    await send({"type": "http.response.start", "status": status, "headers": about})
    await send({"type": "http.response.body", "body": body})
