"""A database of counters: a line `name` adds one to a counter and answers its value; `name?` only answers it."""

from __future__ import annotations

import os
import socketserver

COUNTERS: dict[str, int] = {}


class Connection(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        for line in self.rfile:
            name = line.decode().strip()
            if not name.endswith("?"):
                COUNTERS[name] = COUNTERS.get(name, 0) + 1
            self.wfile.write(b"%d\n" % COUNTERS.get(name.rstrip("?"), 0))


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


with Server(("127.0.0.1", int(os.environ["DB_PORT"])), Connection) as server:
    print("the database takes connections")
    server.serve_forever()
