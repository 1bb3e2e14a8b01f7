"""A process that behaves like a service towards whoever runs it: ready on /readyz, gone on SIGTERM.

STAND_IN may be `silent` (never ready), `broken` (ends with code 3) or `stubborn` (ignores SIGTERM).
"""

import json
import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import FrameType


class Health(BaseHTTPRequestHandler):
    """Answers /readyz, and / with the environment it was given."""

    def do_GET(self) -> None:
        body = json.dumps(dict(os.environ)).encode()
        self.send_response(503 if os.environ.get("STAND_IN") == "silent" else 200)
        self.end_headers()
        self.wfile.write(body)


def leave(_number: int, _frame: FrameType | None) -> None:
    sys.stdout.write("drained\n")
    sys.exit(0)


def main() -> None:
    behaviour = os.environ.get("STAND_IN")
    if behaviour == "broken":
        sys.stderr.write("a setting is wrong\n")
        sys.exit(3)
    signal.signal(signal.SIGTERM, signal.SIG_IGN if behaviour == "stubborn" else leave)
    host, _, port = os.environ["METRICS_ADDRESS"].partition(":")
    HTTPServer((host, int(port)), Health).serve_forever()


if __name__ == "__main__":
    main()
