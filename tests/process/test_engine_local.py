"""Tests of the engine with real processes: births, reports, ends, and what is left behind."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from tests.process.engine_bench import Bench

from udaemon.engines.locks import LockHeld, acquire
from udaemon.engines.zygote.protocol import Timeouts
from udaemon.manifest.model import Stop
from udaemon.policy.events import Exited, Leaving, Ready, Spawned, SpawnFailed, TreeGone
from udaemon.policy.instance import Key
from udaemon.policy.reasons import Reason, Trouble
from udaemon.system.process_tree import children

ONCE = """
    import udaemon
    def stop(): raise udaemon.StopTask
"""
SLEEPER = """
    import time
    def create(): return lambda: time.sleep(1000)
"""


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.close()


def test_a_factory_daemon_is_born_ready_and_ends(bench: Bench) -> None:
    bench.module(
        "hello", "import udaemon\ndef create():\n  def task(): print('hi'); raise udaemon.StopTask\n  return task"
    )
    key = bench.daemon("hello")
    end = bench.run(key)
    assert (end.code, end.signal, end.reason) == (0, None, Reason.TASK_STOPPED)
    assert [type(event) for event in bench.events[key]] == [Spawned, Ready, Leaving, Exited]
    assert bench.output(key) == "hi\n"


def test_a_factory_daemon_is_a_child_of_ours_and_a_process_of_multiprocessing(bench: Bench) -> None:
    bench.module("once", ONCE)
    bench.module(
        "who",
        """
        import multiprocessing as mp, os, once
        def create():
            parent = mp.parent_process()
            print(mp.current_process().name, parent.pid, parent.is_alive(), os.getppid())
            return once.stop
        """,
    )
    key = bench.daemon("who")
    bench.run(key)
    assert bench.output(key).split() == ["who/0", str(os.getpid()), "True", str(os.getpid())]


@pytest.mark.parametrize("form", ["factory", "command"])
def test_f19_every_exit_code_is_told_exactly(bench: Bench, form: str) -> None:
    bench.module("code", "import sys\ndef create(n): return lambda: sys.exit(n)")
    keys = []
    for code in range(256):
        what = {"command": ("/bin/sh", "-c", f"exit {code}")} if form == "command" else {"factory": "code:create"}
        keys.append(bench.daemon(f"d{code}", params={"n": code}, **what))
    for first in range(0, 256, 64):
        bench.spawn(*keys[first : first + 64])
        for key in keys[first : first + 64]:
            bench.until(key, Exited)
    assert [bench.told(key, Exited)[0].code for key in keys] == list(range(256))  # type: ignore[union-attr]


@pytest.mark.parametrize("form", ["factory", "command"])
def test_f19_every_deadly_signal_is_told_exactly(bench: Bench, form: str) -> None:
    harmless = {"SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGWINCH"}
    numbers = [number for number in signal.Signals if number.name not in harmless and number < 32]
    bench.module(
        "victim",
        """
        import os, signal
        def create(n):
            def task():
                if n != signal.SIGKILL: signal.signal(n, signal.SIG_DFL)
                signal.pthread_sigmask(signal.SIG_SETMASK, ())
                os.kill(os.getpid(), n)
            return task
        """,
    )
    keys = []
    for number in numbers:
        script = f"ulimit -c 0; kill -{int(number)} $$"
        what = {"command": ("/bin/sh", "-c", script)} if form == "command" else {"factory": "victim:create"}
        keys.append(bench.daemon(f"s{int(number)}", params={"n": int(number)}, **what))
    bench.spawn(*keys)
    ends = [bench.until(key, Exited) for key in keys]
    assert [(end.code, end.signal) for end in ends] == [(None, int(number)) for number in numbers]


def test_a_signal_reaches_the_process_and_a_stopped_one_goes_on(bench: Bench) -> None:
    bench.module("sleeper", SLEEPER)
    key = bench.daemon("sleeper")
    pid = bench.start(key)
    bench.until(key, Ready)
    bench.engine.signal(key, "STOP")
    stopped = os.waitid(os.P_PID, pid, os.WSTOPPED | os.WNOWAIT)
    assert stopped is not None
    bench.engine.signal(key, "KILL")
    assert bench.until(key, Exited).signal == signal.SIGKILL
    bench.engine.signal(key, "TERM")
    assert bench.engine.pidfd(key) is None


def test_f14_a_command_that_is_not_there_is_a_config_error(bench: Bench) -> None:
    key = bench.daemon("ghost", command=("/no/such",))
    bench.spawn(key)
    assert bench.events[key] == [SpawnFailed(Trouble.CONFIG, "exec /no/such: No such file or directory (ENOENT)")]
    os.close(acquire(str(bench.directory / "locks"), key))


@pytest.mark.parametrize(
    ("text", "code", "reason", "last"),
    [
        ("import nothing_of_that_name", 1, Reason.EXCEPTION, "ModuleNotFoundError"),
        ("def create(:", 1, Reason.EXCEPTION, "SyntaxError"),
        ("def make(): pass", 78, Reason.CONFIG, "create"),
    ],
)
def test_f15_an_error_at_import_is_the_daemons_own(
    bench: Bench, text: str, code: int, reason: Reason, last: str
) -> None:
    bench.module("broken", text)
    bench.module("sleeper", SLEEPER)
    broken, well = bench.daemon("broken"), bench.daemon("sleeper")
    bench.spawn(broken, well)
    end = bench.until(broken, Exited)
    assert (end.code, end.reason) == (code, reason)
    assert last in (end.message or "")
    assert last in (bench.engine.last_error(broken) or "")
    assert last in bench.output(broken)
    bench.until(well, Ready)
    assert bench.told(well, SpawnFailed, Exited) == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("import sys; sys.exit(5)", 5),
        ("import os; os._exit(3)", 3),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", None),
        ("import threading, time; threading.Thread(target=time.sleep, args=(9,), daemon=True).start()", 7),
        ("import os\nif os.fork() == 0: os._exit(0)", 7),
        ("import os, time\nif os.fork() == 0: time.sleep(0.05)", 7),
        ("raise KeyboardInterrupt", 1),
    ],
)
def test_f16_a_module_that_misbehaves_at_import_harms_only_its_own_daemon(
    bench: Bench, text: str, code: int | None
) -> None:
    bench.module("rogue", text + "\nimport sys\ndef create(): return lambda: sys.exit(7)\n")
    bench.module("sleeper", SLEEPER)
    rogue, well = bench.daemon("rogue"), bench.daemon("sleeper")
    bench.spawn(rogue, well)
    assert bench.until(rogue, Exited).code == code
    bench.until(well, Ready)
    assert bench.told(well, SpawnFailed, Exited) == []
    assert bench.notices == []


@pytest.mark.parametrize("preload", [(), ("stuck",)])
def test_f16_a_module_that_hangs_at_import_is_left_to_its_daemon(tmp_path: Path, preload: tuple[str, ...]) -> None:
    bench = Bench(tmp_path, timeouts=Timeouts(answer=5.0, preload=0.3))
    bench.module("stuck", "import time; time.sleep(1000)")
    bench.module("sleeper", SLEEPER)
    stuck, well = bench.daemon("stuck", preload=preload), bench.daemon("sleeper")
    bench.spawn(stuck, well)
    bench.until(well, Ready)
    bench.until(stuck, Spawned)
    told = "zygote replaced: stuck is left to the daemons to import: its import took longer than 0.3 s"
    assert bench.notices == ([told] if preload else [])
    bench.close()


def test_f3_a_killed_zygote_harms_no_daemon_and_is_replaced(bench: Bench) -> None:
    bench.module("sleeper", SLEEPER)
    key, other = bench.daemon("sleeper"), bench.daemon("other", factory="sleeper:create")
    pid = bench.start(key)
    bench.until(key, Ready)
    [zygote] = bench.zygotes()
    os.kill(zygote, signal.SIGKILL)
    bench.reactor.run_until(lambda: bench.notices)
    assert bench.notices == [f"zygote {zygote} ended (signal 9)"]
    bench.start(other)
    bench.until(other, Ready)
    assert psutil.Process(pid).is_running()
    assert bench.told(key, Exited) == []
    assert bench.zygotes() != [zygote]


def test_f4_a_zygote_that_hangs_is_replaced_and_harms_no_daemon(tmp_path: Path) -> None:
    bench = Bench(tmp_path, timeouts=Timeouts(answer=0.5, preload=5.0))
    bench.module("sleeper", SLEEPER)
    key, other = bench.daemon("sleeper"), bench.daemon("other", factory="sleeper:create")
    bench.start(key)
    [zygote] = bench.zygotes()
    os.kill(zygote, signal.SIGSTOP)
    bench.spawn(other)
    failed = bench.until(other, SpawnFailed)
    assert failed == SpawnFailed(Trouble.RESOURCE, "zygote not answering")
    bench.start(other)
    assert bench.told(key, Exited) == []
    assert bench.zygotes() != [zygote]
    bench.close()


def test_f3_a_zygote_killed_over_a_batch_leaves_no_unknown_process(bench: Bench) -> None:
    """A fork hook stops the process between, so that the batch is half done when the zygote dies."""
    bench.module(
        "half",
        """
        import os, signal
        forks = 0
        def before():
            global forks
            forks += 1
            if forks == 4:
                open("half", "w").close()
                signal.pause()
        os.register_at_fork(before=before)
        def create(): return signal.pause
        """,
    )
    os.mkfifo(bench.directory / "half")
    half = os.open(bench.directory / "half", os.O_RDONLY | os.O_NONBLOCK)
    reached = []

    def reach() -> None:
        bench.reactor.forget(half)
        reached.append(True)

    bench.reactor.watch(half, reach)
    keys = [bench.daemon(f"half{i}", factory="half:create", preload=("half",)) for i in range(5)]
    bench.spawn(*keys)
    bench.reactor.run_until(lambda: reached)
    os.close(half)
    [zygote] = bench.zygotes()
    os.kill(zygote, signal.SIGKILL)
    for key in keys:
        fate = bench.until(key, SpawnFailed, Spawned)
        assert fate == SpawnFailed(Trouble.RESOURCE, f"zygote {zygote} ended (signal 9)")
        os.close(acquire(str(bench.directory / "locks"), key))


def test_changed_code_is_run_by_the_next_process(bench: Bench) -> None:
    text = "import once\ndef create(): print({!r}); return once.stop\n"
    bench.module("once", ONCE)
    bench.module("code", text.format("old"))
    key = bench.daemon("code", preload=("code",))
    bench.run(key)
    bench.run(key)
    assert bench.notices == [], "the same code needs no new zygote"
    path = bench.module("code", text.format("new"))
    bench.run(key)
    assert bench.output(key).split() == ["old", "old", "new"]
    assert bench.notices == [f"zygote replaced: {path} has changed"]
    path.unlink()
    assert bench.run(key).code == 78


def test_each_environment_has_its_zygote(bench: Bench) -> None:
    bench.module("once", ONCE)
    bench.module("env", "import os, once\nseen = os.environ.get('COLOUR')\ndef create(): print(seen); return once.stop")
    plain = bench.daemon("plain", factory="env:create")
    one = bench.daemon("one", factory="env:create", env={"COLOUR": "red"})
    bench.daemon("two", factory="env:create", env={"COLOUR": "blue"}, instances=2)
    keys = [plain, one, Key("two", 0), Key("two", 1)]
    bench.spawn(*keys)
    for key in keys:
        bench.until(key, Exited)
    assert [bench.output(key) for key in keys] == ["None\n", "red\n", "blue\n", "blue\n"]
    assert len(bench.zygotes()) == 3


@pytest.mark.parametrize(
    "script", ["sleep 1000 & exit 0", "setsid sleep 1000 & exit 0", "(trap '' TERM; sleep 1000) & exit 0"]
)
def test_f35_what_a_leader_leaves_behind_is_told_and_can_be_killed(bench: Bench, script: str) -> None:
    key = bench.daemon("parent", command=("/bin/sh", "-c", script))
    before = children()
    end = bench.run(key)
    assert len(end.survivors) == 1
    bench.engine.kill_tree(key)
    bench.until(key, TreeGone)
    assert children() == before
    os.close(acquire(str(bench.directory / "locks"), key))


@pytest.mark.parametrize("kind", ["factory", "command"])
def test_i1_a_daemon_that_closes_our_descriptors_keeps_its_lock(bench: Bench, kind: str) -> None:
    """Nobody asks who has the file open: the engine holds the lock until the last of the tree has gone."""
    program = """
        import os, signal, time
        def create():
            os.closerange(3, 200)
            if os.fork() == 0:
                os.setsid()
                with open("left.fifo", "w") as left:
                    left.write("x")
            time.sleep(1000)
        if __name__ == "__main__":
            create()
        """
    os.mkfifo(bench.directory / "left.fifo")
    bench.module("closes", program)
    key = bench.daemon("closes", **({"command": (sys.executable, "closes.py")} if kind == "command" else {}))
    pid = bench.start(key)
    left = os.open(bench.directory / "left.fifo", os.O_RDWR | os.O_NONBLOCK)
    bench.reactor.watch(left, lambda: bench.reactor.forget(left))
    bench.reactor.run_until(lambda: left not in bench.reactor.watched)
    os.close(left)
    with pytest.raises(LockHeld):
        acquire(str(bench.directory / "locks"), key)
    os.kill(pid, signal.SIGKILL)
    end = bench.until(key, Exited)
    assert isinstance(end, Exited)
    assert len(end.survivors) == 1
    with pytest.raises(LockHeld):
        acquire(str(bench.directory / "locks"), key)
    bench.engine.kill_tree(key)
    bench.until(key, TreeGone)
    os.close(acquire(str(bench.directory / "locks"), key))


def test_f35_survivors_of_survivors_are_found(bench: Bench) -> None:
    script = "setsid sh -c 'setsid sh -c \"setsid sleep 1000 & wait\" & wait' & exit 0"
    key = bench.daemon("parent", command=("/bin/sh", "-c", script))
    survivors = bench.run(key).survivors
    assert survivors
    bench.engine.kill_tree(key)
    bench.until(key, TreeGone)
    bench.reap_orphans()
    assert [pid for pid in survivors if psutil.pid_exists(pid)] == []


def test_a_tree_that_is_not_to_be_killed_is_left_alone(bench: Bench) -> None:
    key = bench.daemon("parent", command=("/bin/sh", "-c", "sleep 1000 & echo $!"), stop=Stop(kill_tree=False))
    assert bench.run(key).survivors == ()
    stray = psutil.Process(int(bench.output(key)))
    assert stray.is_running()
    with pytest.raises(LockHeld):
        acquire(str(bench.directory / "locks"), key)
    stray.kill()
    stray.wait(10)


def test_f8_orphans_are_reaped_and_daemons_are_not(bench: Bench, wait: Callable[..., list[int]]) -> None:
    os.mkfifo(bench.directory / "orphan")
    fifo = os.open(bench.directory / "orphan", os.O_RDWR)
    key = bench.daemon("parent", command=("/bin/sh", "-c", "(sh -c 'echo $$ > orphan' &); exec sleep 1000"))
    quick = bench.daemon("quick", command=("/bin/true",))
    bench.start(key)
    bench.start(quick)
    wait([fifo], timeout=10, what="the pid of an orphan")
    orphan = os.pidfd_open(int(os.read(fifo, 100)))
    quickly = bench.engine.pidfd(quick)
    assert quickly is not None
    for pidfd in (orphan, quickly):
        wait([pidfd], timeout=10, what="the end of an orphan and of a daemon")
    bench.engine.reap_orphans()
    with pytest.raises(ChildProcessError):
        os.waitid(os.P_PIDFD, orphan, os.WEXITED | os.WNOHANG)
    assert bench.until(quick, Exited).code == 0
    assert bench.engine.pidfd(key) is not None
    os.close(orphan)
    os.close(fifo)


def test_f61_a_child_has_the_declared_descriptors_only(bench: Bench) -> None:
    bench.module("once", ONCE)
    bench.module(
        "lister",
        """
        import os, once
        def create():
            with os.scandir("/proc/self/fd") as entries:
                for entry in entries:
                    print(entry.name, os.readlink(entry.path).split(":")[0])
            return once.stop
        """,
    )
    key = bench.daemon("lister")
    bench.run(key)
    fds = dict(line.split() for line in bench.output(key).splitlines())
    named = {
        number: "lock" if target.startswith(f"{bench.directory}/locks/") else Path(target).name
        for number, target in fds.items()
    }
    assert [named.pop(number) for number in "012"] == ["null", "lister-0.out", "lister-0.out"]
    names = sorted(named.values())
    assert [name for name in names if name not in {"fd", "scoreboard"}] == ["lock", "pipe", "socket"], fds


def test_a_hundred_are_born_in_one_go(bench: Bench) -> None:
    bench.module("sleeper", SLEEPER)
    bench.daemon("sleeper", instances=100)
    keys = [Key("sleeper", index) for index in range(100)]
    bench.spawn(*keys)
    bench.reactor.run_until(lambda: all(bench.told(key, Ready) for key in keys), 30)
    pids = {bench.told(key, Spawned)[0].pid for key in keys}  # type: ignore[union-attr]
    assert len(pids) == 100
    assert {psutil.Process(pid).ppid() for pid in pids} == {os.getpid()}
    for key in keys:
        bench.engine.signal(key, "KILL")
    bench.reactor.run_until(lambda: all(bench.told(key, Exited) for key in keys), 30)


def test_a_daemon_is_called_by_its_name(bench: Bench) -> None:
    bench.module("sleeper", SLEEPER)
    key = bench.daemon("sleeper")
    pid = bench.start(key)
    bench.until(key, Ready)
    assert Path(f"/proc/{pid}/comm").read_text() == "sleeper/0\n"


def test_an_idle_engine_waits_for_nothing(bench: Bench) -> None:
    bench.module("sleeper", SLEEPER)
    key = bench.daemon("sleeper")
    bench.start(key)
    bench.until(key, Ready)
    assert bench.engine.deadline is None
