"""From the names in a manifest to something that can be called: the factory, the task, the listeners.

Knows nothing of processes. What the operator got wrong is `Misconfigured`; what the user's code raises passes through.
"""

from __future__ import annotations

import dis
import inspect
import signal
import sys
from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

from udaemon.child.forms import Misconfigured, is_async, lazy_form, refuse_lazy
from udaemon.child.task import TaskContext

HOOKS = {int(signal.SIGHUP): "on_hangup", int(signal.SIGUSR1): "on_user1", int(signal.SIGUSR2): "on_user2"}


class Call(NamedTuple):
    """How a task is made: by calling a factory with these arguments.

    A function that can only be a task is its own task and is not called for one: an `async def`, one annotated to
    return None, or one without annotation in whose code no value is returned. It gets the arguments at each run.
    """

    factory: Callable[..., Any]
    arguments: Mapping[str, Any]
    is_task: bool


class Built(NamedTuple):
    """A task that is ready to run: `run` is called for each run, `hooks` for signals between runs."""

    run: Callable[[], Any]
    is_async: bool
    hooks: Mapping[int, Callable[[], Any]]


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


def resolve(name: str) -> Callable[..., Any]:
    """The callable that "package.module:function" or "package.module:Class.method" names."""
    module_name, _, path = name.partition(":")
    if not module_name or not path or module_name.startswith("."):
        raise Misconfigured(f'"{name}" is not of the form "package.module:function"')
    found: Any = load_module(module_name)
    for part in path.split("."):
        if not hasattr(found, part):
            raise Misconfigured(f"{module_name} has no {path}")
        found = getattr(found, part)
    if not callable(found):
        raise Misconfigured(f"{name} cannot be called")
    return found  # type: ignore[no-any-return]


def resolve_listener(listener: str | Callable[..., Any]) -> Callable[..., Any]:
    """The same for a listener, which is a plain function: nobody would await another."""
    found = resolve(listener) if isinstance(listener, str) else listener
    if is_async(found):
        raise Misconfigured(f"the listener {listener} is async: it must be a plain function")
    return found


def build(name: str, params: Mapping[str, Any], context: TaskContext, call: Call | None = None) -> Built:
    """Resolve the factory, call it, and look at what it made. `call` is what `known_call` knew."""
    if call is None:
        factory = resolve(name)
        refuse_lazy(factory, name)
        call = Call(factory, _arguments(factory, name, params, context), _is_own_task(factory))
    made = partial(call.factory, **call.arguments) if call.is_task else call.factory(**call.arguments)
    return built_of(made, name)


def known_call(name: str, params: Mapping[str, Any], context: TaskContext) -> Call | None:
    """How a factory is called, where nobody's code must run to know: a plain function of a module that is loaded."""
    module_name, _, path = name.partition(":")
    factory = vars(sys.modules[module_name]).get(path) if module_name in sys.modules else None
    arguments = dict(params)
    if not isinstance(factory, FunctionType) or lazy_form(factory) or not _fits(factory, arguments, context):
        return None
    return Call(factory, arguments, _is_own_task(factory))


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


def _is_own_task(factory: Callable[..., Any]) -> bool:
    if is_async(factory):
        return True
    annotations = getattr(factory, "__annotations__", {})
    if "return" in annotations:
        return annotations["return"] in (None, "None")
    return isinstance(factory, FunctionType) and not _returns_a_value(factory)


def _returns_a_value(function: FunctionType) -> bool:
    """Whether a value other than None can be returned, by the function's own instructions."""
    before: dis.Instruction | None = None
    for instruction in dis.get_instructions(function):
        if instruction.opname == "RETURN_CONST" and instruction.argval is not None:
            return True
        if instruction.opname == "RETURN_VALUE":
            plain_none = before is not None and before.opname == "LOAD_CONST" and before.argval is None
            if not plain_none or instruction.is_jump_target:  # `return a or None` jumps past the None
                return True
        before = instruction
    return False


def built_of(made: Any, name: str) -> Built:
    """What a task is made of; `name` says where it came from."""
    run = getattr(made, "do_task", made)
    if isinstance(made, type) or not callable(run):
        what = f"the class {made.__qualname__}" if isinstance(made, type) else f"{type(made).__name__}"
        raise Misconfigured(
            f"{name} returned {what}: a factory returns an object with do_task(), or a function "
            "(a function that is itself the task returns no value)"
        )
    refuse_lazy(run, name if run is made else f"the do_task of {name}")
    hooks = {number: getattr(made, hook) for number, hook in HOOKS.items() if callable(getattr(made, hook, None))}
    return Built(run, is_async(run), hooks)
