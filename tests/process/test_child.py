"""What a factory daemon's process is given."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.process.child import SLEEPER, Child

from udaemon.child.report import Leaving

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
    assert {re.sub(r":\[\d+\]$", "", link) for link in links} == {
        "pipe",
        "/memfd:udaemon-scoreboard (deleted)",
        "socket",
    }
    assert len(links) == 3
    # The rest is real-time signals; 32 and 33 are the C library's own, which nobody can unblock.
    assert [int(mask, 16) & 0x7FFFFFFF for mask in said["masks"].split()[::2]] == [0, 0]
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


def test_what_runs_in_a_daemon_is_slim(tmp_path: Path) -> None:
    code = """
import sys
def create():
    heavy = {"asyncio", "logging", "attr", "attrs", "click", "rich", "subprocess", "dataclasses"}
    return lambda: sys.exit(repr(sorted(heavy & set(sys.modules))))
"""
    with Child(tmp_path, code) as child:
        child.end()
        assert child.lines == ["[]"]


def test_importing_udaemon_loads_nothing_more(tmp_path: Path) -> None:
    code = "import sys, udaemon; print([m for m in sys.modules if m.startswith('udaemon.')])"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=20, check=True)

    assert done.stdout == "[]\n"
