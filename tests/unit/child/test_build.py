"""From a factory's name to a task, and whose mistake it is when that fails."""

from __future__ import annotations

import signal
import sys
from functools import partial, wraps
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from udaemon.child.build import Built, build, known_call, load_module, resolve_listener
from udaemon.child.forms import Misconfigured
from udaemon.child.task import CallbackTask, TaskContext

CONTEXT = TaskContext("mailer", params={"queue": "mail"})


class Mailer:
    def __init__(self, queue: str = "none", context: TaskContext | None = None) -> None:
        self.queue = queue
        self.context = context

    def do_task(self) -> tuple[str, TaskContext | None]:
        return self.queue, self.context

    def on_hangup(self) -> str:
        return "hung up"

    @classmethod
    def create(cls, queue: str) -> Mailer:
        return cls(queue)


class Waiter:
    async def do_task(self) -> None: ...


class Callable_:  # noqa: N801
    async def __call__(self) -> None: ...


def plain(done: str = "done") -> None:
    raise KeyError(done)


async def waits(context: TaskContext) -> str:
    return context.name


def bad_types(queue: int) -> Mailer:
    return Mailer(str(queue + len(None)))  # type: ignore[arg-type]


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = ModuleType("jobs_for_tests")
    module.__dict__.update(globals())
    monkeypatch.setitem(sys.modules, "jobs_for_tests", module)
    return module


def made(name: str, factory: Any, jobs: ModuleType, params: dict[str, Any] | None = None) -> Built:
    setattr(jobs, name, factory)
    return build(f"jobs_for_tests:{name}", params or {}, CONTEXT)


def test_params_are_keyword_arguments_and_context_comes_if_asked_for(jobs: ModuleType) -> None:
    assert build("jobs_for_tests:Mailer", {"queue": "mail"}, CONTEXT).run() == ("mail", CONTEXT)
    assert build("jobs_for_tests:Mailer.create", {"queue": "x"}, CONTEXT).run() == ("x", None)


def test_a_param_named_context_wins(jobs: ModuleType) -> None:
    assert build("jobs_for_tests:Mailer", {"context": None}, CONTEXT).run() == ("none", None)


def test_a_task_says_which_signals_it_hears(jobs: ModuleType) -> None:
    hooks = build("jobs_for_tests:Mailer", {}, CONTEXT).hooks

    assert {number: hook() for number, hook in hooks.items()} == {signal.SIGHUP: "hung up"}


@pytest.mark.parametrize(
    ("factory", "is_async"),
    [(Mailer, False), (Waiter, True), (Callable_, True), (lambda: CallbackTask(Waiter().do_task), True)],
)
def test_async_tasks_are_told_apart(factory: Any, is_async: bool, jobs: ModuleType) -> None:
    assert made("f", factory, jobs).is_async is is_async


def test_a_factory_may_return_a_function(jobs: ModuleType) -> None:
    assert made("f", lambda: lambda: "ran", jobs).run() == "ran"


def as_task(name: str, jobs: ModuleType, params: dict[str, Any] | None = None) -> Built:
    reference = f"jobs_for_tests:{name}"
    call = known_call(reference, params or {}, CONTEXT, is_task=True)
    return build(reference, params or {}, CONTEXT, call, is_task=True)


def test_a_task_is_not_called_to_make_one_and_gets_its_params_at_each_run(jobs: ModuleType) -> None:
    built = as_task("plain", jobs, {"done": "ran"})

    for _ in range(2):
        with pytest.raises(KeyError, match="ran"):
            built.run()


def test_an_async_task_gets_the_context_at_each_run(jobs: ModuleType) -> None:
    built = as_task("waits", jobs)
    waiting = built.run()

    assert built.is_async
    with pytest.raises(StopIteration, match="mailer"):
        waiting.send(None)


def test_a_task_may_be_an_object_with_do_task_and_hooks(jobs: ModuleType) -> None:
    jobs.__dict__["mailer"] = mailer = Mailer("mine")
    built = as_task("mailer", jobs)

    assert built.run() == ("mine", None)
    assert built.hooks == {signal.SIGHUP: mailer.on_hangup}


def test_params_of_an_object_are_its_do_tasks(jobs: ModuleType) -> None:
    class Sender:
        def do_task(self, queue: str, context: TaskContext) -> tuple[str, TaskContext]:
            return queue, context

    jobs.__dict__["sender"] = Sender()

    assert as_task("sender", jobs, {"queue": "mail"}).run() == ("mail", CONTEXT)


@pytest.mark.parametrize("task", [Mailer().do_task, partial(plain, "ran"), print, lambda: None])
def test_a_task_may_be_any_callable(task: Any, jobs: ModuleType) -> None:
    jobs.__dict__["task"] = task

    assert as_task("task", jobs).run == task


@pytest.mark.parametrize(
    ("name", "params", "message"),
    [
        ("Mailer", {}, 'jobs_for_tests:Mailer is a class, and makes the task: write factory = "jobs_for_tests:Mailer"'),
        ("CONTEXT", {}, "jobs_for_tests:CONTEXT is TaskContext: a task is an object with do_task(), or a function"),
        ("missing", {}, "jobs_for_tests has no missing"),
        ("generates", {}, "jobs_for_tests:generates is a generator function: calling it does nothing"),
        ("generates_async", {}, "jobs_for_tests:generates_async is an async generator function: calling it does"),
        ("plain", {"x": 1}, "does not fit its params: got an unexpected keyword argument 'x'"),
    ],
)
def test_what_is_no_task_is_told(name: str, params: dict[str, Any], message: str, jobs: ModuleType) -> None:
    with pytest.raises(Misconfigured) as caught:
        as_task(name, jobs, params)

    assert message in str(caught.value)


@pytest.mark.parametrize(("name", "what"), [("plain", "returns None"), ("waits", "is async")])
def test_a_factory_that_can_be_seen_to_make_no_task_is_not_called(name: str, what: str, jobs: ModuleType) -> None:
    reference = f"jobs_for_tests:{name}"
    with pytest.raises(Misconfigured) as caught:
        build(reference, {}, CONTEXT, known_call(reference, {}, CONTEXT))

    assert str(caught.value).startswith(f"{reference} {what} and makes no task: ")
    assert str(caught.value).endswith(f'if it is itself the task, write task = "{reference}"')


def generates():  # type: ignore[no-untyped-def]
    yield


async def generates_async():  # type: ignore[no-untyped-def]
    yield


def returns_nothing(done: str = "done"):  # type: ignore[no-untyped-def]
    if done == "early":
        return


def test_a_factory_is_always_called_and_one_that_returns_nothing_is_told_of_task(jobs: ModuleType) -> None:
    with pytest.raises(Misconfigured) as caught:
        build("jobs_for_tests:returns_nothing", {}, CONTEXT)

    assert str(caught.value) == (
        "jobs_for_tests:returns_nothing returned None and no task: "
        'if it is itself the task, write task = "jobs_for_tests:returns_nothing"'
    )


def test_the_annotation_of_what_a_factory_wraps_counts_for_nothing(jobs: ModuleType) -> None:
    @wraps(plain)
    def factory() -> Any:
        return lambda: "ran"

    assert made("f", factory, jobs).run() == "ran"


@pytest.mark.parametrize(
    ("name", "params", "message"),
    [
        ("no.such.module:create", {}, "no module named no"),
        ("jobs_for_tests:missing", {}, "jobs_for_tests has no missing"),
        ("jobs_for_tests:Mailer.missing", {}, "jobs_for_tests has no Mailer.missing"),
        ("jobs_for_tests", {}, '"jobs_for_tests" is not of the form "package.module:function"'),
        (".relative:create", {}, '".relative:create" is not of the form "package.module:function"'),
        ("jobs_for_tests:CONTEXT", {}, "jobs_for_tests:CONTEXT cannot be called"),
        ("jobs_for_tests:Mailer.create", {}, "missing a required argument: 'queue'"),
        ("jobs_for_tests:Mailer", {"que": 1}, "got an unexpected keyword argument 'que'"),
    ],
)
def test_the_operators_mistakes_are_told(name: str, params: dict[str, Any], message: str, jobs: ModuleType) -> None:
    with pytest.raises(Misconfigured) as caught:
        build(name, params, CONTEXT)

    assert message in str(caught.value)


@pytest.mark.parametrize(("returned", "what"), [("text", "str"), (7, "int"), (Mailer, "the class Mailer")])
def test_a_factory_that_returns_no_task_is_a_mistake(returned: Any, what: str, jobs: ModuleType) -> None:
    with pytest.raises(Misconfigured, match=f"returned {what}: a factory returns"):
        made("f", lambda: returned, jobs)


def test_an_exception_inside_a_factory_is_its_own(jobs: ModuleType) -> None:
    with pytest.raises(TypeError, match="has no len"):
        build("jobs_for_tests:bad_types", {"queue": 1}, CONTEXT)


def test_f15_a_module_that_misses_another_one_fails_and_is_not_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken_for_tests.py").write_text("import missing_for_tests\n")
    monkeypatch.syspath_prepend(str(tmp_path))

    with pytest.raises(ModuleNotFoundError, match="missing_for_tests"):
        load_module("broken_for_tests")


def test_listeners_are_resolved_alike_and_are_plain_functions(jobs: ModuleType) -> None:
    assert resolve_listener("jobs_for_tests:plain") is plain
    with pytest.raises(Misconfigured, match="the listener jobs_for_tests:waits is async: it must be a plain function"):
        resolve_listener("jobs_for_tests:waits")


def decorated(queue: str, *, context: TaskContext) -> Mailer:
    return Mailer(queue, context)


@wraps(decorated)
def wrapping(*args: Any, **kwargs: Any) -> Any:
    return decorated(*args, **kwargs)


def positional(queue: str, /) -> Mailer:
    return Mailer(queue)


def open_ended(**params: Any) -> Mailer:
    return Mailer(params["queue"], params.get("context"))


@pytest.mark.parametrize(
    ("name", "ran"),
    [
        ("decorated", ("mail", CONTEXT)),
        ("wrapping", ("mail", CONTEXT)),
        ("open_ended", ("mail", None)),
        ("Mailer.create", ("mail", None)),
    ],
)
def test_all_kinds_of_factories_are_given_what_they_take(name: str, ran: object, jobs: ModuleType) -> None:
    assert build(f"jobs_for_tests:{name}", {"queue": "mail"}, CONTEXT).run() == ran


def test_a_factory_that_takes_no_keywords_does_not_fit(jobs: ModuleType) -> None:
    with pytest.raises(Misconfigured, match=r"does not fit its params: .*positional.only"):
        build("jobs_for_tests:positional", {"queue": "mail"}, CONTEXT)
