"""Checks in a process of its own whether what a manifest names can be imported and called.

Knows nothing of how an import fails; `import_probe.py` does, and it alone runs the user's code.
"""

from __future__ import annotations

import json
import marshal
import os
import signal
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

from attrs import field

from udaemon.child import other_python
from udaemon.child.environment import interpreter, read_at_startup, search_path, surroundings
from udaemon.child.memory import maxrss_bytes
from udaemon.frozen import frozen
from udaemon.manifest.hooks import EVENTS
from udaemon.manifest.model import Daemon, Manifest
from udaemon.manifest.problems import Finding, Path
from udaemon.system.readable import wait_readable

PATIENCE = 20.0
"""Seconds that one import may take."""


@frozen(kw_only=True)
class Imported:
    """What came of it: findings, and what it cost (CPU seconds, the largest process in bytes)."""

    findings: list[Finding] = field(factory=list)
    count: int = 0
    seconds: float = 0.0
    memory: int = 0


def check_imports(manifest: Manifest, *, patience: float = PATIENCE, without: Collection[str] = ()) -> Imported:
    """Import every task, factory and listener of the daemons that may run.

    Which variables are set can decide whether an import works, what is in them hardly ever: daemons whose variables
    have the same names share one import, unless an interpreter reads them at its start, as PYTHONPATH.

    Args:
        manifest: What is declared.
        patience: Seconds that one import may take.
        without: Daemons to leave out, as their Python is not there.
    """
    numbers: dict[tuple[object, ...], int] = {}
    users: dict[int, list[Path]] = {}
    programs: dict[Startup, dict[str, dict[str, Any]]] = {}
    for path, reference, params, env in _asked(manifest, without):
        names = None if params is None else sorted(params)
        variables = tuple(sorted((name, value) for name, value in env.items() if read_at_startup(name)))
        startup = Startup(manifest.daemons[str(path[1])].python, variables)
        key = (startup, " ".join(sorted(env)), str(path[2]), reference, json.dumps(names))
        number = numbers.setdefault(key, len(numbers))
        users.setdefault(number, []).append(path)
        group = programs.setdefault(startup, {}).setdefault(key[1], {"env": dict(env), "items": {}})
        group["items"][str(number)] = {"reference": reference, "params": names, "key": path[2]}
    findings: list[Finding] = []
    seconds, memory = 0.0, 0
    for startup, groups in programs.items():
        while any(group["items"] for group in groups.values()):
            for told in _ask(manifest.directory, list(groups.values()), patience, startup):
                if "seconds" in told:
                    seconds, memory = seconds + told["seconds"], max(memory, maxrss_bytes(told["rss"]))
                    continue
                for group in groups.values():
                    group["items"].pop(told["done"], None)
                for fault in told["faults"]:
                    findings += [_finding(fault, path) for path in users[int(told["done"])]]
    return Imported(findings=findings, count=len(numbers), seconds=seconds, memory=memory)


class Startup(NamedTuple):
    """What an interpreter is started with; each needs a process of its own.

    Attributes:
        python: Which it is, as the manifest names it; None for ours.
        variables: Those that it reads at its start.
    """

    python: str | None
    variables: tuple[tuple[str, str], ...]


def _asked(
    manifest: Manifest, without: Collection[str]
) -> Iterator[tuple[Path, str, Mapping[str, Any] | None, Mapping[str, str]]]:
    for daemon in manifest.daemons.values():
        if daemon.enabled and daemon.name not in without:
            path: Path = ("daemons", daemon.name)
            for kind, named in (("factory", daemon.factory), ("task", daemon.task)):
                if named is not None:
                    yield (*path, kind), named, daemon.params, daemon.env
            yield from ((place, name, None, daemon.env) for place, name in _listeners(daemon, path))


def _listeners(daemon: Daemon, path: Path) -> Iterator[tuple[Path, str]]:
    for event in EVENTS:
        for index, hook in enumerate(daemon.on.of(event)):
            if isinstance(hook, str):
                yield (*path, "on", event, index), hook


def _finding(fault: Mapping[str, Any], path: Path) -> Finding:
    if fault["param"] is not None:
        return Finding(
            fault["code"], fault["message"], fault["hint"], (*path[:-1], "params", fault["param"]), at_key=True
        )
    return Finding(fault["code"], fault["message"], fault["hint"], path)


def project_factories(manifest: Manifest, *, patience: float = PATIENCE) -> list[dict[str, Any]]:
    """Return the tasks and factories in the modules that the manifest names, with the types of their parameters.

    Raises:
        TimeoutError: An import takes too long.
    """
    named = (daemon.task or daemon.factory for daemon in manifest.daemons.values())
    modules = sorted({one.partition(":")[0] for one in named if one})
    asked = {"directory": manifest.directory, "modules": modules}
    with _program("inventory", asked, manifest.directory, manifest.env) as read:
        told: list[dict[str, Any]] = json.loads(b"\n".join(_lines(read, patience)) or b"[]")
    return told


def _ask(directory: str, groups: list[dict[str, Any]], patience: float, startup: Startup) -> Iterator[dict[str, Any]]:
    """Run one probe and yield its answers; where an import takes too long, end the probe and yield that."""
    at: str | None = None
    asked, variables = {"directory": directory, "groups": groups}, dict(startup.variables)
    with _program("import_probe", asked, directory, variables, startup.python) as read:
        try:
            for line in _lines(read, patience):
                word, number, rest = (*line.decode().split(" ", 2), "")[:3]
                at = number if word == "began" else None
                if word == "done":
                    yield {"done": number, "faults": json.loads(rest)}
                elif word == "cost":
                    yield {"seconds": float(number), "rss": int(rest)}
        except TimeoutError:
            at = at or next(number for group in groups for number in group["items"])
            message = f"importing it takes longer than {patience:g} s"
            fault = {"code": "import-failed", "message": message, "hint": None, "param": None}
            yield {"done": at, "faults": [fault]}


@contextmanager
def _program(
    module: str, asked: Mapping[str, Any], directory: str, env: Mapping[str, str], python: str | None = None
) -> Iterator[int]:
    """Run a module of this package in a process group of its own; give the pipe it answers on, then end it.

    By posix_spawn: the module `subprocess` takes longer to import than this whole file. By import: Python would compile
    a script anew each time. Its environment is what a daemon with `env` has, its search path for modules too.
    """
    environ = surroundings(env, directory)
    if "PYTHONPATH" in env:
        environ["PYTHONPATH"] = os.pathsep.join(search_path(env, directory))
    told, tell = os.pipe()
    read, write = os.pipe()
    os.set_inheritable(write, True)
    output = (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)
    call = f"from udaemon.check.{module} import main; main()"
    argv = [*interpreter(environ), "-P", "-c", call, str(write)]
    if python is not None:
        found = other_python.resolved(python, directory)
        argv = [*interpreter(environ, found), "-c", other_python.program(python, call), str(write)]
    pid = os.posix_spawn(
        argv[0],
        argv,
        environ,
        file_actions=[(os.POSIX_SPAWN_DUP2, told, 0), output, (os.POSIX_SPAWN_DUP2, 1, 2)],
        setpgroup=0,
    )
    os.close(told)
    os.close(write)
    try:
        with suppress(BrokenPipeError), os.fdopen(tell, "wb") as pipe:
            marshal.dump(dict(asked), pipe)
        yield read
    finally:
        os.close(read)
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _lines(fd: int, patience: float) -> Iterator[bytes]:
    """Read lines to the end; each must come within `patience` seconds of the last."""
    buffer = b""
    deadline = time.monotonic() + patience
    while True:
        if not wait_readable(fd, timeout=deadline - time.monotonic()):
            raise TimeoutError
        piece = os.read(fd, 65536)
        if not piece:
            if buffer:
                yield buffer
            return
        *lines, buffer = (buffer + piece).split(b"\n")
        if lines:
            deadline = time.monotonic() + patience
        yield from lines
