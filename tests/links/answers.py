"""A server on loopback that gives recorded or broken answers."""

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import jsonschema

from tests.reconcile.schemas import QUERY_BATCH

MANIFEST = {
    "versions": ["0.2"],
    "name": "Recorded answers",
    "identifierSpace": "http://www.wikidata.org/entity/",
    "schemaSpace": "http://www.wikidata.org/prop/direct/",
}


class Answers(ThreadingHTTPServer):
    """The server.

    Attributes:
        queries: every query text asked, in order.
        behaviour: writes the answer to one request.
    """

    daemon_threads = True

    def __init__(self, behaviour: Callable[["Handler"], None]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.behaviour = behaviour
        self.queries: list[str] = []
        self.requests = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/api"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is what some tests want."""


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Answers
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.requests += 1
        self.body = b""
        self.server.behaviour(self)

    def do_POST(self) -> None:
        self.server.requests += 1
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.behaviour(self)

    do_PUT = do_POST

    def say(self, status: int, body: bytes, kind: str = "application/json", **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Tests keep quiet."""


@contextlib.contextmanager
def answering(behaviour: Callable[[Handler], None]) -> Iterator[Answers]:
    server = Answers(behaviour)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def recorded(known: dict[str, list[dict[str, Any]]], fail_after: int | None = None) -> Callable[[Handler], None]:
    """Answer from a table of names to candidates; after so many batches, fail."""

    def behave(handler: Handler) -> None:
        if not handler.body:
            handler.say(200, json.dumps(MANIFEST).encode())
            return
        if fail_after is not None and handler.server.requests > fail_after + 1:
            handler.say(500, b"{}")
            return
        batch = json.loads(parse_qs(handler.body.decode())["queries"][0])
        jsonschema.Draft202012Validator(QUERY_BATCH).validate(batch)
        handler.server.queries.extend(query["query"] for query in batch.values())
        answer = {key: {"result": known.get(query["query"], [])} for key, query in batch.items()}
        handler.say(200, json.dumps(answer).encode())

    return behave


def redirects(handler: Handler) -> None:
    handler.say(302, b"", "text/plain", Location="http://127.0.0.1:9/elsewhere")


def html(handler: Handler) -> None:
    handler.say(200, b"<!doctype html><h1>Please log in</h1>", "text/html; charset=utf-8")


def lies(handler: Handler) -> None:
    handler.say(200, b"<html>not what the type says</html>", "application/sparql-results+json")


def other_json(handler: Handler) -> None:
    handler.say(200, b'{"hello": "world"}')


def breaks_off(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "application/sparql-results+json")
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"head": {"vars": ["s"]}, "results": {"bindings": [')
    handler.wfile.flush()
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)


def slow(handler: Handler) -> None:
    time.sleep(3)
    handler.say(200, b"{}")


def drips(handler: Handler) -> None:
    """Send a byte now and then, for ever: a time-out of the socket never comes."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/sparql-results+json")
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    with contextlib.suppress(OSError):
        for _ in range(100):
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(0.1)


def refuses(handler: Handler) -> None:
    handler.say(401, b"", "text/plain", WWW_Authenticate='Basic realm="store"')


def missing(handler: Handler) -> None:
    handler.say(404, b"nothing here", "text/plain")


def broken(handler: Handler) -> None:
    handler.say(500, b"out of memory at 0x0000", "text/plain")


def drips_head(handler: Handler) -> None:
    """Send the head of an answer byte by byte, so that no single read is ever late."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Patience: ")
    with contextlib.suppress(OSError):
        for _ in range(100):
            handler.wfile.write(b"a")
            handler.wfile.flush()
            time.sleep(0.1)
    handler.close_connection = True


def too_deep(handler: Handler) -> None:
    """Give JSON that no reader follows to its bottom."""
    deep = b"[" * 100_000 + b"]" * 100_000
    body = b'{"head": {"vars": ["s"]}, "results": {"bindings": ' + deep + b"}}"
    handler.say(200, body, "application/sparql-results+json")
