"""The keys `before-start` and `after-stop`: every form of a step, and all that is wrong with them at once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from udaemon.manifest.problems import Wrong
from udaemon.manifest.steps import StepCommand, Steps


def wrongs(error: BaseException) -> Iterator[Wrong]:
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from wrongs(inner)
    else:
        assert isinstance(error, Wrong)
        yield error


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("a b", (StepCommand(("a", "b")),)),
        (["a b", "c"], (StepCommand(("a", "b")), StepCommand(("c",)))),
        ([["a", "b"], {"command": ["c"], "timeout": 5}], (StepCommand(("a", "b")), StepCommand(("c",), 5.0))),
        ({"command": "a b", "timeout": "2m"}, (StepCommand(("a", "b"), 120.0),)),
        ([], ()),
    ],
)
def test_steps_are_a_command_or_a_list_of_commands(value: object, read: tuple[StepCommand, ...]) -> None:
    assert Steps().parse(value) == read
    assert Steps().parse(Steps().dump(read)) == read


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (5, [("wrong-type", ())]),
        ([5, "a"], [("wrong-type", (0,))]),
        ({}, [("nothing-to-run", ())]),
        ({"command": "a", "timeot": 1}, [("unknown-key", ("timeot",))]),
        ({"command": "a", "timeout": 0}, [("out-of-range", ("timeout",))]),
        (["a", {"command": [], "timeout": "x"}], [("bad-command", (1, "command")), ("bad-duration", (1, "timeout"))]),
        ([{"timeout": 5, "shell": True}], [("unknown-key", (0, "shell")), ("nothing-to-run", (0,))]),
    ],
)
def test_all_that_is_wrong_is_told_each_at_its_place(
    value: object, found: list[tuple[str, tuple[object, ...]]]
) -> None:
    with pytest.raises((Wrong, ExceptionGroup)) as caught:
        Steps().parse(value)
    assert [(one.code, one.path) for one in wrongs(caught.value)] == found


def test_a_key_that_is_near_is_meant() -> None:
    with pytest.raises(ExceptionGroup) as caught:
        Steps().parse({"command": "a", "timeot": 1})
    (wrong,) = wrongs(caught.value)
    assert (wrong.hint, wrong.at_key) == ("did you mean timeout?", True)
