"""`udaemon ps --json` with nothing before it, for scripts: what the supervisor answers is passed on byte for byte.

Knows no JSON and no click, which cost more than all the rest. Whatever is not plain sailing goes the ordinary way,
which also finds the words for it.
"""

from __future__ import annotations

import os
import sys

_QUESTION = b'{"verb":"ps","args":{}}'


def ps_json() -> int | None:
    """Write the instances as JSON; None where the ordinary way has to be gone."""
    from udaemon.control.frames import ANSWER_BEGINS, ANSWER_ENDS, HEADER, frame
    from udaemon.control.rundir import base, candidates, open_directory
    from udaemon.control.sockets import connect
    from udaemon.errors import UdaemonError
    from udaemon.manifest.find import find

    try:
        manifest = find((), os.environ, os.getcwd())[0]
        (path,) = candidates(base(os.environ, os.geteuid()), manifest)
        fd = open_directory(path)
    except (UdaemonError, OSError, ValueError):
        return None
    connection = connect(fd, 10.0)
    if connection is None:
        return None
    with connection, connection.makefile("rb") as answer:
        connection.sendall(frame(_QUESTION))
        payload = answer.read(int.from_bytes(answer.read(HEADER), "big"))
    if not (payload.startswith(ANSWER_BEGINS) and payload.endswith(ANSWER_ENDS)):
        return None
    data = payload[len(ANSWER_BEGINS) : -len(ANSWER_ENDS)]
    sys.stdout.write(f"{data.decode('ascii')}\n")
    return 0
