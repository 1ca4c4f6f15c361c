"""Resolves the names in a manifest to callables: the factory, the task, the listeners.

Knows nothing of processes. What the operator got wrong is `Misconfigured`; what the user's code raises passes through.
"""

from __future__ import annotations

import inspect
import signal
import sys
from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

from udaemon.child.forms import Misconfigured, is_async, lazy_form, makes_no_task, refuse_as_factory, refuse_lazy
from udaemon.child.task import TaskContext

HOOKS = {int(signal.SIGHUP): "on_hangup", int(signal.SIGUSR1): "on_user1", int(signal.SIGUSR2): "on_user2"}
METHODS = {"ready": "ready", "health": "health"}


class Call(NamedTuple):
    """A callable with its keyword arguments: the factory, or with `is_task` what each run calls."""

    function: Callable[..., Any]
    arguments: Mapping[str, Any]
    is_task: bool


class Built:
    """A task that is ready to run.

    `run` is called for each run, `hooks` for signals between runs, `methods` to ask whether it is ready, or well.
    No tuple with names: to make one, and to look up each name, touches more of a fresh fork than this.
    """

    def __init__(
        self,
        run: Callable[[], Any],
        is_async: bool,
        hooks: Mapping[int, Callable[[], Any]],
        methods: Mapping[str, Callable[[], Any]],
    ) -> None:
        self.run = run
        self.is_async = is_async
        self.hooks = hooks
        self.methods = methods


def load_module(name: str) -> ModuleType:
    """Import a module; one that is not there is the operator's mistake, one that fails is its own."""
    loaded = sys.modules.get(name)
    if loaded is not None:
        return loaded
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if name == missing or name.startswith(f"{missing}."):
            raise Misconfigured(f"no module named {missing}") from None
        raise


def resolve(name: str) -> Any:
    """What "package.module:function" or "package.module:Class.method" names."""
    module_name, _, path = name.partition(":")
    if not module_name or not path or module_name.startswith("."):
        raise Misconfigured(f'"{name}" is not of the form "package.module:function"')
    found: Any = load_module(module_name)
    for part in path.split("."):
        if not hasattr(found, part):
            raise Misconfigured(f"{module_name} has no {path}")
        found = getattr(found, part)
    return found


def resolve_callable(name: str) -> Callable[..., Any]:
    """The same, for what has to be a callable."""
    found = resolve(name)
    if not callable(found):
        raise Misconfigured(f"{name} cannot be called")
    return found  # type: ignore[no-any-return]


def resolve_listener(listener: str | Callable[..., Any]) -> Callable[..., Any]:
    """The same for a listener, which is a plain function: nobody would await another."""
    found = resolve_callable(listener) if isinstance(listener, str) else listener
    if is_async(found):
        raise Misconfigured(f"the listener {listener} is async: it must be a plain function")
    return found


def build(
    name: str, params: Mapping[str, Any], context: TaskContext, call: Call | None = None, *, is_task: bool = False
) -> Built:
    """Make the task that a manifest names.

    Args:
        name: The factory, which is called for it; with `is_task` the task itself.
        params: Keyword arguments: for the factory, or for each run of the task.
        context: Passed to what has a parameter of this name.
        call: What `known_call` knew.
        is_task: Whether `name` is the task itself.

    Raises:
        Misconfigured: It names no task, and nothing that makes one.
    """
    if is_task:
        return _named_task(name, params, context, call)
    if call is None:
        factory = resolve_callable(name)
        refuse_as_factory(factory, name)
        call = Call(factory, _arguments(factory, name, params, context), is_task)
    made = call.function(**call.arguments)
    if made is None:
        raise Misconfigured(f'{name} returned None and no task: if it is itself the task, write task = "{name}"')
    return _built(made, _run_of(made, name, "returned {what}: a factory returns"))


def known_call(name: str, params: Mapping[str, Any], context: TaskContext, *, is_task: bool = False) -> Call | None:
    """How a function is called, where nobody's code must run to know: a plain one of a module that is loaded."""
    module_name, _, path = name.partition(":")
    function = vars(sys.modules[module_name]).get(path) if module_name in sys.modules else None
    arguments = dict(params)
    if not isinstance(function, FunctionType) or lazy_form(function) or not _fits(function, arguments, context):
        return None
    return Call(function, arguments, is_task) if is_task or makes_no_task(function) is None else None


def built_of(task: Any, name: str) -> Built:
    """What a task is made of that a program has made; `name` is what it calls it."""
    return _built(task, _run_of(task, name))


def _arguments(
    factory: Callable[..., Any], name: str, params: Mapping[str, Any], context: TaskContext
) -> dict[str, Any]:
    """The keyword arguments for a factory: the params, and the context if it takes one."""
    arguments = dict(params)
    if _fits(factory, arguments, context):
        return arguments
    try:
        signature = inspect.signature(factory)
    except (TypeError, ValueError):  # some callables written in C
        return arguments
    parameter = signature.parameters.get("context")
    if parameter and parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
        arguments.setdefault("context", context)
    try:
        signature.bind(**arguments)
    except TypeError as error:
        raise Misconfigured(f"{name} does not fit its params: {error}") from None
    return arguments


def _fits(factory: Callable[..., Any], arguments: dict[str, Any], context: TaskContext) -> bool:
    """The same for a plain function that takes these arguments, without a signature: that takes 0.2 ms in a fresh fork.

    False says nothing: ask the signature then.
    """
    if not isinstance(factory, FunctionType) or hasattr(factory, "__wrapped__"):
        return False
    code = factory.__code__
    if code.co_posonlyargcount or code.co_flags & (inspect.CO_VARARGS | inspect.CO_VARKEYWORDS):
        return False
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    optional = {*names[code.co_argcount - len(factory.__defaults__ or ()) : code.co_argcount]}
    optional.update(factory.__kwdefaults__ or ())
    if "context" in names:
        arguments.setdefault("context", context)
    return arguments.keys() <= set(names) and arguments.keys() | optional >= set(names)


def _named_task(name: str, params: Mapping[str, Any], context: TaskContext, call: Call | None) -> Built:
    if call is None:
        task = resolve(name)
        if isinstance(task, type):
            raise Misconfigured(f'{name} is a class, and makes the task: write factory = "{name}"')
        run = _run_of(task, name)
        call = Call(run, _arguments(run, name, params, context), is_task=True)
    else:
        task = call.function
    return _built(task, partial(call.function, **call.arguments) if call.arguments else call.function)


def _run_of(task: Any, name: str, how: str = "is {what}: a task is") -> Callable[..., Any]:
    """What each run of a task calls; `how` says how it came from what is named, if there is nothing to call."""
    run = getattr(task, "do_task", task)
    if isinstance(task, type) or not callable(run):
        what = f"the class {task.__qualname__}" if isinstance(task, type) else type(task).__name__
        raise Misconfigured(f"{name} {how.format(what=what)} an object with do_task(), or a function")
    refuse_lazy(run, name if run is task else f"the do_task of {name}")
    return run  # type: ignore[no-any-return]


def _built(task: Any, run: Callable[..., Any]) -> Built:
    return Built(run, is_async(run), _found(task, HOOKS), _found(task, METHODS))


def _found(task: Any, names: Mapping[Any, str]) -> dict[Any, Callable[[], Any]]:
    """Those of these methods that it has."""
    found = {}
    for key, name in names.items():
        method = getattr(task, name, None)
        if callable(method):
            found[key] = method
    return found
