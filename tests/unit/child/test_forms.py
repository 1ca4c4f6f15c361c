"""Callables that only make something: refused by the form they have, where today's runs would do nothing for ever."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from functools import partial
from types import ModuleType
from typing import Any

import pytest

from udaemon.child.build import Built, build, known_call
from udaemon.child.forms import Misconfigured, is_async, lazy_form, refuse_product
from udaemon.child.task import CallbackTask, TaskContext

CONTEXT = TaskContext("mailer")


def generates() -> Iterator[int]:
    yield 1


async def generates_async() -> AsyncIterator[int]:
    yield 1


async def waits() -> None: ...


class Generates:
    def do_task(self) -> Iterator[int]:
        yield 1

    def __call__(self) -> Iterator[int]:
        yield 1


class GeneratesAsync:
    async def do_task(self) -> AsyncIterator[int]:
        yield 1


class Plain:
    def do_task(self) -> None: ...


def built(factory: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Built:
    module = ModuleType("forms_for_tests")
    module.__dict__["create"] = factory
    monkeypatch.setitem(sys.modules, "forms_for_tests", module)
    assert known_call("forms_for_tests:create", {}, CONTEXT) is None or lazy_form(factory) is None
    return build("forms_for_tests:create", {}, CONTEXT, known_call("forms_for_tests:create", {}, CONTEXT))


@pytest.mark.parametrize(
    ("factory", "what"),
    [
        (generates, "forms_for_tests:create is a generator function"),
        (generates_async, "forms_for_tests:create is an async generator function"),
        (partial(generates), "forms_for_tests:create is a generator function"),
        (lambda: generates, "forms_for_tests:create is a generator function"),
        (lambda: partial(partial(generates_async)), "forms_for_tests:create is an async generator function"),
        (Generates, "the do_task of forms_for_tests:create is a generator function"),
        (GeneratesAsync, "the do_task of forms_for_tests:create is an async generator function"),
        (lambda: CallbackTask(generates), "the do_task of forms_for_tests:create is a generator function"),
        (Generates(), "forms_for_tests:create is a generator function"),
    ],
)
def test_a_task_or_factory_that_would_only_make_a_generator_is_refused(
    factory: Callable[..., Any], what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Misconfigured) as caught:
        built(factory, monkeypatch)

    assert str(caught.value).startswith(f"{what}: ")


@pytest.mark.parametrize("task", [lambda: waits, Plain, lambda: partial(waits), lambda: print])
def test_other_forms_stay_tasks(task: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    assert callable(built(task, monkeypatch).run)


def test_a_partial_of_an_async_function_is_async() -> None:
    assert is_async(partial(waits))


@pytest.mark.parametrize("product", [None, 7, "done", Plain, [Plain()], print, lambda: None])
def test_what_a_run_returns_counts_for_nothing(product: object) -> None:
    refuse_product(product)


def made_coroutine() -> Coroutine[Any, Any, None]:
    return waits()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (made_coroutine, "returned a coroutine: write it as `async def do_task`"),
        (generates, "returned a generator, which nobody runs"),
        (generates_async, "returned a async generator, which nobody runs"),
        (Plain, "returned a task (Plain)"),
        (lambda: CallbackTask(print), "returned a task (CallbackTask)"),
    ],
)
def test_a_run_that_only_makes_something_is_refused(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(Misconfigured, match="do_task") as caught:
        refuse_product(make())

    assert message in str(caught.value)


def test_an_async_factory_of_a_function_is_refused_too() -> None:
    with pytest.raises(Misconfigured, match="name what makes the task by `factory`"):
        refuse_product(lambda: None, awaited=True)
