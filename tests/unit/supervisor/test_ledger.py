"""The ledger's file: written a turn at a time, anew when it has grown, and after a disk was full."""

import os
from binascii import crc32
from pathlib import Path

import pytest
from attrs import evolve

from udaemon.errors import UdaemonError
from udaemon.manifest.model import Daemon
from udaemon.policy.instance import Instance, Key, State
from udaemon.policy.ledger import Read, head, line
from udaemon.supervisor.ledger import Ledger, load
from udaemon.system.kernel import Kernel

ONE = Instance(daemon=Daemon(name="one", command=("run",)), index=0, state=State.RUNNING, pid=7)


def read(path: Path) -> Read:
    """What a next supervisor would know; it hears of no trouble."""
    troubles: list[str] = []
    found = load(str(path), troubles.append)
    assert troubles == []
    return found


def note(written: Ledger, instance: Instance) -> None:
    """One has changed."""
    written.note(instance.key, instance)


def test_what_is_flushed_is_read_and_nothing_before(tmp_path: Path) -> None:
    """Those of a turn together."""
    path = tmp_path / "ledger"
    written = Ledger(str(path))
    written.note(ONE.key, ONE)
    assert read(path) == Read()
    note(written, evolve(ONE, restarts=1))
    written.flush()
    assert read(path).entries[ONE.key].fields["restarts"] == 1
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_turn_without_changes_writes_nothing(tmp_path: Path) -> None:
    """An idle supervisor does not touch the disk."""
    path = tmp_path / "ledger"
    Ledger(str(path)).flush()
    assert not path.exists()


def test_since_when_a_process_is_known_stays(tmp_path: Path) -> None:
    """A process with its number that began later is another one."""
    path = tmp_path / "ledger"
    written = Ledger(str(path))
    written.note(ONE.key, ONE)
    written.flush()
    first = read(path).entries[ONE.key].seen_at
    assert first is not None
    note(written, evolve(ONE, restarts=1))
    written.flush()
    assert read(path).entries[ONE.key].seen_at == first
    note(written, evolve(ONE, pid=8))
    written.flush()
    second = read(path).entries[ONE.key].seen_at
    assert second is not None
    assert second > first


def test_it_does_not_grow_without_end(tmp_path: Path) -> None:
    """10,000 restarts of one daemon are one line, and a few that are outdated."""
    path = tmp_path / "ledger"
    written = Ledger(str(path))
    for restarts in range(10_000):
        note(written, evolve(ONE, restarts=restarts))
        written.flush()
    assert path.stat().st_size < 100_000
    assert read(path).entries[ONE.key].fields["restarts"] == 9_999
    assert os.listdir(tmp_path) == ["ledger"]


def test_what_could_not_be_written_is_written_later(tmp_path: Path) -> None:
    """faults.md F56: it is told once, and once again when it is written."""
    troubles: list[str] = []
    written = Ledger(str(tmp_path / "run" / "ledger"), troubles.append)
    for restarts in range(3):
        note(written, evolve(ONE, restarts=restarts))
        written.flush()
    assert troubles == ["the ledger cannot be written: No such file or directory (ENOENT)"]
    assert written.deadline is not None
    (tmp_path / "run").mkdir()
    written.expire(0.0)
    assert written.deadline is None
    assert troubles[1:] == ["the ledger is written again"]
    assert read(tmp_path / "run" / "ledger").entries[ONE.key].fields["restarts"] == 2


def test_a_line_after_one_that_was_cut_short_is_not_lost_with_it(tmp_path: Path) -> None:
    """What is torn is written anew, not appended to."""
    path = tmp_path / "ledger"
    written = Ledger(str(path))
    written.note(ONE.key, ONE)
    written.flush()
    limited = os.fork()
    if limited == 0:
        import resource
        import signal

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 20, resource.RLIM_INFINITY))
        note(written, evolve(ONE, restarts=1))
        written.flush()
        refused = written.deadline is not None
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        note(written, evolve(ONE, index=1))
        written.expire(0.0)
        os._exit(0 if refused else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(limited, 0)[1]) == 0
    found = read(path)
    assert found.entries[ONE.key].fields["restarts"] == 1
    assert set(found.entries) == {ONE.key, Key("one", 1)}


def test_it_is_written_again_where_somebody_removed_it(tmp_path: Path) -> None:
    """The run directory was made anew."""
    path = tmp_path / "ledger"
    written = Ledger(str(path))
    written.note(ONE.key, ONE)
    written.flush()
    path.unlink()
    written.rewrite()
    assert ONE.key in read(path).entries
    written.close()
    assert not path.exists()


def test_a_ledger_of_another_start_of_the_machine_says_nothing(tmp_path: Path) -> None:
    """Its times and pids mean nothing now."""
    path = tmp_path / "ledger"
    path.write_bytes(head("another") + line(ONE, 1.0))
    assert read(path) == Read()


def test_damage_is_told(tmp_path: Path) -> None:
    """faults.md F57: one clear line."""
    path = tmp_path / "ledger"
    path.write_bytes(b"\x00" * 100 + b"\nx\n")
    troubles: list[str] = []
    assert load(str(path), troubles.append) == Read()
    assert troubles == ["the ledger is damaged: 2 lines of it are ignored"]


def test_one_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    """It is not overwritten either."""
    path = tmp_path / "ledger"
    path.write_bytes(b'%08x {"ledger":99}\n' % crc32(b'{"ledger":99}'))
    before = path.read_bytes()
    with pytest.raises(UdaemonError, match="newer udaemon"):
        load(str(path), lambda _text: None)
    assert path.read_bytes() == before


class Clock(Kernel):
    """Each look is a second later."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def since_boot(self) -> float:
        """Seconds since the system was started."""
        self.seconds += 1.0
        return self.seconds


def test_the_next_process_of_an_instance_may_have_the_number_of_the_last(tmp_path: Path) -> None:
    """Also where both are of one turn of the loop: it was not there when that one was seen."""
    path, clock = tmp_path / "ledger", Clock()
    written = Ledger(str(path), kernel=clock)
    note(written, ONE)
    written.flush()
    for pid in (None, ONE.pid):
        note(written, evolve(ONE, pid=pid))
    written.flush()
    assert read(path).entries[ONE.key].seen_at == clock.seconds > 101.0


def test_what_the_disk_takes_only_in_part_is_written_on(tmp_path: Path) -> None:
    class Slow(Kernel):
        def write(self, fd: int, data: bytes) -> int:
            return super().write(fd, data[:5])

    path = tmp_path / "ledger"
    written = Ledger(str(path), kernel=Slow())
    note(written, ONE)
    written.flush()
    assert read(path).entries[ONE.key].pid == ONE.pid
