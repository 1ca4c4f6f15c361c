"""F70 and the descriptors of ours that a task closes: its own handlers do not keep a daemon, nor does os.closerange."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from tests.process.child import SLEEPER, Child
from tests.process.project import Project

from udaemon.child.slot_requests import ask_to_stop

HANDLER = "signal.signal(signal.SIGTERM, lambda *_: os.write(1, b'handled\\n'))"
IGNORED = "signal.signal(signal.SIGTERM, signal.SIG_IGN)"


@pytest.mark.parametrize("place", ["factory", "run"])
@pytest.mark.parametrize(
    "pace", [{"sleep": 3600.0}, {"sleep": 0.01}, {}], ids=["a long pause", "short pauses", "back to back"]
)
def test_f70_a_stop_ends_a_task_that_handles_term_itself(place: str, pace: dict[str, float], tmp_path: Path) -> None:
    code = f"""
import os, signal
class Task:
    runs = 0
    def do_task(self):
        self.runs += 1
        if self.runs == 1:
            if {place!r} == "run": {HANDLER}
            os.write(1, b"ran\\n")
def create():
    if {place!r} == "factory": {HANDLER}
    return Task()
"""
    with Child(tmp_path, code, **pace) as child:  # type: ignore[arg-type]
        child.wait_for("ran")
        ask_to_stop(child.board.fd, 0, child.process.pid)
        child.signal(signal.SIGTERM)

        assert child.end() == 0
        assert child.lines[:2] == ["ran", "handled"] or pace == {}


def test_f70_a_wish_for_another_process_counts_for_nothing(tmp_path: Path) -> None:
    with Child(tmp_path, SLEEPER, sleep=0.01) as child:
        child.wait_for("ran")
        ask_to_stop(child.board.fd, 0, child.process.pid + 1)
        child.wait_for("ran", 5)
        child.signal(signal.SIGTERM)
        assert child.end() == 0


@pytest.mark.parametrize("handler", [HANDLER, IGNORED], ids=["handled", "ignored"])
def test_f70_udaemon_stop_ends_it_between_two_runs(handler: str, project: Project) -> None:
    project.file("job.py", f"import os, signal\ndef create():\n    {handler}\n    return lambda: None\n")
    project.manifest('[daemons.job]\nfactory = "job:create"\nsleep = 0.05\nstop.timeout = "20s"\n')
    project.up()
    project.run("stop", "job")

    seen = project.instance("job")
    assert (seen["state"], seen["exit"]["code"], seen["exit"]["reason"]) == ("stopped", 0, "stopped")


@pytest.mark.parametrize(
    "pace", [{"sleep": 0.05}, {"sleep": 3600.0}, {}], ids=["paced", "a long pause", "back to back"]
)
def test_a_task_that_closes_all_descriptors_goes_on_and_stops(pace: dict[str, float], tmp_path: Path) -> None:
    """And the files that then get our numbers are left alone."""
    code = """
import os, signal
class Task:
    runs = 0
    def do_task(self):
        self.runs += 1
        if self.runs <= 3:
            os.closerange(3, 200)
            self.pipes = [os.pipe() for _ in range(8)]
            for read, _ in self.pipes: os.set_blocking(read, False)
            os.kill(os.getpid(), signal.SIGUSR1)
            print("ran", flush=True)
    def on_user1(self):
        for read, _ in self.pipes:
            try: print("foreign", os.read(read, 9), flush=True)
            except BlockingIOError: pass
        print("hook", flush=True)
def create(): return Task()
"""
    with Child(tmp_path, code, **pace) as child:  # type: ignore[arg-type]
        child.wait_for("hook", 1 if pace.get("sleep") == 3600.0 else 3)
        child.signal(signal.SIGTERM)

        assert child.end() == 0
        assert b"foreign" not in child.output
        assert child.slot().failed == 0


@pytest.mark.parametrize("how", ["signal.signal", "LOOP().add_signal_handler"])
def test_f70_a_stop_ends_an_async_pause_of_a_task_that_handles_term_itself(how: str, tmp_path: Path) -> None:
    code = f"""
import asyncio, os, signal
LOOP = asyncio.get_running_loop
def handled(*_): os.write(1, b"handled\\n")
async def create() -> None:
    {how}(signal.SIGTERM, handled)
    os.write(1, b"ran\\n")
"""
    with Child(tmp_path, code, is_task=True, sleep=3600.0) as child:
        child.wait_for("ran")
        ask_to_stop(child.board.fd, 0, child.process.pid)
        child.signal(signal.SIGTERM)

        assert child.end() == 0
        assert child.lines == ["ran", "handled"]
