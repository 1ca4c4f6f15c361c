"""Tests of the engine when something around it fails: no descriptors, no interpreter, a killed supervisor, a liar."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from tests.process.engine_bench import Bench

from udaemon.policy.events import Exited, Ready, Spawned, SpawnFailed
from udaemon.policy.instance import Key
from udaemon.policy.reasons import Trouble
from udaemon.system.exit_status import reap
from udaemon.system.subreaper import become_subreaper

Wait = Callable[..., list[int]]
PAUSE = "import signal\ndef create(): return signal.pause\n"
LEAVE = "import os\ndef create(): return lambda: os._exit(7)\n"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.close()


SUPERVISOR = """
import sys
from pathlib import Path
from tests.process.engine_bench import Bench
from udaemon.policy.events import Ready
bench = Bench(Path(sys.argv[1]))
key = bench.daemon("pause")
pid = bench.start(key)
bench.until(key, Ready)
print(pid, *bench.zygotes(), flush=True)
bench.reactor.run_until(lambda: False, 60)
"""


def test_f1_a_killed_supervisor_takes_daemons_and_zygotes_with_it(bench: Bench, wait: Wait, tmp_path: Path) -> None:
    become_subreaper()
    bench.module("pause", PAUSE)
    supervisor = subprocess.Popen([sys.executable, "-c", SUPERVISOR, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert supervisor.stdout is not None
    wait([supervisor.stdout.fileno()], timeout=20, what="the pids of daemon and zygote")
    pidfds = [os.pidfd_open(int(pid)) for pid in supervisor.stdout.readline().split()]
    supervisor.kill()
    supervisor.wait(10)
    supervisor.stdout.close()
    for pidfd in pidfds:
        wait([pidfd], timeout=2, what="the end of a daemon or zygote")
        assert reap(pidfd) is not None
        os.close(pidfd)


@pytest.fixture
def no_descriptors() -> Iterator[Callable[[], None]]:
    """Leave this process no descriptor that is free, until the test says so or ends."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    used = sorted(map(int, os.listdir("/proc/self/fd")))
    free = next(number for number in range(len(used) + 1) if number not in used)
    fillers = [os.dup(0) for _ in range(used[-1] - free)]
    resource.setrlimit(resource.RLIMIT_NOFILE, (used[-1] + 1, hard))
    given_back: list[bool] = []

    def give_back() -> None:
        if not given_back:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            for fd in fillers:
                os.close(fd)
            given_back.append(True)

    yield give_back
    give_back()


def test_f13_a_start_without_descriptors_fails_for_want_of_a_resource(
    bench: Bench, request: pytest.FixtureRequest
) -> None:
    bench.module("pause", PAUSE)
    key = bench.daemon("pause")
    bench.start(key)
    other = Key("pause", 1)
    wanted = bench._request(other)
    give_back = request.getfixturevalue("no_descriptors")
    bench.engine.spawn([wanted])
    failed = bench.told(other, SpawnFailed)
    give_back()
    assert failed == [SpawnFailed(Trouble.RESOURCE, "socket: Too many open files")]
    bench.start(other)
    bench.until(other, Ready)


def test_a_zygote_that_cannot_be_executed_is_a_resource_error(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.module("pause", PAUSE)
    key = bench.daemon("pause")
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    bench.spawn(key)
    failed = bench.until(key, SpawnFailed)
    assert failed.trouble is Trouble.RESOURCE
    assert failed.message.startswith("zygote cannot be started: exec /no/such/python: No such file")
    monkeypatch.undo()
    bench.start(key)
    bench.until(key, Ready)


def test_a_child_that_speaks_nonsense_is_not_listened_to(bench: Bench) -> None:
    bench.module(
        "liar",
        """
        import os
        def create():
            for fd in range(3, 1000):
                try:
                    if os.readlink(f"/proc/self/fd/{fd}").startswith("socket"):
                        os.write(fd, b"\\xff" * 1000)
                except OSError:
                    pass
            return lambda: os._exit(9)
        """,
    )
    key = bench.daemon("liar")
    end = bench.run(key)
    assert (end.code, end.reason, end.message) == (9, None, None)
    assert bench.told(key, Ready) == []


def test_i3_a_zygote_that_lies_about_a_pid_is_not_believed(bench: Bench) -> None:
    bench.module("pause", PAUSE)
    bench.module(
        "forger",
        """
        import udaemon.engines.zygote.server as server
        true = server.fork_batch
        def forged(*request):
            pids = [int(word) for word in open("forged").read().split()]
            return [(pid, 0) for pid in pids] if pids else true(*request)
        server.fork_batch = forged
        def create(): pass
        """,
    )
    bench.daemon("forger", preload=("forger",))
    forged = bench.directory / "forged"
    forged.touch()
    honest, other = bench.daemon("pause"), bench.daemon("other", factory="pause:create")
    pid = bench.start(honest)
    for lie in (pid, bench.zygotes()[0], os.getpid(), 1):
        forged.write_text(str(lie))
        count = len(bench.told(other, SpawnFailed)) + 1
        bench.spawn(other)
        assert bench.until(other, SpawnFailed, count=count).trouble is Trouble.RESOURCE
    assert bench.told(honest, Exited) == []
    forged.write_text("")
    bench.start(other)


def test_a_closed_engine_leaves_daemons_alone(tmp_path: Path, wait: Wait) -> None:
    bench = Bench(tmp_path)
    bench.module("pause", PAUSE)
    key = bench.daemon("pause")
    pid = bench.start(key)
    bench.until(key, Ready)
    bench.engine.close()
    assert bench.reactor.watched == frozenset()
    pidfd = os.pidfd_open(pid)
    assert psutil.Process(pid).status() not in {psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD}
    signal.pidfd_send_signal(pidfd, signal.SIGKILL)
    wait([pidfd], timeout=10, what="the end of a daemon")
    assert reap(pidfd) is not None
    os.close(pidfd)


def test_variables_that_an_interpreter_reads_once_are_there_from_its_start(bench: Bench) -> None:
    (bench.directory / "lib").mkdir()
    (bench.directory / "lib" / "far.py").write_text(LEAVE)
    path = os.pathsep.join([str(bench.directory / "lib"), *filter(None, [os.environ.get("PYTHONPATH")])])
    key = bench.daemon("far", env={"PYTHONPATH": path})
    assert bench.run(key).code == 7


def test_f8_a_newborn_that_ends_at_once_is_never_taken_for_an_orphan(bench: Bench) -> None:
    bench.module("leave", LEAVE)
    bench.daemon("leave", instances=40)
    keys = [Key("leave", index) for index in range(40)]
    bench.spawn(*keys)

    def all_ended() -> bool:
        bench.engine.reap_orphans()
        return all(bench.told(key, Exited) for key in keys)

    bench.reactor.run_until(all_ended, 20)
    assert {event.code for key in keys for event in bench.told(key, Exited)} == {7}  # type: ignore[union-attr]
    assert bench.engine.deadline is None


def test_i7_descriptors_are_back_to_the_base_line_after_restarts(bench: Bench) -> None:
    bench.module("leave", LEAVE)
    factory, command = bench.daemon("leave"), bench.daemon("true", command=("/bin/true",))
    for key in (factory, command):
        bench.run(key)
    base = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        for key in (factory, command):
            bench.run(key)
    assert len(os.listdir("/proc/self/fd")) <= base, "a replaced zygote may still have been dying at the base line"
    assert len(psutil.Process(bench.zygotes()[0]).open_files()) <= 2
    assert psutil.Process(bench.zygotes()[0]).num_threads() == 1


def test_i18_a_factory_daemon_leads_a_session_with_clean_signals(bench: Bench) -> None:
    bench.module("pause", PAUSE)
    key = bench.daemon("pause")
    pid = bench.start(key)
    bench.until(key, Ready)
    assert (os.getsid(pid), os.getpgid(pid)) == (pid, pid)
    status = dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    blocked, ignored = int(status["SigBlk"], 16), int(status["SigIgn"], 16)
    assert not ignored & (1 << signal.SIGCHLD - 1)
    assert not ignored & (1 << signal.SIGINT - 1)
    assert blocked == 0


def test_f12_a_fork_that_is_refused_is_tried_again(tmp_path: Path) -> None:
    """A user without privileges may have no more processes: the zygote's fork says EAGAIN."""
    if os.getuid() != 0 or not Path("/usr/bin/setpriv").exists():
        pytest.skip("needs root to become nobody")
    bench = Bench(tmp_path)
    bench.module(
        "limit",
        "import resource, os\nresource.setrlimit(resource.RLIMIT_NPROC, (0, 0))\nos.setresuid(65534, 65534, 65534)\n",
    )
    bench.module("pause", PAUSE)
    key = bench.daemon("pause", preload=("limit",))
    bench.spawn(key)
    failed = bench.until(key, SpawnFailed, Spawned)
    bench.close()
    assert failed == SpawnFailed(Trouble.RESOURCE, "fork: Resource temporarily unavailable")
