"""Signals to a leader's group and to groups of its session beside it, and to nobody else."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
from tests.process.conftest import Wait

from udaemon.system.process_groups import beside_group, kill_group, kill_group_of, signal_group
from udaemon.system.process_tree import look_at

# A leader, one in its group, and one in a group of its own in the same session, as a shell with job control makes it.
LEADER = """
import os, signal, sys
mates = []
for own in (False, True):
    pid = os.fork()
    if pid == 0:
        if own:
            os.setpgid(0, 0)
        signal.pause()
        os._exit(0)
    if own:
        try:
            os.setpgid(pid, pid)
        except OSError:
            pass
    mates.append(pid)
print(*mates, flush=True)
signal.pause()
"""


class Session:
    def __init__(self) -> None:
        self.leader = subprocess.Popen(
            [sys.executable, "-S", "-c", LEADER], stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        assert self.leader.stdout is not None
        self.mate, self.beside = map(int, self.leader.stdout.readline().split())
        self.fds = [os.pidfd_open(pid) for pid in (self.leader.pid, self.mate, self.beside)]

    def dead(self) -> list[bool]:
        return [bool(select.select([fd], [], [], 0)[0]) for fd in self.fds]

    def close(self) -> None:
        for fd in self.fds:
            try:
                signal.pidfd_send_signal(fd, signal.SIGKILL)
            except ProcessLookupError:
                pass
            os.close(fd)
        self.leader.communicate()


@pytest.fixture
def session() -> Iterator[Session]:
    made = Session()
    yield made
    made.close()


def test_a_signal_to_the_group_leaves_the_groups_beside_it(session: Session, wait: Wait) -> None:
    signal_group(session.leader.pid, signal.SIGKILL)
    wait([session.fds[0]], timeout=20, what="the leader's end")
    wait([session.fds[1]], timeout=20, what="its mate's end")
    assert session.dead() == [True, True, False]
    kill_group_of(session.beside)
    wait([session.fds[2]], timeout=20, what="the end of the one beside")


def test_those_beside_the_group_are_found_by_the_session(session: Session, wait: Wait) -> None:
    found = list(beside_group(session.leader.pid, [os.getpid()]))
    for _, pidfd in found:
        signal.pidfd_send_signal(pidfd, signal.SIGKILL)
        os.close(pidfd)
    assert [pid for pid, _ in found] == [session.beside]
    wait([session.fds[2]], timeout=20, what="the end of the one beside")
    assert session.dead() == [False, False, True]


def test_a_stop_signal_is_not_undone_and_a_stopped_one_can_be_killed(session: Session, wait: Wait) -> None:
    signal_group(session.leader.pid, signal.SIGSTOP)
    os.waitid(os.P_PID, session.leader.pid, os.WSTOPPED | os.WNOWAIT)
    kill_group(session.leader.pid)
    for fd in session.fds[:2]:
        wait([fd], timeout=20, what="the end of one that is stopped")
    assert session.dead() == [True, True, False]


def test_our_own_session_is_never_killed_as_a_group() -> None:
    with subprocess.Popen([sys.executable, "-S", "-c", "input()"], stdin=subprocess.PIPE) as mate:
        kill_group_of(mate.pid)
        assert look_at(mate.pid) is not None
        assert mate.poll() is None
        mate.communicate(b"\n")


def test_one_that_has_gone_is_no_error() -> None:
    signal_group(2**22 + 1, signal.SIGTERM)
    kill_group(2**22 + 1)
    kill_group_of(2**22 + 1)
