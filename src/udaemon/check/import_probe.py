"""Imports tasks, factories and listeners in a process made for it, and tells on a pipe what is wrong with them.

Knows nothing of manifests: it reads references, parameters and environments by marshal on stdin. It is a program of
its own (`imports.py` starts it), because what it imports may do anything: print, exit, hang, crash.
"""

from __future__ import annotations

import importlib
import marshal
import os
import resource
import sys

from udaemon.check.callables import factory_faults, fault, is_async, task_faults

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    from udaemon.check.callables import Fault


_STARS = 0x04 | 0x08
"""CO_VARARGS and CO_VARKEYWORDS of the module `inspect`."""


def examine(reference: str, params: list[str] | None, key: str) -> Iterator[Fault]:
    """Import what a key names, and hold its signature against the parameters.

    Args:
        reference: "package.module:function".
        params: The names of the parameters; None for a listener, which has none.
        key: `factory`, `task` or the key of the listener.
    """
    module_name, _, path = reference.partition(":")
    try:
        module = importlib.import_module(module_name)
    except BaseException as error:  # noqa: BLE001 - SystemExit and KeyboardInterrupt are as likely as any other
        yield fault("import-failed", f"cannot import {module_name}: {_put(error)}", _where(error) or _module(error))
        return
    found: Any = module
    for name in path.split("."):
        try:
            found = getattr(found, name)
        except AttributeError:
            yield fault("import-failed", f"{_name(found)} has no {name}", _meant(name, found))
            return
    if key == "task" and isinstance(found, type):
        yield fault("no-task", f"{path} is a class, and makes the task", f'write factory = "{reference}"')
        return
    called = getattr(found, "do_task", found) if key == "task" else found
    if not callable(called):
        itself = "a task is a function, or an object with do_task()" if key == "task" else None
        yield fault("not-callable", f"{path} is no callable but a {type(found).__name__}", itself)
    elif params is None:
        if is_async(found):
            yield fault("not-callable", f"the listener {path} is async", "make it a plain function")
    else:
        if not _fits(called, params):
            yield from _signature(called, path, params)
        whose = path if called is found else f"{path}.do_task"
        yield from task_faults(called, whose) if key == "task" else factory_faults(found, path, reference)


def _fits(found: Callable[..., Any], params: list[str]) -> bool:
    """Whether a plain function takes these parameters; False says nothing. `inspect` takes as long as Python itself."""
    code = getattr(found, "__code__", None)
    if code is None or hasattr(found, "__wrapped__") or hasattr(found, "__self__"):
        return False
    if code.co_posonlyargcount or code.co_flags & _STARS:
        return False
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    optional = {"context", *names[code.co_argcount - len(found.__defaults__ or ()) : code.co_argcount]}
    return set(params) <= set(names) and set(names) <= optional | set(found.__kwdefaults__ or ()) | set(params)


def _signature(found: Callable[..., Any], path: str, params: list[str]) -> Iterator[Fault]:
    import inspect

    try:
        wanted = inspect.signature(found).parameters
    except (TypeError, ValueError):  # some callables of C tell no signature
        return
    free = any(parameter.kind is parameter.VAR_KEYWORD for parameter in wanted.values())
    by_name = [
        name
        for name, parameter in wanted.items()
        if parameter.kind in {parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY}
    ]
    for name in params:
        if name not in by_name and not free:
            hint = _near(name, by_name) or (f"it takes {', '.join(by_name)}" if by_name else "it takes no parameters")
            yield fault("wrong-params", f"{path} takes no parameter {name}", hint, name)
    for name, parameter in wanted.items():
        needed = parameter.default is parameter.empty and parameter.kind not in {
            parameter.VAR_KEYWORD,
            parameter.VAR_POSITIONAL,
        }
        if needed and name not in params and name != "context":
            yield fault("wrong-params", f"{path} needs the parameter {name}", f"add {name} to params")


def _put(error: BaseException) -> str:
    if isinstance(error, SystemExit):
        return f"it calls sys.exit({error.code!r})"
    import traceback

    return traceback.format_exception_only(error)[-1].strip()[:500]


def _where(error: BaseException) -> str | None:
    """Name the innermost line that is not of the import machinery."""
    if isinstance(error, SyntaxError):
        return f"{error.filename}, line {error.lineno}" if error.filename else None
    import traceback

    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith("<frozen") and frame.filename not in {__file__, importlib.__file__}
    ]
    return f"{frames[-1].filename}, line {frames[-1].lineno}" if frames else None


def _module(error: BaseException) -> str | None:
    """Find the module beside the missing one that was meant."""
    if not isinstance(error, ModuleNotFoundError) or not error.name:
        return None
    parent = error.name.rpartition(".")[0]
    known: set[str] = set()
    for directory in getattr(sys.modules.get(parent), "__path__", ()) if parent else sys.path[:1]:
        if os.path.isdir(directory):
            names = os.listdir(directory)
            known |= {file.removesuffix(".py") for file in names if file.endswith(".py") or "." not in file}
    before = f"{parent}." if parent else ""
    return _near(error.name, [f"{before}{other}" for other in sorted(known) if other.isidentifier()])


def _name(found: Any) -> str:
    return str(getattr(found, "__name__", type(found).__name__))


def _meant(name: str, found: Any) -> str | None:
    return _near(name, [known for known in dir(found) if not known.startswith("_")])


def _near(name: str, known: list[str]) -> str | None:
    from difflib import get_close_matches

    close = get_close_matches(name, known, n=1, cutoff=0.6)
    return f"did you mean {close[0]}?" if close else None


def _work(group: Mapping[str, Any], fd: int) -> None:
    os.environ.update(group["env"])
    for before, (number, item) in enumerate(group["items"].items()):
        _write_line(fd, f"began {number}")
        faults = list(examine(item["reference"], item["params"], item["key"]))
        if before and any(fault["code"] == "import-failed" for fault in faults):
            _write_line(fd, f"again {number}")
            return
        _write_line(fd, f"done {number} {_as_json(faults)}")


def _guarded(group: Mapping[str, Any], fd: int, done: set[str]) -> None:
    """Work in a fork, and leave the rest to a new one when an item fails or ends it.

    Such an item counts only where it came first: a daemon imports its module alone, and what other modules did before
    (a metric of the same name, settings, patches of the standard library) is no fault of it.
    """
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(read)
        try:
            _work(group, write)
        finally:
            os._exit(0)
    os.close(write)
    at: str | None = None
    first = next(iter(group["items"]))
    with os.fdopen(read, "rb") as lines:
        for line in lines:
            word, number = line.decode().split()[:2]
            at = number if word == "began" else None
            if word == "done":
                done.add(number)
            os.write(fd, line)
    _, status = os.waitpid(pid, 0)
    if at is not None and at == first:
        done.add(at)
        how = "exits the process" if os.WIFEXITED(status) else f"dies by signal {os.WTERMSIG(status)}"
        _write_line(fd, f"done {at} {_as_json([fault('import-failed', f'importing it {how}')])}")


def _write_line(fd: int, line: str) -> None:
    os.write(fd, line.encode() + b"\n")


def _as_json(faults: list[Fault]) -> str:
    if not faults:
        return "[]"
    import json  # it takes as long as Python itself, and mostly there is no fault

    return json.dumps(faults)


def main() -> None:
    """Examine what stdin asks for; tell on the fd that argv names."""
    fd = int(sys.argv[1])
    os.set_inheritable(fd, False)  # what an import starts must not keep the pipe open
    asked = marshal.load(sys.stdin.buffer)  # noqa: S302 - `check` wrote it, into a pipe of its own
    sys.path.insert(0, asked["directory"])
    os.chdir(asked["directory"])
    sys.dont_write_bytecode = True
    for group in asked["groups"]:
        done: set[str] = set()
        while left := {number: item for number, item in group["items"].items() if number not in done}:
            before = len(done)
            _guarded({"env": group["env"], "items": left}, fd, done)
            if len(done) == before:
                break
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    _write_line(fd, f"cost {usage.ru_utime + usage.ru_stime} {usage.ru_maxrss}")
