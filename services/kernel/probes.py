"""`/metrics`, `/healthz` and `/readyz` over plain HTTP from a thread of their own.

A scrape takes about 10 ms, which must not stall the event loop, and a stalled loop must still be reported.
"""

import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

from prometheus_client import REGISTRY
from prometheus_client.exposition import choose_encoder

TICK_LIMIT_SECONDS: Final = 10.0
STOP_SECONDS: Final = 0.05
"""How late the thread may notice that it is to stop; the event loop waits for that."""


class Health:
    """What the probes answer from; written by the event loop, read by the HTTP threads.

    Alive: the loop ticked within 10 s and every check says so. Ready: `ready` is set and it is alive.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._tick = now()
        self.ready = False
        self.checks: dict[str, Callable[[], bool]] = {}

    def tick(self) -> None:
        """Note that the event loop runs."""
        self._tick = self._now()

    def failing(self) -> list[str]:
        """Return the names of what is wrong, none while alive."""
        stalled = ["event_loop"] if self._now() - self._tick > TICK_LIMIT_SECONDS else []
        return stalled + [name for name, check in self.checks.items() if not check()]


class Probes:
    """The HTTP server. OSError if the address is taken."""

    def __init__(self, address: str, health: Health) -> None:
        host, _, port = address.rpartition(":")
        handler = type("Handler", (_Handler,), {"health": health})
        self._server = ThreadingHTTPServer((host.strip("[]"), int(port)), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._serve, name="probes", daemon=True)

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._server.server_port

    def start(self) -> None:
        """Answer from now on."""
        self._thread.start()

    def _serve(self) -> None:
        self._server.serve_forever(poll_interval=STOP_SECONDS)

    def stop(self) -> None:
        """Stop listening and wait for the thread."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    health: Health

    def do_GET(self) -> None:
        pages = {"/metrics": self._metrics, "/healthz": self._alive, "/readyz": self._ready}
        page = pages.get(self.path.partition("?")[0])
        if page is None:
            self._answer(HTTPStatus.NOT_FOUND, b"not found\n")
            return
        page()

    def _metrics(self) -> None:
        encode, content_type = choose_encoder(self.headers.get("Accept", ""))
        self._answer(HTTPStatus.OK, encode(REGISTRY), content_type)

    def _alive(self) -> None:
        self._verdict(self.health.failing())

    def _ready(self) -> None:
        self._verdict(self.health.failing() + ([] if self.health.ready else ["not_ready"]))

    def _verdict(self, failing: list[str]) -> None:
        if failing:
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE, " ".join(failing).encode() + b"\n")
            return
        self._answer(HTTPStatus.OK, b"ok\n")

    def _answer(self, code: HTTPStatus, body: bytes, content_type: str = "text/plain; charset=utf-8") -> None:
        self.send_response(code)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the signature of the library
        """Say nothing: probes come every few seconds."""
