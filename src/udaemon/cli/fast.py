"""`up`, `up -d` and `down`, and for scripts `ps --json` and `ps -q`: without click, which costs more than all the rest.

What the supervisor answers to `ps` is passed on byte for byte, or its names. Whatever is not simple goes the ordinary
way, which also finds the words for it.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial

from udaemon.cli.verb import WITH_VALUE, Words, read
from udaemon.control.drift import marked_text
from udaemon.control.protocol import ANSWER_BEGINS, ANSWER_ENDS
from udaemon.control.rundir import base, candidates, open_directory
from udaemon.control.sockets import ANSWERS_WITHIN, connect
from udaemon.errors import UdaemonError
from udaemon.frames import HEADER, frame
from udaemon.manifest.find import find

TYPE_CHECKING = False
if TYPE_CHECKING:
    from udaemon.cli.options import GlobalOptions

_FILE = {"-f", "--file"}
_DETACH = {("-d", ""), ("--detach", "")}
_FORMS: dict[tuple[tuple[str, str], ...], str] = {
    (("--json", ""),): "json",
    (("--format", "json"),): "json",
    (("-q", ""),): "names",
}
"""The options behind `ps` that are understood here; `-f FILE` at most may stand before it."""


def ps(arguments: Sequence[str]) -> int | None:
    """Write the instances as JSON or their names, a line each; None where the ordinary way has to be gone."""
    before = read(arguments, WITH_VALUE, until_argument=True)
    if before.arguments[:1] != ["ps"] or any(name not in _FILE for name, _ in before.options):
        return None
    behind = read(before.arguments[1:], {"--format"})
    form = _FORMS.get(tuple(behind.options))
    data = None if form is None or behind.unfinished else _asked([file for _, file in before.options], behind.arguments)
    if data is None:
        return None
    if form == "json":
        sys.stdout.write(f"{data}\n")
        return 0
    import json

    sys.stdout.writelines(f"{one['name']}/{one['instance']}\n" for one in json.loads(data)["instances"])
    return 0


def up(arguments: Sequence[str]) -> int | None:
    """Start the project as the verb does, with `-d` at most; None where the ordinary way has to be gone."""
    before = read(arguments, WITH_VALUE, until_argument=True)
    behind = read(before.arguments[1:], ())
    if behind.arguments or not _DETACH.issuperset(behind.options):
        return None
    return _done("up", before, partial(_bring_up, time.monotonic(), detach=bool(behind.options)))


def _bring_up(began: float, options: GlobalOptions, *, detach: bool) -> int:
    from udaemon.service.spawn_supervisor import is_kept, launched

    with launched(kept=is_kept(detach=detach)) as launch:
        from udaemon.cli.up import Start, bring_up

        return bring_up(launch, options, Start(began), detach=detach)


def down(arguments: Sequence[str]) -> int | None:
    """Stop everything as the verb does; None where the ordinary way has to be gone."""
    before = read(arguments, WITH_VALUE, until_argument=True)
    if len(before.arguments) > 1:
        return None
    from udaemon.cli.bring_down import bring_down

    return _done("down", before, bring_down)


def _done(verb: str, before: Words, do: Callable[[GlobalOptions], int]) -> int | None:
    """Do what a verb does, with the manifest named before it at most; None where there is more, or another verb."""
    if before.arguments[:1] != [verb] or {name for name, _ in before.options} - _FILE or not has_directory():
        return None
    from udaemon.cli.options import GlobalOptions, color
    from udaemon.cli.output import show_error

    files = tuple(file for _, file in before.options)
    try:
        return do(GlobalOptions(files, color=color(None, os.environ)))
    except UdaemonError as error:
        return show_error(error)


def has_directory() -> bool:
    """Whether the working directory is still there."""
    try:
        os.getcwd()
    except FileNotFoundError:
        return False
    return True


def _asked(files: Sequence[str], names: Sequence[str]) -> str | None:
    """What the supervisor answers, as JSON; None where it cannot be had in this simple way."""
    try:
        manifest = find(files, os.environ, os.getcwd())[0]
        (path,) = candidates(base(os.environ, os.geteuid()), manifest)
        fd = open_directory(path)
        connection = connect(fd, ANSWERS_WITHIN)
        if connection is None:
            return None
        with connection, connection.makefile("rb") as answer:
            connection.sendall(frame(_question(names)))
            payload = answer.read(int.from_bytes(answer.read(HEADER), "big"))
    except (UdaemonError, OSError, ValueError):
        return None
    if not (payload.startswith(ANSWER_BEGINS) and payload.endswith(ANSWER_ENDS)):
        return None
    data = marked_text(payload[len(ANSWER_BEGINS) : -len(ANSWER_ENDS)])
    return None if data is None else data.decode("ascii")


def _question(names: Sequence[str]) -> bytes:
    if not names:
        return b'{"verb":"ps","args":{"files":true}}'
    import json

    return json.dumps({"verb": "ps", "args": {"names": names, "files": True}}).encode("ascii")
