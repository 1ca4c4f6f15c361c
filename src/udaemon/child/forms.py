"""Which callables can be a task, and which only make a generator or a coroutine that nobody would run.

Knows no factory's name and no process. A generator, an async generator or a coroutine that is made by a call and
dropped does nothing: each run of such a task would count as ok for ever.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from types import AsyncGeneratorType, CoroutineType, FunctionType, GeneratorType
from typing import Any

from udaemon.child.task import CallbackTask
from udaemon.errors import UdaemonError

_LAZY = inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR


class Misconfigured(UdaemonError):
    """The daemon cannot run as it is declared. The message is for the operator."""


class WrongForm(Misconfigured, TypeError):
    """A run made something that has to be run in its turn."""


def is_async(run: Callable[..., Any]) -> bool:
    """Whether a call makes a coroutine; `inspect` is asked only about what is no ordinary function."""
    plain = getattr(run, "__func__", run)
    if isinstance(plain, FunctionType):
        return bool(plain.__code__.co_flags & inspect.CO_COROUTINE)
    if isinstance(run, type):
        return False
    return inspect.iscoroutinefunction(run) or inspect.iscoroutinefunction(getattr(run, "__call__", None))  # noqa: B004


def lazy_form(run: Callable[..., Any]) -> str | None:
    """What a callable is whose call only makes a generator, None for every other callable."""
    plain = getattr(run, "__func__", run)
    if not isinstance(plain, FunctionType):
        if isinstance(run, type):
            return None
        plain = _unwrapped(run)
        if not isinstance(plain, FunctionType):
            return None
    flags = plain.__code__.co_flags & _LAZY
    if not flags:
        return None
    return "an async generator function" if flags & inspect.CO_ASYNC_GENERATOR else "a generator function"


def refuse_lazy(run: Callable[..., Any], name: str) -> None:
    """Refuse a task, or a factory, whose call would only make a generator.

    Raises:
        Misconfigured: It is such a function.
    """
    form = lazy_form(run)
    if form is not None:
        raise Misconfigured(f"{name} is {form}: calling it does nothing but make a generator; take out the `yield`")


def makes_no_task(factory: Callable[..., Any]) -> str | None:
    """Why a call of this would make no task, as far as that can be seen: it may be the task itself."""
    if is_async(factory):
        return "is async"
    if hasattr(factory, "__wrapped__"):
        return None  # the annotation is of what it wraps
    try:
        annotations = getattr(factory, "__annotations__", {})
    except Exception:  # noqa: BLE001 - Python 3.14 works them out now, and a name may be a type checker's only
        return None
    return "returns None" if annotations.get("return", "") in (None, "None") else None


def refuse_as_factory(factory: Callable[..., Any], name: str) -> None:
    """Refuse as a factory, before it is called, what would make no task.

    Raises:
        Misconfigured: It is such a function.
    """
    refuse_lazy(factory, name)
    why = makes_no_task(factory)
    if why is not None:
        raise Misconfigured(f'{name} {why} and makes no task: if it is itself the task, write task = "{name}"')


def refuse_product(product: object, *, awaited: bool = False) -> None:
    """Refuse what a run returned if that had to be run itself; any other value is ignored, as a task's always is.

    Args:
        product: What it returned.
        awaited: Whether it is an `async def`, which no factory is.

    Raises:
        WrongForm: Dropped in silence, it would make a task that does nothing.
    """
    kind = type(product).__name__.replace("_", " ")
    if isinstance(product, GeneratorType | AsyncGeneratorType):
        raise WrongForm(
            f"do_task returned a {kind.replace('_', ' ')}, which nobody runs: let it do its work and return"
        )
    if hasattr(type(product), "__await__"):
        if isinstance(product, CoroutineType):
            product.close()  # or Python warns of it, in the place of this message
        raise WrongForm(f"do_task returned a {kind}: write it as `async def do_task`")
    # Asked of the type: a proxy answers to every name.
    is_task = isinstance(product, CallbackTask) or hasattr(type(product), "do_task")
    if is_task or (awaited and isinstance(product, FunctionType)):
        raise WrongForm(f"do_task returned a task ({kind}), which nobody runs: name what makes the task by `factory`")


def _unwrapped(run: Any) -> Any:
    """The function within partial objects, or the `__call__` of an object."""
    while isinstance(run, partial):
        run = run.func
    plain = getattr(run, "__func__", run)
    return plain if isinstance(plain, FunctionType) else getattr(type(run).__call__, "__func__", type(run).__call__)
