"""Tests of what is done before daemons are forked, so that each of them has less to learn by itself (issue 8)."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from typing import Any

STATE = """
import dis, gc, json, os, random, signal, sys, threading, time
import multiprocessing.process
from pathlib import Path
from udaemon.child import forked, lifeline, loop, process, signals
from udaemon.engines.daemon import warm_up
from udaemon.engines.zygote import fork_batch, intermediate

def state():
    mask = os.umask(0)
    os.umask(mask)
    return {
        "descriptors": {fd: os.readlink(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd") if fd in "012"},
        "open": len(os.listdir("/proc/self/fd")),
        "environ": dict(os.environ),
        "umask": mask,
        "cwd": os.getcwd(),
        "path": sys.path,
        "blocked": sorted(map(int, signal.pthread_sigmask(signal.SIG_BLOCK, ()))),
        "handlers": [str(signal.getsignal(number)) for number in sorted(signal.valid_signals())],
        "wakeup": signal.set_wakeup_fd(-1),
        "gc": gc.isenabled(),
        "process": multiprocessing.process.current_process().name,
        "cuts": len(forked._cuts),
        "hooked": forked._hooked,
        "session": os.getsid(0),
        "slack": Path("/proc/self/timerslack_ns").read_text(),
        "children": Path(f"/proc/self/task/{os.getpid()}/children").read_text(),
        "threads": [str(thread) for thread in threading.enumerate()],
    }

def learnt():
    \"\"\"Functions of which Python has rewritten an instruction to one that no source can mean.\"\"\"
    first = [fork_batch.run_child, intermediate.wait_for_parent]
    functions = [loop.run_steps, loop.Steps.__iter__, process.prepare, process.own_process]
    return [
        function.__qualname__
        for function in (*first, *functions, lifeline.Lifeline.signal_at_end, signals.Signals.wait)
        if any(one.opname not in dis.opmap for one in dis.get_instructions(function, adaptive=True))
    ]
"""


def run(script: str) -> Any:
    """What a script prints, in a session of its own as a zygote's, with standard streams that differ."""
    text = textwrap.dedent(STATE) + textwrap.dedent(script)
    done = subprocess.run(
        [sys.executable, "-c", text],
        stdin=subprocess.DEVNULL, capture_output=True, start_new_session=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def test_a_warm_up_leaves_the_process_as_it_was() -> None:
    before, after = run("""
        gc.disable()
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
        before = state()
        warm_up()
        warm_up(again=True)
        print(json.dumps([before, state()]))
    """)
    assert after == before


def test_python_has_learnt_what_daemons_do_after_a_warm_up() -> None:
    before, after = run("""
        before = learnt()
        warm_up()
        print(json.dumps([before, learnt()]))
    """)
    assert before == []
    assert after == [
        "run_child", "wait_for_parent", "run_steps", "Steps.__iter__", "prepare", "own_process",
        "Lifeline.signal_at_end", "Signals.wait",
    ]  # fmt: skip


def test_a_library_that_breaks_what_is_called_harms_nobody() -> None:
    assert run("""
        time.monotonic = None
        before = state()
        warm_up()
        print(json.dumps(state() == before))
    """)


def test_without_descriptors_there_is_no_warm_up_and_no_error() -> None:
    assert run("""
        import resource
        before = state()
        limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (4, limits[1]))
        warm_up()
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        print(json.dumps(state() == before))
    """)
