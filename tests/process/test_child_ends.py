"""How a factory daemon ends by itself, and what it says of that."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.process.child import Child

from udaemon.child.report import Leaving, RunFailed

ENDS = {
    "an exception": ("def create(): return lambda: {}['x']", 1, Leaving("exception", "KeyError: 'x'")),
    "an exception in the factory": ("def create(): raise ValueError('no')", 1, Leaving("exception", "ValueError: no")),
    "StopTask": (
        "import udaemon\ndef task() -> None: raise udaemon.StopTask\ndef create(): return task",
        0,
        Leaving("task-stopped", None),
    ),
    "sys.exit(7)": ("import sys\ndef create(): return lambda: sys.exit(7)", 7, Leaving("exited", "sys.exit(7)")),
    "sys.exit()": ("import sys\ndef create(): return lambda: sys.exit()", 0, Leaving("exited", "sys.exit(None)")),
    "sys.exit(text)": (
        "import sys\ndef create(): sys.exit('bye')",
        1,
        Leaving("exited", "sys.exit('bye')"),
    ),
    "no task": (
        "def create(): return 7",
        78,
        Leaving(
            "config",
            "job:create returned int: a factory returns an object with do_task(), or a function",
        ),
    ),
    "no factory": ("", 78, Leaving("config", "job has no create")),
    "wrong params": (
        "def create(queue): ...",
        78,
        Leaving("config", "job:create does not fit its params: missing a required argument: 'queue'"),
    ),
    "a generator": (
        "def create():\n  print('runs')\n  yield",
        78,
        Leaving(
            "config",
            "job:create is a generator function: calling it does nothing but make a generator; take out the `yield`",
        ),
    ),
    "an async factory": (
        "class Task:\n  def do_task(self): pass\nasync def create(): return Task()",
        78,
        Leaving(
            "config",
            'job:create is async and makes no task: if it is itself the task, write task = "job:create"',
        ),
    ),
    "a coroutine from a plain function": (
        "async def work(): pass\ndef create(): return lambda: work()",
        78,
        Leaving("config", "do_task returned a coroutine: write it as `async def do_task`"),
    ),
    "a generator from a plain function": (
        "def work(): yield\ndef create(): return lambda: work()",
        78,
        Leaving("config", "do_task returned a generator, which nobody runs: let it do its work and return"),
    ),
    "F15 a syntax error": ("def create(:", 1, None),
    "F15 an import error": (
        "import nowhere",
        1,
        Leaving("exception", "ModuleNotFoundError: No module named 'nowhere'"),
    ),
    "F16 sys.exit at import": ("import sys; sys.exit(5)", 5, Leaving("exited", "sys.exit(5)")),
    "F16 os._exit at import": ("import os; os._exit(3)", 3, None),
}


def test_a_thread_that_stays_does_not_keep_a_failed_daemon_alive(tmp_path: Path) -> None:
    code = """
import threading
def create():
    threading.Thread(target=threading.Event().wait).start()
    return lambda: 1 / 0
"""
    with Child(tmp_path, code) as child:
        assert child.end() == 1


@pytest.mark.parametrize("what", ENDS)
def test_f19_each_end_has_its_code_and_reason(what: str, tmp_path: Path) -> None:
    code, exit_code, leaving = ENDS[what]
    with Child(tmp_path, code) as child:
        assert child.end() == exit_code
        if leaving is not None:
            assert child.reports[-1] == leaving


def test_a_failed_run_is_reported_with_its_id_and_its_traceback_is_the_users(tmp_path: Path) -> None:
    code = """
class Task:
    runs = 0
    def do_task(self):
        self.runs += 1
        if self.runs == 3:
            raise ValueError("the queue is gone")
def create(): return Task()
"""
    with Child(tmp_path, code, min_sleep=0.001) as child:
        assert child.end() == 1
        assert RunFailed(3, "ValueError: the queue is gone") in child.reports
        assert child.lines[0] == "Traceback (most recent call last):"
        assert re.fullmatch(r'  File ".*/job\.py", line 7, in do_task', child.lines[1])
        assert child.lines[-1] == "ValueError: the queue is gone"
        assert (child.slot().count, child.slot().failed, child.slot().last_outcome) == (3, 1, "failed")


def test_start_is_told_once_before_the_first_run_and_task_failed_with_the_exception(tmp_path: Path) -> None:
    code = """
def create(): return lambda: print("runs") or 1 / 0
def heard(event): print(event.kind, event.name, event.instance, event.run_id, repr(event.error))
"""
    listeners = dict.fromkeys(("start", "task_done", "task_failed"), ("job:heard",))
    with Child(tmp_path, code, listeners=listeners) as child:
        assert child.end() == 1
        assert child.lines[:3] == [
            "start mailer 0 None None",
            "runs",
            "task_failed mailer 0 1 ZeroDivisionError('division by zero')",
        ]


def test_exit_handlers_run_and_buffered_output_is_not_lost(tmp_path: Path) -> None:
    code = """
import atexit, sys, udaemon
def create():
    def task() -> None:
        sys.stdout.write("no newline")
        raise udaemon.StopTask
    atexit.register(print, " and last words", end="")
    return task
"""
    with Child(tmp_path, code) as child:
        assert child.end() == 0
        assert child.output == b"no newline and last words"


def test_ids_go_on_in_the_next_process(tmp_path: Path) -> None:
    code = """
def create(context):
    def task() -> None:
        print("run", context.run_id, flush=True)
        if context.run_id % 2 == 0: raise SystemExit(3)
    return task
"""
    with Child(tmp_path, code) as first:
        assert first.end() == 3
        with Child(tmp_path, code, board=first.board) as second:
            assert second.end() == 3
            slot = second.slot()

    assert first.lines + second.lines == ["run 1", "run 2", "run 3", "run 4"]
    assert (slot.count, slot.failed) == (4, 2)
