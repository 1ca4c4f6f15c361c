"""A factory daemon's process: what it is given, how it ends, and what it says of that."""

from __future__ import annotations

import itertools
import os
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from tests.process.child import Child

from udaemon.child.report import Leaving, ReadyReport, RunFailed

SLEEPER = """
import time
class Task:
    def do_task(self):
        print("ran", flush=True)
def create():
    return Task()
"""


def test_ready_then_runs_then_a_clean_stop(tmp_path: Path) -> None:
    with Child(tmp_path, SLEEPER, sleep=3600.0) as child:
        child.wait_for("ran")
        child.signal(signal.SIGTERM)

        assert child.end() == 0
        assert child.reports == [ReadyReport(), Leaving("stopped", None)]
        assert (child.slot().pid, child.slot().count) == (child.process.pid, 1)
        assert child.slot().rss_peak is not None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGQUIT, signal.SIGINT])
def test_a_stop_ends_a_pause_at_once(number: int, tmp_path: Path) -> None:
    with Child(tmp_path, SLEEPER, sleep=3600.0) as child:
        child.wait_for("ran")
        asked = time.monotonic()
        child.signal(number)
        code = child.end()

        assert code == 0
        assert time.monotonic() - asked < 0.5  # 0.05 on a machine of its own: benchmarks/loop.py


def test_a_stop_lets_a_run_finish_and_task_done_is_told(tmp_path: Path) -> None:
    code = """
import threading
def create(context):
    def task():
        print("begins", flush=True)
        threading.Event().wait(1)
        print("ends", context.stopping, flush=True)
    return task
def heard(event):
    print(event.kind, event.run_id, event.stopping, event.duration > 0.9, flush=True)
"""
    with Child(tmp_path, code, sleep=5.0, listeners={"task_done": ("job:heard",)}) as child:
        child.wait_for("begins")
        child.signal(signal.SIGTERM)

        assert child.end() == 0
        assert child.lines == ["begins", "ends True", "task_done 1 True True"]
        assert child.slot().last_outcome == "ok"


def test_a_stop_ends_a_pause_also_when_the_task_started_threads(tmp_path: Path) -> None:
    """The kernel may give the signal to any thread that does not block it."""
    code = """
import threading
def create():
    stay = threading.Event()
    for _ in range(4):
        threading.Thread(target=stay.wait, daemon=True).start()
    return lambda: print("ran", flush=True)
"""
    with Child(tmp_path, code, sleep=3600.0) as child:
        child.wait_for("ran")
        child.signal(signal.SIGTERM)

        assert child.end() == 0


def test_a_thread_that_stays_does_not_keep_a_failed_daemon_alive(tmp_path: Path) -> None:
    code = """
import threading
def create():
    threading.Thread(target=threading.Event().wait).start()
    return lambda: 1 / 0
"""
    with Child(tmp_path, code) as child:
        assert child.end() == 1


def test_a_second_term_kills_the_group_at_once(tmp_path: Path) -> None:
    code = """
import signal, subprocess, threading
def create(context):
    def task():
        helper = subprocess.Popen(["sleep", "1000"])
        print("helper", helper.pid, flush=True)
        while True:
            threading.Event().wait(0.01)
            if context.stopping:
                print("stopping", flush=True)
                threading.Event().wait()
    return task
"""
    with Child(tmp_path, code) as child:
        child.wait_for("helper")
        child.wait_for("\n")
        helper = os.pidfd_open(int(child.lines[0].split()[1]))
        child.signal(signal.SIGTERM)
        child.wait_for("stopping")
        child.signal(signal.SIGTERM)

        assert child.end() == -signal.SIGKILL
        assert select.select([helper], [], [], 5)[0]
        os.close(helper)


def test_f1_the_death_of_the_supervisor_stops_it(tmp_path: Path) -> None:
    with Child(tmp_path, SLEEPER, sleep=3600.0) as child:
        child.wait_for("ran")
        child.cut_leash()

        assert child.end() == 0


def test_f1_the_run_under_way_is_finished_though_the_pipe_signals_again(tmp_path: Path) -> None:
    """The kernel signals at each close of a read end while there is no writer: once for each of our siblings."""
    code = """
import threading
def create(context):
    def task():
        print("begins", flush=True)
        while not context.stopping: threading.Event().wait(0.01)
        print("stopping", flush=True)
        threading.Event().wait(0.3)
        print("ends", flush=True)
    return task
"""
    with Child(tmp_path, code) as child:
        child.wait_for("begins")
        child.cut_leash()
        child.wait_for("stopping")
        child.sibling_leaves()

        assert child.end() == 0
        assert child.lines == ["begins", "stopping", "ends"]


def test_f1_a_supervisor_that_was_dead_before_is_noticed(tmp_path: Path) -> None:
    with Child(tmp_path, SLEEPER, sleep=3600.0) as child:
        child.cut_leash()

        assert child.end() == 0


def test_hooks_run_between_runs_and_do_not_shorten_a_pause(tmp_path: Path) -> None:
    code = """
class Task:
    def do_task(self): print("ran", flush=True)
    def on_hangup(self): print("hangup", flush=True)
    def on_user1(self): print("user1", flush=True)
def create(): return Task()
"""
    with Child(tmp_path, code, sleep=3600.0) as child:
        child.wait_for("ran")
        for number, text in ((signal.SIGHUP, "hangup"), (signal.SIGUSR1, "user1"), (signal.SIGHUP, "hangup")):
            child.signal(number)
            child.wait_for(text, child.output.count(text.encode()) + 1)
        child.signal(signal.SIGUSR2)
        child.signal(signal.SIGTERM)

        assert child.end() == 0
        assert child.lines == ["ran", "hangup", "user1", "hangup"]


ENDS = {
    "an exception": ("def create(): return lambda: {}['x']", 1, Leaving("exception", "KeyError: 'x'")),
    "an exception in the factory": ("def create(): raise ValueError('no')", 1, Leaving("exception", "ValueError: no")),
    "StopTask": (
        "import udaemon\ndef task() -> None: raise udaemon.StopTask\ncreate = task",
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
            "job:create returned int: a factory returns an object with do_task(), or a function (a function that is "
            "itself the task is annotated to return None)",
        ),
    ),
    "no factory": ("", 78, Leaving("config", "job has no create")),
    "wrong params": (
        "def create(queue): ...",
        78,
        Leaving("config", "job:create does not fit its params: missing a required argument: 'queue'"),
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
    with Child(tmp_path, code) as child:
        child.end()
        first = child.lines
        number = child.slot().count

    assert first == ["run 1", "run 2"]
    assert number == 2


PROBE = """
import os, signal, sys
def create(context):
    def task() -> None:
        fds = sorted(int(fd) for fd in os.listdir("/proc/self/fd"))
        links = {}
        for fd in fds:
            try: links[fd] = os.readlink(f"/proc/self/fd/{fd}")
            except OSError: pass
        status = dict(line.split(":", 1) for line in open("/proc/self/status"))
        print("fds", sorted(links.items()))
        print("masks", *(status[key].strip() for key in ("SigBlk", "SigIgn", "SigPnd")))
        print("umask", status["Umask"].strip(), "cwd", os.getcwd())
        print("session", os.getsid(0) == os.getpid(), "group", os.getpgrp() == os.getpid())
        print("env", {k: v for k, v in os.environ.items() if k.startswith(("UDAEMON_", "SHOP"))})
        print("stdin", sys.stdin.read() == "", "line", sys.stdout.line_buffering)
        print("context", context.name, context.instance, context.instances, context.context, context.params)
        raise SystemExit(0)
    return task
"""


def test_f61_f62_the_process_is_given_what_was_declared_and_nothing_else(tmp_path: Path) -> None:
    changes: dict[str, Any] = {
        "index": 1,
        "instances": 2,
        "context": "production",
        "env": {"SHOP": "yes"},
        "umask": 0o027,
    }
    with Child(tmp_path, PROBE, cwd="/", **changes) as child:
        assert child.end() == 0
        said = dict(line.split(" ", 1) for line in child.lines)

    ignored = int(said["masks"].split()[1], 16)
    links = [link for fd, link in eval(said["fds"]) if fd > 2]
    assert {re.sub(r":\[\d+\]$", "", link) for link in links} == {"pipe", str(tmp_path / "scoreboard"), "socket"}
    assert len(links) == 3
    assert said["masks"].split()[::2] == ["0" * 16] * 2
    assert ignored == 1 << (signal.SIGPIPE - 1) | 1 << (signal.SIGXFSZ - 1)  # as in every Python program
    assert said["umask"] == "0027 cwd /"
    assert said["session"] == "True group True"
    assert eval(said["env"]) == {
        "SHOP": "yes",
        "UDAEMON_PROJECT": "shop",
        "UDAEMON_NAME": "mailer",
        "UDAEMON_INSTANCE": "1",
        "UDAEMON_INSTANCES": "2",
        "UDAEMON_CONTEXT": "production",
    }
    assert said["stdin"] == "True line True"
    assert said["context"] == "mailer 1 2 production {}"


def test_a_missing_working_directory_is_told(tmp_path: Path) -> None:
    with Child(tmp_path, SLEEPER, cwd="/no/such/place") as child:
        assert child.end() == 78
        message = "cwd /no/such/place: No such file or directory (ENOENT)"
        assert child.reports == [Leaving("config", message)]
        assert child.lines == [f"udaemon: mailer: {message}"]


@pytest.mark.parametrize("task", ["lambda: print('ran', flush=True)", "wait"])
def test_f48_a_huge_period_is_no_trouble(task: str, tmp_path: Path) -> None:
    code = f"async def wait(): print('ran', flush=True)\ndef create(): return {task}\n"
    with Child(tmp_path, code, sleep=1e9) as child:
        child.wait_for("ran")
        assert child.is_quiet_for(0.05)
        child.signal(signal.SIGTERM)

        assert child.end() == 0
        assert child.lines == ["ran"]


def test_f62_a_term_that_comes_while_signals_are_blocked_is_a_stop(tmp_path: Path) -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    try:
        child = Child(tmp_path, SLEEPER, sleep=3600.0)
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    with child:
        child.signal(signal.SIGTERM)

        assert child.end() == 0
        assert child.reports == [Leaving("stopped", None)]


def test_what_runs_in_a_daemon_is_slim(tmp_path: Path) -> None:
    code = """
import sys
def create():
    heavy = {"asyncio", "logging", "attr", "attrs", "cattrs", "click", "rich", "subprocess", "dataclasses"}
    return lambda: sys.exit(repr(sorted(heavy & set(sys.modules))))
"""
    with Child(tmp_path, code) as child:
        child.end()
        assert child.lines == ["[]"]


def test_importing_udaemon_loads_nothing_more(tmp_path: Path) -> None:
    code = "import sys, udaemon; print([m for m in sys.modules if m.startswith('udaemon.')])"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=20, check=True)

    assert done.stdout == "[]\n"


def test_f5_a_child_that_was_stopped_for_long_does_not_catch_up(tmp_path: Path) -> None:
    code = """
import time
def create():
    return lambda: print("ran", time.monotonic(), flush=True)
"""
    with Child(tmp_path, code, sleep=0.1) as child:
        child.wait_for("ran", 2)
        child.signal(signal.SIGSTOP)
        os.waitid(os.P_PIDFD, child.pidfd, os.WSTOPPED)
        assert child.is_quiet_for(0.6)
        child.signal(signal.SIGCONT)
        child.wait_for("ran", 6)
        child.wait_for("\n", 6)

        moments = [float(line.split()[1]) for line in child.lines]
        gaps = [b - a for a, b in itertools.pairwise(moments)]
        assert gaps[1] > 0.5
        assert min(gaps[2:5]) > 0.05
