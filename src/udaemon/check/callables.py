"""What a callable is seen to be without being called: a task, what makes one, or neither.

Knows nothing of manifests and of how it was imported. `import_probe.py` loads this in a process of its own, where
`inspect` and `typing` would take most of the time.
"""

from __future__ import annotations

import builtins

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    Fault = dict[str, str | None]
    """What is wrong with a callable; `param` names a parameter of the manifest where that is the wrong part."""

_COROUTINE = 0x80
_GENERATORS = {0x20: "a generator function", 0x200: "an async generator function"}
"""CO_COROUTINE, CO_GENERATOR and CO_ASYNC_GENERATOR of the module `inspect`."""


def fault(code: str, message: str, hint: str | None = None, param: str | None = None) -> Fault:
    """Put a fault."""
    return {"code": code, "message": message, "hint": hint, "param": param}


def task_faults(found: Callable[..., Any], path: str) -> Iterator[Fault]:
    """Look at what each run calls."""
    lazy = _lazy(found)
    if lazy is not None:
        yield fault("no-task", f"{path} is {lazy}: each run would do nothing", "take out the yield")
        return
    made = _returned(found)
    if isinstance(made, type) and hasattr(made, "do_task"):
        hint = "name what makes the task by factory, in place of task"
        yield fault("no-task", f"{path} makes a {made.__name__}, which is a task", hint)


def factory_faults(found: Callable[..., Any], path: str, reference: str) -> Iterator[Fault]:
    """Look at what a factory makes, as far as it can be seen without calling it."""
    lazy = _lazy(found)
    if lazy is not None:
        yield fault("no-task", f"{path} is {lazy}: calling it does nothing but make a generator", "take out the yield")
        return
    itself = f'if it is itself the task, write task = "{reference}"'
    if is_async(found):
        yield fault("no-task", f"{path} is async and makes no task", itself)
        return
    made = found if isinstance(found, type) else _returned(found)
    if made in {None, type(None)} if _is_annotated(found) else _never_returns(found):
        yield fault("no-task", f"{path} returns nothing and makes no task", itself)
    elif isinstance(made, type) and made is not object and not _is_task(made):
        what = f"{path} makes a {made.__name__}" if made is not found else f"{path} is a class"
        yield fault("no-task", f"{what}, which has no do_task", "a task has a method do_task, or can be called")
    elif isinstance(made, type) and (lazy := _lazy(getattr(made, "do_task", None))) is not None:
        yield fault("no-task", f"{made.__name__}.do_task is {lazy}: each run would do nothing", "take out the yield")


def _returned(found: Any) -> Any:
    """What a function returns by its annotation; None where it has none, or one that says so."""
    made = getattr(found, "__annotations__", {}).get("return")
    if isinstance(made, str):
        return None if made == "None" else getattr(found, "__globals__", {}).get(made, getattr(builtins, made, object))
    return made


def _is_annotated(found: Any) -> bool:
    return "return" in getattr(found, "__annotations__", {}) and not hasattr(found, "__wrapped__")


def _never_returns(found: Any) -> bool:
    """Whether the source of a function has no `return` at all; where it has one, only a call shows what comes.

    A body that is `...` is still to be written.
    """
    code = getattr(found, "__code__", None)
    if code is None:
        return False
    try:
        with open(code.co_filename, encoding="utf-8") as file:
            lines = file.readlines()
    except (OSError, ValueError):  # made by exec, or in a zip file
        return False
    own = lines[code.co_firstlineno - 1 : max((line or 0 for _, _, line in code.co_lines()), default=0)]
    text = "".join(own).strip()
    return text.startswith(("def ", "@")) and not text.endswith("...") and "return" not in text


def is_async(found: Any) -> bool:
    """Whether a call makes a coroutine."""
    return bool(getattr(getattr(found, "__code__", None), "co_flags", 0) & _COROUTINE)


def _lazy(found: Any) -> str | None:
    flags = getattr(getattr(found, "__code__", None), "co_flags", 0)
    return next((form for flag, form in _GENERATORS.items() if flags & flag), None)


def _is_task(made: type) -> bool:
    return hasattr(made, "do_task") or any("__call__" in vars(cls) for cls in made.__mro__)
