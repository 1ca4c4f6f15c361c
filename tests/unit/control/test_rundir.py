"""The run directory: where it is, whose it is, and who may go first."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from udaemon.control import rundir, sockets
from udaemon.engines import locks
from udaemon.errors import UdaemonError

ME = os.geteuid()


@pytest.fixture
def base(tmp_path: Path) -> str:
    return str(tmp_path / "udaemon")


@pytest.fixture
def made(base: str) -> Iterator[tuple[str, int]]:
    fd = rundir.make(base, "shop-01234567")
    rundir.release(fd)
    yield os.path.join(base, "shop-01234567"), fd
    os.close(fd)


def test_where_it_is(tmp_path: Path) -> None:
    fallback = "/run/udaemon" if ME == 0 else f"/tmp/udaemon-{ME}"
    assert rundir.base({"XDG_RUNTIME_DIR": str(tmp_path)}, ME) == f"{tmp_path}/udaemon"
    assert rundir.base({}, ME) == fallback
    assert rundir.base({"XDG_RUNTIME_DIR": "relative"}, ME) == fallback
    assert rundir.base({"XDG_RUNTIME_DIR": "/nowhere/at/all"}, ME) == fallback
    assert rundir.base({"XDG_RUNTIME_DIR": str(tmp_path)}, ME + 1) == f"/tmp/udaemon-{ME + 1}"


def test_its_name_comes_from_the_project_and_the_manifests_real_path(tmp_path: Path) -> None:
    real, link = tmp_path / "udaemon.toml", tmp_path / "link.toml"
    real.touch()
    link.symlink_to(real)
    name = rundir.directory_name("shop", str(real))
    assert name == rundir.directory_name("shop", str(link))
    assert name.startswith("shop-")
    assert len(name) == len("shop-") + 8
    assert name != rundir.directory_name("shop", str(tmp_path / "other.toml"))


def test_a_client_finds_it_without_the_projects_name(tmp_path: Path, base: str) -> None:
    manifest = str(tmp_path / "udaemon.toml")
    for name in (rundir.directory_name("shop", manifest), rundir.directory_name("test", manifest), "shop-00000000"):
        os.close(rundir.make(base, name))
    named = [os.path.basename(path)[:-9] for path in rundir.candidates(base, manifest)]
    assert named == ["shop", "test"]
    assert len(rundir.candidates(base, manifest, "test")) == 1
    assert len(rundir.candidates(base, project="shop")) == 2
    assert len(rundir.candidates(base)) == 3
    assert rundir.candidates(base + "/nowhere") == []


def test_it_is_made_for_its_owner_alone(made: tuple[str, int], base: str) -> None:
    path, fd = made
    assert os.stat(path).st_mode & 0o777 == 0o700
    assert os.stat(base).st_mode & 0o777 == 0o700
    assert not os.get_inheritable(fd)


@pytest.mark.parametrize("mode", [0o777, 0o750, 0o701])
def test_f56_a_directory_that_others_may_use_is_refused(base: str, made: tuple[str, int], mode: int) -> None:
    path, _fd = made
    os.chmod(path, mode)
    with pytest.raises(UdaemonError, match=f"is not safe: its mode is 0{mode:o}"):
        rundir.open_directory(path)
    with pytest.raises(UdaemonError, match="is not safe"):
        rundir.make(base, "shop-01234567")


@pytest.mark.skipif(ME != 0, reason="only root can give a directory away")
def test_f56_a_directory_of_somebody_else_is_refused(made: tuple[str, int]) -> None:
    path, _fd = made
    os.chown(path, 12345, -1)
    with pytest.raises(UdaemonError, match="it belongs to uid 12345"):
        rundir.open_directory(path)


def test_f56_a_link_in_its_place_is_refused(tmp_path: Path, base: str, made: tuple[str, int]) -> None:
    (tmp_path / "udaemon" / "evil-01234567").symlink_to(tmp_path)
    with pytest.raises(UdaemonError, match="cannot be made"):
        rundir.make(base, "evil-01234567")


def test_f56_a_place_that_cannot_be_written_is_told_with_its_errno(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UdaemonError, match=r"cannot be made: Not a directory \(ENOTDIR\)"):
        rundir.make(str(tmp_path / "file"), "shop-01234567")


def test_f54_only_one_takes_the_lock(made: tuple[str, int]) -> None:
    _path, fd = made
    assert not rundir.running(fd)
    lock = rundir.take_lock(fd)
    assert lock is not None
    assert rundir.take_lock(fd) is None
    assert rundir.running(fd)
    os.close(lock)
    assert not rundir.running(fd)


def test_f55_a_lock_file_that_was_left_behind_is_taken_again(made: tuple[str, int]) -> None:
    path, fd = made
    Path(path, "lock").write_text("4711")
    lock = rundir.take_lock(fd)
    assert lock is not None
    os.close(lock)


def test_one_that_is_removed_between_two_looks_is_made_again(
    made: tuple[str, int], base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a supervisor does that ends at this moment."""
    there = [made[0]]
    mkdir = os.mkdir

    def removed_meanwhile(path: str, mode: int = 0o777) -> None:
        try:
            mkdir(path, mode)
        except FileExistsError:
            if path in there:
                os.rmdir(there.pop())
            raise

    monkeypatch.setattr(os, "mkdir", removed_meanwhile)
    fd = rundir.make(base, "shop-01234567")
    assert there == []
    assert rundir.leads_to(made[0], fd)
    os.close(fd)


def test_f54_of_two_that_make_it_the_second_waits_for_the_first(base: str) -> None:
    first = rundir.make(base, "shop-01234567")
    got: list[int] = []
    second = threading.Thread(target=lambda: got.append(rundir.make(base, "shop-01234567")))
    second.start()
    second.join(0.05)
    assert got == []
    rundir.release(first)
    second.join(5.0)
    assert len(got) == 1
    os.close(got[0])
    os.close(first)


def test_f54_who_waited_in_a_directory_that_was_taken_away_gets_the_new_one(base: str) -> None:
    path = os.path.join(base, "shop-01234567")
    first = rundir.make(base, "shop-01234567")
    got: list[int] = []
    second = threading.Thread(target=lambda: got.append(rundir.make(base, "shop-01234567")))
    second.start()
    second.join(0.05)
    os.rmdir(path)
    rundir.release(first)
    second.join(5.0)
    assert os.path.samestat(os.fstat(got[0]), os.stat(path))
    os.close(got[0])
    os.close(first)


def test_a_pid_file_is_never_believed(made: tuple[str, int]) -> None:
    path, fd = made
    Path(path, "supervisor.pid").write_text("rm -rf /")
    assert rundir.read_pid(fd) is None


def test_the_socket_may_lie_at_the_end_of_any_path(tmp_path: Path) -> None:
    base = str(tmp_path / ("long" * 40))
    fd = rundir.make(base, "shop-01234567")
    listener = sockets.listen(fd)
    assert os.stat(os.path.join(base, "shop-01234567", "control.sock")).st_mode & 0o777 == 0o600
    connection = sockets.connect(fd)
    assert connection is not None
    connection.close()
    listener.close()
    os.close(fd)


def test_f55_a_socket_that_was_left_behind_is_bound_anew(made: tuple[str, int]) -> None:
    _path, fd = made
    sockets.listen(fd).close()
    assert sockets.connect(fd) is None
    listener = sockets.listen(fd)
    connection = sockets.connect(fd)
    assert connection is not None
    connection.close()
    listener.close()


def test_without_a_socket_nobody_listens(made: tuple[str, int]) -> None:
    assert sockets.connect(made[1]) is None


def test_f58_a_full_queue_is_waited_for_and_then_told(made: tuple[str, int]) -> None:
    _path, fd = made
    with sockets.listen(fd) as listener:
        listener.listen(0)
        first = sockets.connect(fd, 5.0)
        assert first is not None
        with first:
            with pytest.raises(sockets.SupervisorSilent, match="the supervisor does not answer"):
                sockets.connect(fd, 0.02)
            second: list[socket.socket | None] = []
            waits = threading.Thread(target=lambda: second.append(sockets.connect(fd, 5.0)))
            waits.start()
            listener.accept()[0].close()
            waits.join(5.0)
            assert second[0] is not None
            second[0].close()


def test_an_up_that_does_not_go_on_is_waited_for_for_a_while_and_named(base: str) -> None:
    first = rundir.make(base, "shop-01234567")
    with pytest.raises(UdaemonError) as failed:
        rundir.make(base, "shop-01234567", within=0.05)
    assert failed.value.message == (
        f"run directory {base}/shop-01234567 cannot be made: another up, pid {os.getpid()}, is at it"
        " and was not through within 0.05 s"
    )
    rundir.release(first)
    os.close(first)
    os.close(rundir.make(base, "shop-01234567"))


def test_the_room_that_is_looked_for_has_all_files_of_locks_in_it() -> None:
    assert rundir.LOCK_FILES == locks.FILES
