"""F69: processes and threads that a task starts are as under plain Python, and the daemon's runs stay its own."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
from tests.process.child import Child

from udaemon.child.report import Leaving, ReadyReport

RUNS = 200

TIMES = """
import concurrent.futures, multiprocessing, os, pty, signal, subprocess, sys, threading, time, udaemon
def leave(pid, code=0):
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == code, status
def one(i): return i + 1
def asleep(): time.sleep(3600)
def fails(): raise ValueError("in the child")
class Task:
    runs = 0
    def do_task(self):
        self.runs += 1
        if self.runs == {runs}: raise udaemon.StopTask
        self.work()
    def work(self):
{body}
def create(): return Task()
"""

BODIES = {
    "Pool in a with": "with multiprocessing.Pool(2) as pool: assert pool.map(one, range(5)) == [1, 2, 3, 4, 5]",
    "Process.terminate": """
child = multiprocessing.Process(target=asleep)
child.start()
child.terminate()
child.join()
assert child.exitcode == -signal.SIGTERM, child.exitcode
""",
    "a Process that raises": """
child = multiprocessing.Process(target=fails)
child.start()
child.join()
assert child.exitcode == 1, child.exitcode
""",
    "ProcessPoolExecutor": """
with concurrent.futures.ProcessPoolExecutor(2) as pool: assert list(pool.map(one, range(5))) == [1, 2, 3, 4, 5]
""",
    "sys.exit in a fork": "pid = os.fork()\nif pid == 0: sys.exit(3)\nleave(pid, 3)",
    "an exception in a fork": "pid = os.fork()\nif pid == 0: raise ValueError('in the child')\nleave(pid, 1)",
    "a fork that returns": "pid = os.fork()\nif pid: leave(pid)",
    "a fork that stops the task": "pid = os.fork()\nif pid == 0: raise udaemon.StopTask\nleave(pid, 1)",
    "a fork of a fork": """
pid = os.fork()
if pid == 0:
    inner = os.fork()
    if inner: leave(inner)
else: leave(pid)
""",
    "pty.fork": """
pid, fd = pty.fork()
if pid == 0: sys.exit(2)
leave(pid, 2)
os.close(fd)
""",
    "a subprocess and signals": """
with subprocess.Popen(["sleep", "3600"]) as child:
    child.terminate()
assert child.returncode == -signal.SIGTERM
""",
    "a thread that outlives the run": "threading.Thread(target=time.sleep, args=(0.2,)).start()",
    "a fork in a thread": """
def forks():
    pid = os.fork()
    if pid: leave(pid, 0)
    else: os._exit(0)
thread = threading.Thread(target=forks)
thread.start()
thread.join()
""",
}


@pytest.mark.parametrize("pace", [{}, {"min_sleep": 0.0001}], ids=["back to back", "paced"])
@pytest.mark.parametrize("what", BODIES)
def test_f69_200_runs_with_processes_of_its_own(what: str, pace: dict[str, Any], tmp_path: Path) -> None:
    code = TIMES.replace("{runs}", str(RUNS)).replace("{body}", textwrap.indent(BODIES[what].strip(), " " * 8))
    with Child(tmp_path, code, **pace) as child:
        assert child.end() == 0, child.output.decode()
        assert child.reports == [ReadyReport(), Leaving("task-stopped", None)]
        assert (child.slot().count, child.slot().failed) == (RUNS, 0)
        assert child.slot().pid == child.process.pid


@pytest.mark.parametrize(
    ("body", "code"), [("return", 0), ("sys.exit(3)", 3), ("raise ValueError", 1), ("sys.exit('why')", 1)]
)
@pytest.mark.parametrize("where", ["import", "factory", "start", "task_done", "hook", "run", "async run"])
def test_f69_a_forked_process_that_comes_back_ends_as_a_plain_one(
    where: str, body: str, code: int, tmp_path: Path
) -> None:
    text = f"""
import os, signal, sys, udaemon
def forks():
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        {body}
    else:
        print("ended", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
def at(place):
    if place == {where!r}: forks()
class Task:
    runs = 0
    def do_task(self):
        self.runs += 1
        if self.runs == 2: raise udaemon.StopTask
        os.kill(os.getpid(), signal.SIGHUP)
        at("run")
    def on_hangup(self): at("hook")
class Async(Task):
    async def do_task(self):
        Task.do_task(self)
        if self.runs == 1: at("async run")
def create():
    at("factory")
    return Async() if {where!r} == "async run" else Task()
def heard(event): at(event.kind)
at("import")
"""
    if where == "import" and body == "return":
        text = text.replace("        return", "        pass")
    listeners = dict.fromkeys(("start", "task_done"), ("job:heard",))
    with Child(tmp_path, text, min_sleep=0.01, listeners=listeners) as child:
        assert child.end() == 0
        assert f"ended {code}" in child.lines, child.lines
        assert not {line for line in child.lines if line.startswith("ended")} - {f"ended {code}"}
        assert child.reports == [ReadyReport(), Leaving("task-stopped", None)]
        assert (child.slot().count, child.slot().failed) == (2, 0)
        assert ("why" in child.lines) == ("why" in body)
        assert ("ValueError" in child.lines) == ("ValueError" in body)


def test_f69_what_a_forked_process_has_of_ours(tmp_path: Path) -> None:
    code = """
import multiprocessing, os, signal, subprocess, sys
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGCHLD)
def show():
    print([str(signal.getsignal(number)) for number in SIGNALS])
    print(signal.set_wakeup_fd(-1), flush=True)
    print(sorted(os.readlink(f"/proc/self/fd/{fd}").split(":")[0] for fd in os.listdir("/proc/self/fd")
        if os.path.exists(f"/proc/self/fd/{fd}") and int(fd) > 2), flush=True)
class Task:
    runs = 0
    def do_task(self):
        self.runs += 1
        if self.runs < 2: return
        child = multiprocessing.Process(target=show)
        print(child.name, flush=True)
        child.start()
        child.join()
        subprocess.run(["cat", "/proc/self/status"], check=True)
        sys.exit()
def create(): return Task()
"""
    with Child(tmp_path, code, min_sleep=0.01) as child:
        child.end()
        plain = subprocess.run(
            [sys.executable, "-c", "import job; job.SIGNALS and job.show()"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.splitlines()
        lines = child.lines

    assert lines[0] == "Process-1"
    assert lines[1] == plain[0]
    assert lines[2] == "-1"
    assert "socket" not in lines[3]
    status = dict(line.split(":\t", 1) for line in lines[4:])
    assert [int(status[name], 16) & 0x7FFFFFFF for name in ("SigBlk", "SigIgn", "SigCgt")] == [0, 0, 0]


def test_f69_a_term_to_a_forked_process_is_not_the_daemons(tmp_path: Path) -> None:
    """Also in the moment before Python calls us in the new process, and with the wake-up pipe in use."""
    code = """
import os, signal, threading
class Task:
    runs = 0
    def do_task(self):
        self.runs += 1
        pid = os.fork()
        if pid == 0:
            threading.Event().wait()
        os.kill(pid, signal.SIGTERM)
        status = os.waitpid(pid, 0)[1]
        print("ended", os.waitstatus_to_exitcode(status), flush=True)
def create(): return Task()
"""
    with Child(tmp_path, code, min_sleep=0.001) as child:
        child.wait_for("ended -15", 100)
        child.signal(signal.SIGTERM)
        assert child.end() == 0
        assert set(child.lines) == {"ended -15"}


def test_f69_exit_handlers_and_output_of_a_forked_process(tmp_path: Path) -> None:
    code = """
import atexit, os, sys
def create():
    atexit.register(lambda: print("exit handler", os.getpid() == PID))
    return Task()
PID = os.getpid()
class Task:
    def do_task(self):
        pid = os.fork()
        if pid == 0:
            sys.stdout.write("no newline ")
            sys.exit()
        os.waitpid(pid, 0)
        raise SystemExit
"""
    with Child(tmp_path, code) as child:
        assert child.end() == 0
        assert child.lines == ["no newline exit handler False", "exit handler True"]


def test_f69_a_forked_process_that_lives_on_does_not_touch_the_slot_or_report(tmp_path: Path) -> None:
    code = """
import os, sys, threading
class Task:
    def do_task(self):
        if os.fork() == 0:
            os.close(TOLD)
            os.read(GO, 1)  # until the daemon has ended
            return
        print("forked", flush=True)
GO, TOLD = os.pipe()
def create(context):
    def task() -> None:
        Task().do_task()
        if context.run_id >= 3: sys.exit()
    return task
"""
    with Child(tmp_path, code) as child:
        assert child.end() == 0
        assert child.reports == [ReadyReport(), Leaving("exited", "sys.exit(None)")]
        assert child.slot().count == 3


def test_f69_embedded_too(tmp_path: Path) -> None:
    code = """
import os, sys, udaemon
runs = 0
def task():
    global runs
    runs += 1
    pid = os.fork()
    if pid == 0: sys.exit(4)
    print("ended", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
    if runs == 3: raise udaemon.StopTask
print(udaemon.run(task), runs)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True)

    assert done.stdout.splitlines() == ["ended 4"] * 3 + ["task-stopped 3"]
