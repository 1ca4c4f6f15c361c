"""Asks the database, once."""

from __future__ import annotations

import os
import socket


def ask(line: str) -> int:
    """Send a line to the database, and return the number that it answers."""
    with socket.create_connection(("127.0.0.1", int(os.environ["DB_PORT"])), 5) as connection:
        connection.sendall(f"{line}\n".encode())
        return int(connection.makefile().readline())
