"""What goes over the wire, byte by byte: RFC 9112 and the parts of RFC 9110 that a client library hides."""

import contextlib
import gzip
import os
import re
import socket

import pytest
import requests

from tests.serve.service import Server

ASK = b"/sparql?query=ASK%7B%7D"
JSON = b"Accept: application/sparql-results+json"
DIRECT = b"Content-Type: application/sparql-query"
CHUNKED = b"Transfer-Encoding: chunked"


def link_to(server: Server, seconds: float = 10.0) -> socket.socket:
    """Open a connection."""
    host, port = server.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=seconds)


def rest_of(link: socket.socket) -> bytes:
    """Read until the other side closes."""
    received = b""
    with contextlib.suppress(TimeoutError, ConnectionResetError):
        while piece := link.recv(65_536):
            received += piece
    return received


def raw(server: Server, asked: bytes, *, half: bool = False) -> bytes:
    """Send bytes as they are and read what comes back; `half` closes our half of the connection after them."""
    with link_to(server) as link:
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
            link.sendall(asked)
            if half:
                link.shutdown(socket.SHUT_WR)
        return rest_of(link)


def request(*lines: bytes, method: bytes = b"GET", target: bytes = ASK, body: bytes = b"", host: bool = True) -> bytes:
    """Write a request that ends its connection."""
    head = [method + b" " + target + b" HTTP/1.1", *([b"Host: x"] if host else []), b"Connection: close", *lines]
    return b"\r\n".join(head) + b"\r\n\r\n" + body


def post(*lines: bytes, body: bytes = b"ASK {}") -> bytes:
    """Write a query sent by direct POST; the lines say how long it is."""
    return request(DIRECT, JSON, *lines, method=b"POST", target=b"/sparql", body=body)


def status(answer: bytes) -> int:
    """Give the status of the only answer."""
    found = re.findall(rb"HTTP/1\.[01] (\d{3})", answer)
    assert len(found) == 1, answer
    return int(found[0])


@pytest.mark.parametrize(
    ("asked", "right"),
    [
        # RFC 9112, 3.2: one Host, well formed; the target may name it as well.
        (request(host=False), 400),
        (request(b"Host: y"), 400),
        (request(b"Host: a b", host=False), 400),
        (request(b"Host: a/../b", host=False), 400),
        (request(b"Host: [::1]:80", host=False), 200),
        (request(b"Host: \xc3\xa9.example", host=False), 400),
        (request(target=b"http://x" + ASK), 200),
        # RFC 9112, 5: names and values of fields.
        (request(b"X : 1"), 400),
        (request(b"X: 1\r\n folded"), 400),
        (request(b"X: a\rb"), 400),
        (request(b"X: a\0b"), 400),
        # RFC 9112, 6: how long a message is.
        (post(b"Content-Length: 6"), 200),
        (post(b"Content-Length: 6", b"Content-Length: 5"), 400),
        (post(b"Content-Length: +6"), 400),
        (post(b"Content-Length: 0x6"), 400),
        (post(b"Content-Length: 99999999999999999999"), 400),
        (post(b"Content-Length: 3000000"), 413),
        (post(CHUNKED, body=b"3\r\nASK\r\n3;x=y\r\n {}\r\n0\r\nX: y\r\n\r\n"), 200),
        (post(CHUNKED, body=b"zz\r\nASK {}\r\n0\r\n\r\n"), 400),
        (post(b"Transfer-Encoding: gzip, chunked", body=b"6\r\nASK {}\r\n0\r\n\r\n"), 400),
        (post(b"Transfer-Encoding: xchunked", body=b"6\r\nASK {}\r\n0\r\n\r\n"), 400),
        (post(b"Transfer-Encoding : chunked", body=b"6\r\nASK {}\r\n0\r\n\r\n"), 400),
        (request(JSON, b"Content-Length: 5", body=b"ignored"[:5]), 200),
        # RFC 9110, 9 and 10.
        (request(method=b"TRACE"), 405),
        (request(method=b"CONNECT", target=b"x:80"), 404),
        (request(b"Expect: 100-continue"), 200),
        (request(b"Range: bytes=0-3"), 200),
        (request(target=ASK + b"%20%23" + b"x" * 60_000), 200),
        (request(target=ASK + b"%20%23" + b"x" * 300_000), 431),
        # HTTP/2 is not spoken, whoever asks for it.
        (request(b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"), 200),
    ],
    # One request has 300,000 bytes.
    ids=lambda value: "request" if isinstance(value, bytes) else str(value),
)
def test_a_request_gets_its_status(server: Server, asked: bytes, right: int) -> None:
    assert status(raw(server, asked)) == right


def test_a_body_that_ends_early_is_not_taken_for_a_whole_one(server: Server) -> None:
    answer = raw(server, post(b"Content-Length: 60", body=b"ASK {} # and what is not here"), half=True)
    assert b" 200 " not in answer


def test_a_request_with_two_lengths_is_not_split_in_two(server: Server) -> None:
    answer = raw(
        server,
        b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-query\r\nContent-Length: 6\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    )
    assert answer.count(b"HTTP/1.1 ") <= 1
    assert b"alive" not in answer


def test_a_connection_goes_on_after_an_error(server: Server) -> None:
    def kept(asked: bytes) -> bytes:
        return asked.replace(b"Connection: close\r\n", b"")

    wrong = [
        request(target=b"/sparql?query=ASK"),
        request(b"Content-Length: 6", method=b"PUT", body=b"ASK {}"),
        post(b"Content-Length: 600000", body=b"x" * 600_000),
        request(target=b"/nothing"),
    ]
    answer = raw(server, b"".join(map(kept, wrong)) + request(JSON))
    assert re.findall(rb"HTTP/1\.1 (\d{3})", answer) == [b"400", b"405", b"413", b"404", b"200"]


def test_who_waits_for_leave_to_send_gets_it(server: Server) -> None:
    with link_to(server) as link:
        link.sendall(post(b"Content-Length: 6", b"Expect: 100-continue", body=b""))
        assert link.recv(1_000).startswith(b"HTTP/1.1 100")
        link.sendall(b"ASK {}")
        assert b'"boolean":true' in rest_of(link)


def test_http_1_0_is_answered_and_ended(server: Server) -> None:
    answer = raw(server, b"GET " + ASK + b" HTTP/1.0\r\n\r\n")
    assert status(answer) == 200
    assert b"transfer-encoding" not in answer.lower()


def test_a_condition_is_judged_as_the_standard_says(server: Server) -> None:
    address = f"{server.url}/sparql?query=ASK%7B%7D"
    tag = requests.get(address, timeout=5).headers["ETag"]
    for field, value, right in (
        ("If-None-Match", f'"x", {tag}, W/"y"', 304),
        ("If-None-Match", f"W/{tag}", 304),
        ("If-None-Match", "*", 304),
        ("If-None-Match", tag.strip('"'), 200),
        ("If-Match", tag, 200),
        ("If-Match", "*", 200),
        ("If-Match", '"x"', 412),
        ("If-Match", f"W/{tag}", 412),
        ("If-Modified-Since", "Sat, 29 Oct 2039 19:43:31 GMT", 200),
    ):
        for method in ("GET", "HEAD"):
            answer = requests.request(method, address, headers={field: value}, timeout=5)
            assert answer.status_code == right, (field, value)
            assert answer.status_code != 304 or (answer.content == b"" and answer.headers["ETag"] == tag)
    # What fails by itself fails for that reason, and a POST is no read.
    assert requests.get(address[:-6], headers={"If-None-Match": "*"}, timeout=5).status_code == 400
    sent = requests.post(address.partition("?")[0], data={"query": "ASK{}"}, headers={"If-None-Match": tag}, timeout=5)
    assert sent.status_code == 200


def test_head_says_what_get_would(server: Server) -> None:
    query = "SELECT ?s ?p ?o { ?s ?p ?o } ORDER BY ?s ?p ?o LIMIT 100"
    for more in ({}, {"Accept-Encoding": "identity"}, {"Accept": "text/csv"}, {"Accept": "text/turtle"}):
        got, head = (
            requests.request(method, f"{server.url}/sparql", params={"query": query}, headers=more, timeout=5)
            for method in ("GET", "HEAD")
        )
        assert head.content == b""
        assert head.status_code == got.status_code
        same = ("Content-Length", "Content-Type", "Content-Encoding", "ETag", "Vary", "KG-Complete")
        assert [head.headers.get(name) for name in same] == [got.headers.get(name) for name in same]


def test_a_short_answer_is_compressed_for_those_who_refuse_plain(server: Server) -> None:
    answer = raw(server, request(JSON, b"Accept-Encoding: gzip, identity;q=0"))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"content-encoding: gzip" in head.lower()
    assert b'"boolean":true' in gzip.decompress(body)


def test_garbage_is_survived(server: Server) -> None:
    for garbage in (
        os.urandom(3_000) + b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"\x16\x03\x01\x02\x00",
        b"GET / HTTP/9.9\r\n\r\n",
    ):
        raw(server, garbage, half=True)
    assert requests.get(f"{server.url}/healthz", timeout=5).status_code == 200
