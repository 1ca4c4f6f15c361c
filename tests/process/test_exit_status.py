"""How a child ended, told by its pidfd, before and when it is reaped."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys

import pytest

from udaemon.system.exit_status import Status, kill_and_wait, open_child, peek, reap, reap_soon


def child(code: str) -> tuple[int, int]:
    pid = os.posix_spawn(sys.executable, [sys.executable, "-S", "-c", code], os.environ)
    return pid, os.pidfd_open(pid)


@pytest.mark.parametrize(
    ("code", "status", "returncode"),
    [
        ("raise SystemExit(3)", Status(3, None, core=False), 3),
        ("import os; os._exit(255)", Status(255, None, core=False), 255),
        ("import os; os.kill(os.getpid(), 9)", Status(None, 9, core=False), -9),
    ],
)
def test_an_end_is_seen_before_and_when_it_is_reaped(code: str, status: Status, returncode: int) -> None:
    _, pidfd = child(code)
    assert select.select([pidfd], [], [], 20)[0]
    assert peek(pidfd) == peek(pidfd) == reap(pidfd) == status
    assert status.returncode == returncode
    with pytest.raises(ChildProcessError):
        peek(pidfd)
    os.close(pidfd)


def test_one_that_is_killed_is_waited_for_and_one_that_has_gone_is_no_error() -> None:
    _, pidfd = child("import signal; signal.pause()")
    kill_and_wait(pidfd)
    assert reap(pidfd) == Status(None, 9, core=False)
    kill_and_wait(pidfd)
    os.close(pidfd)


def test_of_one_that_lives_nothing_is_said() -> None:
    pid, pidfd = child("import signal; signal.pause()")
    assert (peek(pidfd), reap(pidfd)) == (None, None)
    os.kill(pid, signal.SIGKILL)
    reap_soon(pidfd)
    with pytest.raises(ChildProcessError):
        reap(pidfd)
    reap_soon(pidfd)  # somebody else was faster
    os.close(pidfd)


def test_only_a_child_of_ours_is_opened() -> None:
    with subprocess.Popen([sys.executable, "-S", "-c", "input()"], stdin=subprocess.PIPE) as process:
        pidfd = open_child(process.pid)
        assert pidfd is not None
        os.close(pidfd)
        assert [open_child(pid) for pid in (os.getpid(), os.getppid(), 2**22 + 1)] == [None, None, None]
        process.communicate(b"\n")
