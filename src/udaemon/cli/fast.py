"""`udaemon ps --json` and `ps -q` for scripts: what the supervisor answers is passed on byte for byte, or its names.

Knows no click, which costs more than all the rest. Whatever is not simple goes the ordinary way, which also finds the
words for it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from udaemon.control.drift import marked_text
from udaemon.control.protocol import ANSWER_BEGINS, ANSWER_ENDS
from udaemon.control.rundir import base, candidates, open_directory
from udaemon.control.sockets import ANSWERS_WITHIN, connect
from udaemon.errors import UdaemonError
from udaemon.frames import HEADER, frame
from udaemon.manifest.find import find

_QUESTION = b'{"verb":"ps","args":{"files":true}}'


def ps_json(options: Sequence[str]) -> int | None:
    """Write the instances as JSON; None where the ordinary way has to be gone. See `_asked` for `options`."""
    data = _asked(options)
    if data is None:
        return None
    sys.stdout.write(f"{data}\n")
    return 0


def ps_names(options: Sequence[str]) -> int | None:
    """Write the instances' names, a line each; likewise."""
    data = _asked(options)
    if data is None:
        return None
    import json

    sys.stdout.writelines(f"{one['name']}/{one['instance']}\n" for one in json.loads(data)["instances"])
    return 0


def _asked(options: Sequence[str]) -> str | None:
    """What the supervisor answers, as JSON; None where it cannot be had in this simple way.

    Args:
        options: What stands before the verb: `-f FILE` at most is understood here.
    """
    if len(options) % 2 or any(option not in {"-f", "--file"} for option in options[::2]):
        return None
    try:
        manifest = find(options[1::2], os.environ, os.getcwd())[0]
        (path,) = candidates(base(os.environ, os.geteuid()), manifest)
        fd = open_directory(path)
        connection = connect(fd, ANSWERS_WITHIN)
        if connection is None:
            return None
        with connection, connection.makefile("rb") as answer:
            connection.sendall(frame(_QUESTION))
            payload = answer.read(int.from_bytes(answer.read(HEADER), "big"))
    except (UdaemonError, OSError, ValueError):
        return None
    if not (payload.startswith(ANSWER_BEGINS) and payload.endswith(ANSWER_ENDS)):
        return None
    data = marked_text(payload[len(ANSWER_BEGINS) : -len(ANSWER_ENDS)])
    return None if data is None else data.decode("ascii")
