"""Shows the counters. It is not well while there is a file `unwell` beside it, until it is started anew."""

from __future__ import annotations

import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from client import ask

UNWELL = os.environ.get("UNWELL", "unwell")
if os.path.exists(UNWELL):
    os.unlink(UNWELL)


class Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        well = not os.path.exists(UNWELL)
        self.send_response(200 if self.path != "/health" or well else 503)
        self.end_headers()
        self.wfile.write(b"%d orders\n" % ask("orders?") if self.path == "/" else b"")

    def log_message(self, *_: object) -> None:
        """Say nothing of each request."""


ThreadingHTTPServer(("127.0.0.1", int(os.environ["WEB_PORT"])), Page).serve_forever()
