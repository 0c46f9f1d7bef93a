"""Attacks on the page's server; none passes, and nothing is lost."""

from __future__ import annotations

import socket

import pytest

from geoprospect.review import security
from tests.review.conftest import LABELS, NASTY, Client, served

WISH = {"target": "T1", "kind": "accept", "who": "Li", "version": 0, "request": "request-1"}


def test_whoever_has_the_address_may_read_and_write(client):
    assert client.get("/api/run").status_code == 200
    assert client.post("/api/decisions", WISH).status_code == 200


@pytest.mark.parametrize("path", ["/", "/api/run", "/api/decisions", "/static/js/main.js",
                                  "/tiles/this/prospectivity.1/1/0/0.png"])  # fmt: skip
@pytest.mark.parametrize(
    "cookie", ["", "geoprospect_review_8765=wrong", "geoprospect_review_8765=é"]
)
def test_without_the_token_nothing_is_read(client, path, cookie):
    client.http.cookies.clear()
    answer = client.get(path, headers=[("cookie", cookie.encode())])
    assert answer.status_code == 401
    assert client.keys.token not in answer.text


def test_a_wrong_token_opens_nothing(client):
    client.http.cookies.clear()
    answer = client.get("/", params={"token": client.keys.token[:-1] + "é"})
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers


def test_the_cookie_does_not_give_the_token_away(client):
    told = client.opened.headers["set-cookie"]
    assert "HttpOnly" in told
    assert "SameSite=Strict" in told
    assert client.keys.token not in told
    assert client.keys.token not in client.opened.text


@pytest.mark.parametrize("token", ["", "wrong", None])
def test_the_cookie_alone_writes_nothing(client, token):
    headers = {"origin": client.origin} | ({} if token is None else {"x-review-token": token})
    answer = client.http.post("/api/decisions", json=WISH, headers=headers)
    assert answer.status_code == 401
    assert client.decisions.since() == []


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://127.0.0.1:9999"}, 403),
        ({"origin": "http://localhost:8765"}, 403),
        ({"origin": "https://127.0.0.1:8765"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"content-type": "text/plain"}, 415),
        ({"content-type": "application/x-www-form-urlencoded"}, 415),
    ],
)
def test_another_site_writes_nothing(client, headers, status):
    answer = client.post("/api/decisions", WISH, **headers)
    assert answer.status_code == status
    assert client.decisions.since() == []


def test_a_write_without_an_origin_is_refused(client):
    answer = client.http.post(
        "/api/decisions", json=WISH, headers={"x-review-token": client.keys.token}
    )
    assert answer.status_code == 403


def test_another_site_reads_nothing_either(client):
    assert client.get("/api/run", headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert client.get("/api/run", headers={"origin": "http://evil.example"}).status_code == 403


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8765", "127.0.0.1", "127.0.0.1:1",
                                  "127.0.0.1.evil.example:8765", ""])  # fmt: skip
def test_a_name_that_was_led_here_is_refused(client, host):
    for token in ({}, {"token": client.keys.token}):
        answer = client.get("/", params=token, headers={"host": host})
        assert answer.status_code == 421
        assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_only_reading_and_posting_are_known(client, method):
    assert client.http.request(method, "/api/decisions").status_code == 405


SECRET = "not for the page"
ESCAPES = [
    "../secret.txt", "..%2fsecret.txt", "%2e%2e/secret.txt", "%2e%2e%2fsecret.txt",
    "..%5csecret.txt", "....//secret.txt", "%252e%252e%252fsecret.txt", "/etc/passwd",
    "accepted.gpkg/../../secret.txt", "..%00/secret.txt", "run.json", ".",
]  # fmt: skip


@pytest.mark.parametrize("escape", ESCAPES)
@pytest.mark.parametrize("before", ["/api/exports/", "/static/", "/api/outlines/", "/tiles/this/",
                                    "/api/target?label=", "/api/legend?layer="])  # fmt: skip
def test_no_path_leads_out_of_what_is_shown(client, run, before, escape):
    (run.parent / "secret.txt").write_text(SECRET)
    (run / "exports").mkdir(exist_ok=True)
    answer = client.get(before + escape)
    assert answer.status_code in (400, 404, 405, 422)
    assert SECRET not in answer.text
    assert "root:" not in answer.text


def test_raw_paths_that_no_client_would_tidy_stay_inside(run):
    """Sent byte by byte, past what http libraries do to ``..``."""
    (run.parent / "secret.txt").write_text(SECRET)
    with served(run) as (address, _):
        host, token = address.split("/")[2], address.partition("token=")[2]
        keys = security.Keys(hosts=("127.0.0.1",), port=int(host.split(":")[1]), token=token)
        for path in ("/static/../../../../../../etc/passwd", "/api/exports/../../secret.txt",
                     "//etc/passwd", "/static/%2e%2e/%2e%2e/server.py"):  # fmt: skip
            with socket.create_connection(("127.0.0.1", keys.port), timeout=10) as line:
                line.sendall(
                    f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n"
                    f"Cookie: {keys.cookie}={keys.session}\r\n\r\n".encode()
                )
                answer = b"".join(iter(lambda: line.recv(65536), b"")).decode("utf-8", "replace")
            assert " 404 " in answer.splitlines()[0]
            assert "root:" not in answer
            assert SECRET not in answer


def test_an_export_folder_that_leads_elsewhere_is_not_followed(client, run):
    outside = run.parent / "outside"
    outside.mkdir()
    (run / "exports").symlink_to(outside, target_is_directory=True)
    client.decide("T1", "accept")
    answer = client.post("/api/exports", {"kind": "csv"})
    assert answer.status_code == 500
    assert "leads out of the run folder" in answer.json()["error"]
    assert list(outside.iterdir()) == []


def test_names_are_data_in_every_answer_and_markup_in_none(client):
    for path in ("/api/run", "/api/targets", "/api/outlines/targets", "/api/outlines/deposits",
                 "/api/legend?layer=drivers.1", "/api/target?label=T1"):  # fmt: skip
        answer = client.get(path)
        assert NASTY in answer.text
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert NASTY not in client.get("/").text


def test_what_was_sent_is_never_repeated_as_markup(client):
    answer = client.get("/api/value", params={"layer": NASTY, "longitude": NASTY, "latitude": 0})
    assert answer.status_code == 422
    assert NASTY not in answer.text
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("path", ["/", "/api/run", "/static/page.css", "/no/such", "/api/target"])
def test_every_answer_carries_the_headers(client, path):
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    for part in ("default-src 'self'", "script-src 'self'", "style-src 'self'",
                 "img-src 'self' data:", "frame-ancestors 'none'"):  # fmt: skip
        assert part in policy
    assert "unsafe" not in policy
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"


def test_a_request_that_is_too_large_is_refused_and_nothing_recorded(client):
    answer = client.post("/api/decisions", WISH | {"comment": "x" * 70_000})
    assert answer.status_code == 413
    assert "64 kB" in answer.json()["error"]

    def parts():  # without saying how long it is
        yield b'{"comment": "'
        for _ in range(80):
            yield b"x" * 1024

    headers = {"origin": client.origin, "x-review-token": client.keys.token,
               "content-type": "application/json"}  # fmt: skip
    answer = client.http.post("/api/decisions", content=parts(), headers=headers)
    assert answer.status_code == 413
    headers["content-length"] = "9" * 30
    assert client.http.post("/api/decisions", content=b"", headers=headers).status_code == 413
    assert client.decisions.since() == []


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "DROP TABLE decisions"}, {"version": -1}, {"version": 10**30}, {"who": ""},
        {"who": "x" * 81}, {"comment": "x" * 4001}, {"request": "'; DELETE"}, {"undoes": 0},
        {"who": "\ud800"}, {"status": "accepted"}, {"target": None}, {"id": 1},
    ],
)  # fmt: skip
def test_what_is_no_decision_is_refused(client, change):
    import json

    headers = {"origin": client.origin, "x-review-token": client.keys.token,
               "content-type": "application/json"}  # fmt: skip
    answer = client.http.post("/api/decisions", content=json.dumps(WISH | change), headers=headers)
    assert answer.status_code == 422
    assert client.decisions.since() == []


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 30_000, b"\xff\xfe", b"null", b"[]"])
def test_a_body_that_is_no_json_object_is_refused(client, body):
    headers = {"origin": client.origin, "x-review-token": client.keys.token,
               "content-type": "application/json"}  # fmt: skip
    answer = client.http.post("/api/decisions", content=body, headers=headers)
    assert answer.status_code in (400, 422)


def test_hostile_words_are_kept_as_words(client):
    words = "'); DROP TABLE decisions; -- " + NASTY
    assert client.decide("T1", "comment", comment=words, who=NASTY).status_code == 200
    entry = client.get("/api/decisions").json()["entries"][0]
    assert (entry["comment"], entry["who"]) == (words, NASTY)


def test_a_database_that_is_spoilt_while_serving_is_told_and_left(client, run):
    client.decide("T1", "accept")
    path = run / "decisions.gpkg"
    spoilt = b"not a database at all" * 500
    path.write_bytes(spoilt)
    answer = client.decide("T5", "accept")
    assert answer.status_code == 500
    assert "nothing was changed in it" in answer.json()["error"]
    assert path.read_bytes() == spoilt


def test_every_target_can_be_decided_on_whatever_it_is_called(client):
    for label in LABELS:
        assert client.decide(label, "accept").status_code == 200, label
    answer = client.post("/api/decisions", WISH | {"target": "T99"})
    assert answer.status_code == 404


def test_two_servers_do_not_share_a_token(run):
    one, other = Client(run), Client(run)
    assert one.keys.token != other.keys.token
    assert one.keys.session != other.keys.session
