"""A second without memory or descriptors (faults.md F13): all that was opened is closed, and later all goes on."""

from __future__ import annotations

import os
import resource
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from tests.fakes.host import FakeHost
from tests.fakes.reactor import SmallReactor
from tests.unit.control.conftest import Serve
from tests.unit.control.talk import open_fds

from udaemon.control import rundir, sockets
from udaemon.control.rundir_guard import RundirGuard


class Scarce(SmallReactor):
    """Refuses to watch anything more, with `error`, while that is set."""

    error: Exception | None = None

    def watch(self, fd: int, callback: Callable[[], None]) -> None:
        if self.error is not None:
            raise self.error
        super().watch(fd, callback)


@pytest.mark.parametrize("error", [MemoryError(), OSError(12, "Cannot allocate memory")], ids=repr)
def test_f13_two_hundred_clients_without_memory_cost_neither_an_fd_nor_the_listener(
    serve: Serve, host: FakeHost, error: Exception
) -> None:
    reactor = Scarce()
    talk = serve(host, reactor=reactor)
    before = open_fds()
    reactor.error = error
    for _ in range(200):
        client = sockets.connect(talk.fd)
        assert client is not None
        with suppress(MemoryError, OSError):  # the supervisor's loop reports it
            reactor.turn(0.0)
        client.close()
    for _ in range(200):
        with suppress(MemoryError, OSError):
            reactor.turn(0.0)
    reactor.error = None

    assert open_fds() == before
    assert talk.ask("hello")["ok"] is True


def test_f13_a_listener_that_rested_and_cannot_be_watched_yet_is_watched_later(serve: Serve, host: FakeHost) -> None:
    reactor = Scarce()
    talk = serve(host, reactor=reactor)
    talk.server._pause()
    reactor.error = MemoryError()
    for _ in range(5):
        with suppress(MemoryError):
            talk.pass_time(1.0)
    reactor.error = None
    talk.pass_time(1.0)
    assert talk.ask("hello")["ok"] is True


def test_f13_a_request_whose_end_fails_frees_its_place(serve: Serve, host: FakeHost) -> None:
    def no_memory() -> Callable[[], None]:
        def end() -> None:
            raise MemoryError

        return end

    host.subscribe = lambda _subscriber: no_memory()  # type: ignore[method-assign, assignment]
    talk = serve(host)
    before = open_fds()
    client = talk.client()
    client.ask("events", follow=True)
    talk.until(client.answered)
    client.socket.close()
    with suppress(MemoryError):
        talk.reactor.run_until(lambda: False, 0.2)
    assert open_fds() == before


def test_f13_a_run_directory_whose_lock_cannot_be_taken_costs_no_fd(tmp_path: Path) -> None:
    """An `up` that does not wait for the start mutex, a lock that is no file, a place that cannot be made again."""
    base = str(tmp_path)
    fd = rundir.make(base, "shop-00000000")
    before = open_fds()
    for _ in range(3):
        with pytest.raises(Exception, match="cannot be made"):
            rundir.make(base, "shop-00000000", within=0.0)
    rundir.release(fd)
    assert open_fds() == before

    os.mkdir(rundir.LOCK, dir_fd=fd)
    for _ in range(3):
        with pytest.raises(IsADirectoryError):
            rundir.take_lock(fd)
    assert open_fds() == before
    os.close(fd)


def guarded(tmp_path: Path) -> tuple[Path, int, RundirGuard]:
    """A run directory, open, and what looks after it."""
    path = tmp_path / "shop-00000000"
    fd = rundir.make(str(tmp_path), path.name)
    rundir.release(fd)
    lock = rundir.take_lock(fd)
    assert lock is not None
    return path, fd, RundirGuard(str(path), lock)


def test_f56_a_place_that_cannot_be_made_again_costs_no_fd_and_is_made_later(tmp_path: Path) -> None:
    path, fd, place = guarded(tmp_path)
    with SmallReactor() as reactor:
        first = place.listener
        moved: list[str] = []
        told: list[str] = []
        place.keep(
            reactor, on_moved=lambda _listener: moved.append("moved"), on_trouble=told.append, on_taken=told.clear
        )
        (path / "lock").unlink()
        (path / "lock").mkdir()
        reactor.turn(0.0)
        before = open_fds()
        for _ in range(5):
            place.expire(0.0)
        assert open_fds() == before
        assert len(told) == 1
        (path / "lock").rmdir()
        place.expire(0.0)
        assert moved == ["moved"]
        place.close(reactor)
    assert rundir.running(fd)
    first.close()
    place.listener.close()
    os.close(fd)


def test_f56_a_place_that_cannot_be_watched_is_looked_after_all_the_same(tmp_path: Path) -> None:
    """No descriptor for inotify, or no watch left to this user: it is tried again, and looked at until then."""
    path, fd, place = guarded(tmp_path)
    first = place.listener
    moved: list[str] = []
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    with SmallReactor() as reactor:
        resource.setrlimit(resource.RLIMIT_NOFILE, (0, limits[1]))
        try:
            place.keep(reactor, on_moved=lambda _listener: moved.append("moved"), on_trouble=print, on_taken=print)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        assert place.deadline is not None
        (path / "control.sock").unlink()
        place.expire(place.deadline)
        assert moved == ["moved"]
        assert place.deadline is None
        place.listener.close()
        (path / "control.sock").unlink()
        reactor.run_until(lambda: len(moved) == 2)
        place.close(reactor)
    first.close()
    place.listener.close()
    os.close(fd)
