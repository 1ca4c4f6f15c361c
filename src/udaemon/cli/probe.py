"""Imports factories in a process made for it, and tells on a pipe what is wrong with them.

Knows nothing of manifests: it is told references, parameters and environments by marshal on stdin. It is a program of
its own (`imports.py` starts it), because what it imports may do anything: print, exit, hang, crash.
"""

from __future__ import annotations

import builtins
import importlib
import marshal
import os
import resource
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    Fault = dict[str, str | None]
    """What is wrong with a callable; `param` names a parameter of the manifest where that is the wrong part."""


_STARS = 0x04 | 0x08
_COROUTINE = 0x80
_GENERATORS = {0x20: "a generator function", 0x200: "an async generator function"}
"""CO_VARARGS, CO_VARKEYWORDS, CO_COROUTINE, CO_GENERATOR and CO_ASYNC_GENERATOR of the module `inspect`."""


def fault(code: str, message: str, hint: str | None = None, param: str | None = None) -> Fault:
    """Put a fault; a plain table, because `typing` takes a third of this program's time."""
    return {"code": code, "message": message, "hint": hint, "param": param}


def examine(reference: str, params: list[str] | None) -> Iterator[Fault]:
    """Import a callable and hold its signature against the parameters."""
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
    if not callable(found):
        yield fault("not-callable", f"{path} is no callable but a {type(found).__name__}")
    elif params is None:
        if getattr(getattr(found, "__code__", None), "co_flags", 0) & _COROUTINE:
            yield fault("not-callable", f"the listener {path} is async", "make it a plain function")
    else:
        if not _fits(found, params):
            yield from _signature(found, path, params)
        yield from _task(found, path)


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


def _task(found: Callable[..., Any], path: str) -> Iterator[Fault]:
    """Look at what a factory makes, as far as it can be seen without calling it."""
    lazy = _lazy(found)
    if lazy is not None:
        yield fault("no-task", f"{path} is {lazy}: calling it does nothing but make a generator", "take out the yield")
        return
    made = found if isinstance(found, type) else getattr(found, "__annotations__", {}).get("return")
    if isinstance(made, str):
        made = getattr(found, "__globals__", {}).get(made, getattr(builtins, made, None))
    if isinstance(made, type) and made not in {object, type(None)} and not _is_task(made):
        what = f"{path} makes a {made.__name__}" if made is not found else f"{path} is a class"
        yield fault("no-task", f"{what}, which has no do_task", "a task has a method do_task, or can be called")
    elif isinstance(made, type) and (lazy := _lazy(getattr(made, "do_task", None))) is not None:
        yield fault("no-task", f"{made.__name__}.do_task is {lazy}: each run would do nothing", "take out the yield")


def _lazy(found: Any) -> str | None:
    flags = getattr(getattr(found, "__code__", None), "co_flags", 0)
    return next((form for flag, form in _GENERATORS.items() if flags & flag), None)


def _is_task(made: type) -> bool:
    return hasattr(made, "do_task") or any("__call__" in vars(cls) for cls in made.__mro__)


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
        _tell(fd, f"began {number}")
        faults = list(examine(item["reference"], item["params"]))
        if before and any(fault["code"] == "import-failed" for fault in faults):
            _tell(fd, f"again {number}")
            return
        _tell(fd, f"done {number} {_as_json(faults)}")


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
        _tell(fd, f"done {at} {_as_json([fault('import-failed', f'importing it {how}')])}")


def _tell(fd: int, line: str) -> None:
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
    _tell(fd, f"cost {usage.ru_utime + usage.ru_stime} {usage.ru_maxrss}")
