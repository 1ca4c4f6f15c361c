"""What of a run is recorded, reported and told to listeners, and what a listener can do: end the daemon, no harm."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator

import pytest

from udaemon.child.recorder import Recorder, is_failure, listed
from udaemon.child.report import FrameReader, GoodRun, Reporter, RunFailed
from udaemon.child.scoreboard import SlotWriter, reading
from udaemon.child.task import StopTask, TaskEvent


class World:
    """A recorder, what it has reported, and its slot."""

    def __init__(self) -> None:
        self.far, near = socket.socketpair()
        self.near = near
        self.writer = SlotWriter.anonymous()
        self.writer.taken_over().attach(77)
        self.heard: list[TaskEvent] = []
        self.reporter = Reporter(near.dup().detach())

    def recorder(self, **listeners: Callable[[TaskEvent], object]) -> Recorder:
        all_of_it = {kind: (listener,) for kind, listener in listeners.items()}
        return Recorder("mailer", 3, self.writer, self.reporter, all_of_it)

    def reported(self) -> list[object]:
        """Everything since the last time."""
        self.far.setblocking(False)
        try:
            return list(FrameReader().feed(self.far.recv(65536)))
        except BlockingIOError:
            return []


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.reporter.cut_off()
    made.near.close()
    made.far.close()


def raising(error: BaseException) -> Callable[[TaskEvent], object]:
    def listener(_event: TaskEvent) -> None:
        raise error

    return listener


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (None, False),
        (StopTask(), False),
        (SystemExit(), False),
        (SystemExit(0), False),
        (SystemExit(1), True),
        (SystemExit("text"), True),
        (ValueError(), True),
        (KeyboardInterrupt(), True),
    ],
)
def test_what_is_a_failure(error: BaseException | None, *, failure: bool) -> None:
    assert is_failure(error) is failure


def test_one_listener_or_several_are_a_tuple() -> None:
    assert (listed(print), listed([print, repr])) == ((print,), (print, repr))


def test_a_run_is_in_the_slot_whatever_anybody_hears_of_it(world: World) -> None:
    recorder = world.recorder()
    recorder.ended(10.0, 10.5, 0.0, None, stopping=False)
    recorder.ended(11.0, 11.5, 0.0, ValueError("x"), stopping=False)
    slot = reading(tuple(world.writer.words))
    assert slot is not None
    assert (slot.count, slot.failed) == (2, 1)
    assert not recorder.listens


def test_the_first_good_run_is_reported_once_and_each_failure_with_its_number(world: World) -> None:
    recorder = world.recorder()
    recorder.ended(1.0, 1.1, 0.0, ValueError("the first"), stopping=False)
    recorder.ended(2.0, 2.1, 0.0, None, stopping=False)
    recorder.ended(3.0, 3.1, 0.0, None, stopping=False)
    recorder.ended(4.0, 4.1, 0.0, StopTask(), stopping=True)
    recorder.ended(5.0, 5.1, 0.0, ValueError("the last"), stopping=False)
    assert world.reported() == [RunFailed(1, "ValueError: the first"), GoodRun(), RunFailed(5, "ValueError: the last")]
    assert recorder.had_good_run


def test_listeners_hear_of_the_run_that_they_are_for(world: World) -> None:
    recorder = world.recorder(start=world.heard.append, task_done=world.heard.append, task_failed=world.heard.append)
    recorder.start()
    began = time.monotonic() - 2.0
    error = ValueError("x")
    recorder.ended(began, began + 0.5, 0.25, None, stopping=False)
    recorder.ended(began, began + 0.5, 0.0, StopTask(), stopping=False)
    recorder.ended(began, began + 0.5, 0.0, error, stopping=True)
    assert [(event.kind, event.run_id, event.stopping, event.error) for event in world.heard] == [
        ("start", None, False, None),
        ("task_done", 1, False, None),
        ("task_done", 2, True, None),
        ("task_failed", 3, True, error),
    ]
    done = world.heard[1]
    assert (done.name, done.instance, done.duration, done.lateness) == ("mailer", 3, 0.5, 0.25)
    assert done.started == pytest.approx(time.time() - 2.0, abs=1.0)
    assert recorder.listens


@pytest.mark.parametrize("error", [ValueError("no harm"), SystemExit(3), KeyboardInterrupt()])
def test_a_listener_that_raises_is_told_and_the_daemon_goes_on(
    world: World, capsys: pytest.CaptureFixture[str], error: BaseException
) -> None:
    recorder = world.recorder(task_done=raising(error))
    recorder.ended(1.0, 1.1, 0.0, None, stopping=False)
    assert recorder.ended_by is None
    assert "(in a listener to task_done; the daemon goes on)" in capsys.readouterr().err


def test_one_that_steers_ends_it_and_nobody_after_it_is_called(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    end = StopTask()
    steering = raising(end)
    steering.steers = True  # type: ignore[attr-defined]
    recorder = Recorder("a", 0, world.writer, Reporter(None), {"task_done": (steering, world.heard.append)})
    recorder.ended(1.0, 1.1, 0.0, None, stopping=False)
    assert (recorder.ended_by, world.heard, capsys.readouterr().err) == (end, [], "")


def test_any_may_ask_for_the_end(world: World) -> None:
    recorder = world.recorder(start=lambda event: event.stop())
    recorder.start()
    assert isinstance(recorder.ended_by, StopTask)
