"""A zygote that is forked beforehand: it waits, and ends when nobody wants it."""

from __future__ import annotations

import os
import select
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.fakes.fork import ends
from tests.fakes.full_table import full_table

from udaemon.engines.zygote import wire
from udaemon.engines.zygote.pickling import pack
from udaemon.engines.zygote.prefork import PreforkedZygote, prefork_zygote, watchable
from udaemon.engines.zygote.server import Setup
from udaemon.engines.zygote.start import Starter
from udaemon.system import procfs


def child() -> int:
    """A child that waits."""
    if (pid := os.fork()) == 0:
        signal.alarm(60)  # where a test fails nobody ends it
        signal.pause()
        os._exit(0)
    return pid


def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds of another process."""
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        os.sched_yield()


@pytest.fixture
def waits() -> Iterator[PreforkedZygote]:
    """One that is no zygote, with a report of its exec."""
    before = len(os.listdir("/proc/self/fd"))
    near, far = socket.socketpair()
    report, write = os.pipe()
    pid = child()
    yield PreforkedZygote(pid, os.pidfd_open(pid), near, report)
    for left in (far, near):
        left.close()
    os.close(write)
    assert len(os.listdir("/proc/self/fd")) == before


def test_it_lives_until_it_is_ended_and_nothing_of_it_stays_open(waits: PreforkedZygote) -> None:
    assert waits.lives()
    waits.end()
    with pytest.raises(ChildProcessError):  # it was reaped
        os.waitpid(waits.pid, os.WNOHANG)


def test_one_that_has_ended_lives_no_more_reaped_or_not(waits: PreforkedZygote) -> None:
    waits.kill()
    os.waitid(os.P_PIDFD, waits.pidfd, os.WEXITED | os.WNOWAIT)
    assert not waits.lives()
    waits.kill()  # its zombie does not mind
    assert ends(waits.pid) == -signal.SIGKILL
    assert not waits.lives()
    waits.kill()
    waits.end()


def test_one_that_cannot_be_watched_is_not_kept() -> None:
    pid = child()
    with full_table(), pytest.raises(OSError, match="Too many open files"):
        watchable(pid)
    assert ends(pid) == -signal.SIGKILL


def test_a_spare_zygote_ends_when_it_is_sent_away() -> None:
    spare = prefork_zygote()
    starter = Starter(spare)
    assert list(starter.pids) == [spare.pid]

    starter.close()

    with pytest.raises(ChildProcessError):  # it was reaped
        os.waitpid(spare.pid, os.WNOHANG)
    assert list(starter.pids) == []


def test_a_spare_zygote_ends_when_its_parent_hangs_up() -> None:
    spare = prefork_zygote()
    spare.channel.close()

    assert ends(spare.pid) == 0
    os.close(spare.pidfd)


def test_a_spare_zygote_gets_ready_when_others_are_less_busy() -> None:
    """Until then it sleeps, holds nothing of ours but that open, and ends when its parent hangs up all the same."""
    busy, done = os.pipe()
    Path("/proc/self/comm").write_text("pytest")  # what another test called this process, they would be called, too
    spare, unwanted = prefork_zygote(busy), prefork_zygote(busy)
    until(lambda: len(procfs.descriptors(spare.pid)) == len(("stdin", "stdout", "stderr", "channel", "busy")))
    unwanted.channel.close()
    assert ends(unwanted.pid) == 0
    assert procfs.comm(spare.pid) != "zygote"
    os.close(done)
    until(lambda: procfs.comm(spare.pid) == "zygote")
    until(lambda: len(procfs.descriptors(spare.pid)) == len(("stdin", "stdout", "stderr", "channel")))
    spare.end()
    for fd in (busy, unwanted.pidfd):
        os.close(fd)


def test_a_spare_zygote_that_fails_says_so_where_its_output_goes(tmp_path: Path) -> None:
    """As one that was executed does; `serve` is asked to enter what is no directory."""
    spare = prefork_zygote()
    read, write = os.pipe()
    parent, alive = os.pipe()
    setup = Setup(dict(os.environ), str(tmp_path / "nowhere"), (), (), ())
    wire.ask(spare.channel, [pack(setup, (write, write, parent))])
    os.close(write)

    assert ends(spare.pid) == 1
    assert b"FileNotFoundError" in os.read(read, 65536)
    for fd in (read, parent, alive, spare.pidfd):
        os.close(fd)
    spare.channel.close()


@pytest.mark.parametrize("unread", [True, False], ids=["with answers unread", "before it answers"])
def test_f2_a_zygote_whose_parent_is_killed_ends_without_a_word(tmp_path: Path, *, unread: bool) -> None:
    """The kernel tells of an end with answers unread by a reset, and of one before the answer by a broken pipe."""
    spare = prefork_zygote()
    read, write = os.pipe()
    parent, alive = os.pipe()
    go, slow = tmp_path / "go", tmp_path / "slow.py"
    os.mkfifo(go)
    slow.write_text(f"open({str(go)!r}).read()\n")
    setup = Setup(dict(os.environ), str(tmp_path), (str(tmp_path),), () if unread else ("slow",), ())
    wire.ask(spare.channel, [pack(setup, (write, write, parent))])
    os.close(write)
    if unread:
        until(lambda: bool(select.select([spare.channel], [], [], 0)[0]))
        spare.channel.close()
    else:
        with go.open("w"):  # once it is there to read
            spare.channel.close()

    assert ends(spare.pid) == 0
    assert os.read(read, 65536) == b""
    for fd in (read, parent, alive, spare.pidfd):
        os.close(fd)
