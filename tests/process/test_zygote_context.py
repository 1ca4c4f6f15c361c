"""Tests of the start method by itself, used as any context of multiprocessing."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.connection import wait as wait_for
from multiprocessing.shared_memory import SharedMemory
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import pytest

from udaemon.engines.zygote.context import ZygoteContext
from udaemon.system.process_tree import children
from udaemon.system.threads import is_alone

Wait = Callable[..., list[int]]


@pytest.fixture
def context() -> Iterator[ZygoteContext]:
    made = ZygoteContext(["json"])
    yield made
    made.close()
    gc.collect()
    resource_tracker._resource_tracker._stop()  # type: ignore[attr-defined]  # locks and shared memory start one, which would be left behind


def describe(connection: Connection) -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    connection.send((multiprocessing.current_process().name, os.getpid(), parent.pid, parent.is_alive()))


def test_a_process_starts_talks_and_is_joined(context: ZygoteContext) -> None:
    here, there = multiprocessing.Pipe()
    process = context.Process(target=describe, args=(there,), name="worker")
    process.start()
    there.close()
    assert here.recv() == ("worker", process.pid, os.getpid(), True)
    process.join(10)
    assert (process.exitcode, process.is_alive()) == (0, False)
    here.close()
    process.close()


@pytest.mark.parametrize("code", [0, 1, 3, 255])
def test_the_exit_code_is_exact(context: ZygoteContext, code: int) -> None:
    process = context.Process(target=sys.exit, args=(code,))
    process.start()
    process.join(10)
    assert process.exitcode == code
    process.close()


def test_it_is_a_child_of_ours_that_can_be_ended(context: ZygoteContext, wait: Wait) -> None:
    process = context.Process(target=signal.pause)
    process.start()
    assert process.pid in children()
    assert process.is_alive()
    assert process in multiprocessing.active_children()
    process.terminate()
    wait([process.sentinel], timeout=10, what="the end of a process")
    assert process.exitcode == -signal.SIGTERM
    assert process not in multiprocessing.active_children()
    process.close()


def test_the_zygote_serves_many_and_dies_with_the_context(context: ZygoteContext) -> None:
    before = children()
    for _ in range(3):
        process = context.Process(target=os.getpid)
        process.start()
        process.join(10)
        process.close()
    assert len(children() - before) == 1
    context.close()
    assert children() == before


def test_the_zygote_imports_nothing_heavy(context: ZygoteContext) -> None:
    heavy = {"attr", "attrs", "click", "rich", "udaemon.manifest"}
    process = context.Process(target=exec, args=(f"import sys; sys.exit(len(sys.modules.keys() & {heavy}))",))
    process.start()
    process.join(10)
    assert process.exitcode == 0
    process.close()


def test_a_process_that_cannot_be_started_says_why(context: ZygoteContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with pytest.raises(OSError, match="zygote cannot be started: exec /no/such/python"):
        context.Process(target=os.getpid).start()


def look_around() -> None:
    before = is_alone()
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    meanwhile = is_alone()
    stop.set()
    thread.join()
    sys.exit(4 * before + 2 * meanwhile + is_alone())


def test_f16_a_second_thread_is_noticed_as_long_as_it_lives(context: ZygoteContext) -> None:
    process = context.Process(target=look_around)
    process.start()
    process.join(10)
    assert process.exitcode == 5
    process.close()


def add(connection: Connection, first: int, *, second: int) -> None:
    connection.send(first + second)


def test_positional_and_keyword_arguments_arrive_as_with_any_start_method(context: ZygoteContext) -> None:
    here, there = context.Pipe()
    process = context.Process(None, add, "adder", (there, 3), {"second": 4}, daemon=True)
    assert (process.name, process.daemon, process.exitcode, process.pid) == ("adder", True, None, None)
    process.start()
    assert here.recv() == 7
    process.join(10)
    assert process.exitcode == 0
    process.close()
    with pytest.raises(ValueError, match="closed"):
        process.is_alive()


def fail() -> None:
    raise RuntimeError("no luck")


def test_an_exception_is_shown_and_is_exit_code_1(context: ZygoteContext, capfd: pytest.CaptureFixture[str]) -> None:
    process = context.Process(target=fail, name="unlucky")
    process.start()
    process.join(10)
    assert process.exitcode == 1
    shown = capfd.readouterr().err
    assert shown.startswith("Process unlucky:\nTraceback")
    assert shown.endswith("RuntimeError: no luck\n")


@pytest.mark.parametrize(("end", "code"), [("terminate", -signal.SIGTERM), ("kill", -signal.SIGKILL)])
def test_a_process_is_ended_and_its_sentinel_says_so(context: ZygoteContext, end: str, code: int) -> None:
    process = context.Process(target=signal.pause)
    process.start()
    assert wait_for([process.sentinel], timeout=0) == []
    process.join(0)
    assert (process.exitcode, process.is_alive()) == (None, True)
    getattr(process, end)()
    assert wait_for([process.sentinel], timeout=10) == [process.sentinel]
    assert (process.exitcode, process.is_alive()) == (code, False)
    getattr(process, end)()
    process.close()


def test_what_cannot_be_pickled_is_refused_by_start_and_harms_nothing(context: ZygoteContext) -> None:
    unfit = context.Process(target=print, args=(threading.Lock(),))
    with pytest.raises(TypeError, match=r"cannot pickle"):
        unfit.start()
    assert (unfit.pid, unfit in multiprocessing.active_children()) == (None, False)
    process = context.Process(target=os.getpid)
    process.start()
    process.join(10)
    assert process.exitcode == 0


def test_what_the_child_cannot_unpickle_is_shown_and_is_exit_code_1(
    context: ZygoteContext, capfd: pytest.CaptureFixture[str]
) -> None:
    process = context.Process(target=print, args=(Unpicklable(),))
    process.start()
    process.join(10)
    assert process.exitcode == 1
    assert "ValueError: not here" in capfd.readouterr().err


class Unpicklable:
    """Can be pickled, and not unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return refuse, ()


def refuse() -> None:
    raise ValueError("not here")


def start_another(connection: Connection, method: str) -> None:
    inner = ZygoteContext() if method == "zygote" else multiprocessing.get_context(method)
    process = inner.Process(target=describe, args=(connection,), name="inner")  # type: ignore[attr-defined]
    process.start()
    process.join(10)
    sys.exit(process.exitcode + 40)


@pytest.mark.parametrize("method", ["zygote", "fork", "spawn"])
def test_a_process_starts_others_by_whatever_method(context: ZygoteContext, method: str) -> None:
    here, there = context.Pipe()
    process = context.Process(target=start_another, args=(there, method))
    process.start()
    name, pid, parent, alive = here.recv()
    process.join(20)
    assert (name, parent, alive) == ("inner", process.pid, True)
    assert pid != process.pid
    assert process.exitcode == 40


def start_in_a_fork(context: ZygoteContext, connection: Connection) -> None:
    process = context.Process(target=describe, args=(connection,))
    process.start()
    process.join(10)
    context.close()


def test_a_fork_of_the_program_gets_a_zygote_of_its_own(context: ZygoteContext) -> None:
    first = context.Process(target=os.getpid)
    first.start()
    here, there = context.Pipe()
    forked = multiprocessing.get_context("fork").Process(target=start_in_a_fork, args=(context, there))
    forked.start()
    assert here.recv()[2] == forked.pid
    forked.join(20)
    second = context.Process(target=os.getpid)
    second.start()
    for process in (first, second):
        process.join(10)
        assert process.exitcode == 0


def test_a_daemonic_process_has_no_children_and_ends_with_the_program(tmp_path: Path) -> None:
    script = tmp_path / "program.py"
    script.write_text(
        textwrap.dedent("""
            import os, signal
            from udaemon.engines.zygote.context import ZygoteContext

            def wait(connection):
                try:
                    ZygoteContext().Process(target=print).start()
                except AssertionError as error:
                    connection.send(str(error))
                signal.pause()

            if __name__ == "__main__":
                context = ZygoteContext()
                here, there = context.Pipe()
                process = context.Process(target=wait, args=(there,), daemon=True)
                process.start()
                print(here.recv(), process.pid, sep="\\n", flush=True)
        """)
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=30, check=True)
    told, pid = done.stdout.splitlines()
    assert (told, done.stderr) == ("daemonic processes are not allowed to have children", "")
    assert not Path(f"/proc/{pid}").exists()


def test_functions_and_classes_of_the_main_module_are_those_of_the_child(tmp_path: Path) -> None:
    """The zygote has imported it once, by its other name."""
    script = tmp_path / "program.py"
    script.write_text(
        textwrap.dedent("""
            import sys
            from udaemon.engines.zygote.context import ZygoteContext
            print("imported as", __name__, sys.argv[1:], flush=True)

            class Item:
                number = 3

            def work(queue, item):
                assert type(item) is Item
                queue.put(item)
                sys.exit(item.number)

            if __name__ == "__main__":
                context = ZygoteContext()
                queue = context.SimpleQueue()
                for _ in range(2):
                    process = context.Process(target=work, args=(queue, Item()))
                    process.start()
                    assert type(queue.get()) is Item
                    process.join()
                    print("exit", process.exitcode, flush=True)
        """)
    )
    done = subprocess.run([sys.executable, script, "word"], capture_output=True, text=True, timeout=30, check=True)
    assert (done.stdout.splitlines(), done.stderr) == (
        ["imported as __main__ ['word']", "imported as __mp_main__ ['word']", "exit 3", "exit 3"],
        "",
    )


UNGUARDED = """
    from udaemon.engines.zygote.context import ZygoteContext
    process = ZygoteContext().Process(target=print)
    process.start()
    process.join()
"""
THREADED = """
    import threading
    from udaemon.engines.zygote.context import ZygoteContext
    threading.Thread(target=threading.Event().wait, daemon=True).start()
    if __name__ == "__main__":
        process = ZygoteContext().Process(target=print)
        process.start()
        process.join()
"""


@pytest.mark.parametrize(
    ("text", "said"),
    [(UNGUARDED, "RuntimeError: An attempt has been made"), (THREADED, "it started a thread at import")],
)
def test_a_main_module_that_a_zygote_cannot_import_is_told_and_left_out(tmp_path: Path, text: str, said: str) -> None:
    script = tmp_path / "program.py"
    script.write_text(textwrap.dedent(text))
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=30, check=True)
    [notice] = [line for line in done.stderr.splitlines() if line.startswith("zygote replaced")]
    assert "__main__" in notice
    assert said in notice
    assert done.stdout == "\n"


def test_pools_and_executors_take_the_context(context: ZygoteContext) -> None:
    with context.Pool(2) as pool:
        assert pool.map(abs, range(-9, 1)) == list(range(9, -1, -1))
    with ProcessPoolExecutor(2, mp_context=context) as executor:
        assert list(executor.map(abs, range(-9, 1))) == list(range(9, -1, -1))


def pass_barrier(barrier: Barrier) -> None:
    barrier.wait(20)


def test_several_threads_start_processes_at_once(context: ZygoteContext) -> None:
    barrier = context.Barrier(9)
    processes = [context.Process(target=pass_barrier, args=(barrier,)) for _ in range(8)]
    threads = [threading.Thread(target=process.start) for process in processes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    barrier.wait(20)
    joins = [threading.Thread(target=process.join, args=(10,)) for process in processes for _ in range(2)]
    for thread in joins:
        thread.start()
    for thread in joins:
        thread.join()
    assert [process.exitcode for process in processes] == [0] * 8


def read_shared(name: str) -> None:
    memory = SharedMemory(name)
    assert memory.buf is not None
    code = memory.buf[0]
    memory.close()
    sys.exit(code)


def test_shared_memory_outlives_a_process_that_has_looked_at_it(context: ZygoteContext) -> None:
    """A resource tracker of the child's own would take it away."""
    memory = SharedMemory(create=True, size=16)
    assert memory.buf is not None
    memory.buf[0] = 9
    try:
        for _ in range(2):
            process = context.Process(target=read_shared, args=(memory.name,))
            process.start()
            process.join(10)
            assert process.exitcode == 9
    finally:
        memory.close()
        memory.unlink()


def test_the_program_inherits_no_orphans_for_it(context: ZygoteContext) -> None:
    """Nobody would reap them: the program does not know of them."""
    process = context.Process(target=os.getpid)
    process.start()
    process.join(10)
    orphan = "import os, signal\nif os.fork() == 0: os.execvp('sleep', ['sleep', '0'])"
    before = children()
    subprocess.run([sys.executable, "-c", orphan], check=True, timeout=20)
    assert children() <= before


class Program:
    """A target that is a whole program: made ready before the fork, and nothing below it."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def prepare_before_fork(self, common: list[int], shared: dict[str, int]) -> Callable[[], int]:
        prepared_by = os.getpid()

        def main() -> int:
            frame, names = sys._getframe(), []
            while (frame := frame.f_back) is not None:  # type: ignore[assignment]
                names.append(frame.f_code.co_name)
            current, parent = multiprocessing.current_process(), multiprocessing.parent_process()
            assert parent is not None
            self.connection.send((names, prepared_by != os.getpid(), current.name, parent.pid))
            self.connection.send(len(os.listdir("/proc/self/fd")))
            return 17

        return main


def test_a_target_that_is_prepared_is_the_whole_program_of_the_child(context: ZygoteContext) -> None:
    here, there = context.Pipe()
    process = context.Process(target=Program(there), name="program")
    process.start()
    names, prepared_before, name, parent = here.recv()
    process.join(10)
    assert (name, parent, process.exitcode) == ("program", os.getpid(), 17)
    assert prepared_before
    assert "_bootstrap" not in names
    assert len([one for one in names if not one.startswith("_run_")]) <= 2


def test_a_whole_program_is_given_no_descriptor_but_its_own(context: ZygoteContext) -> None:
    """Whatever the parent has to do with multiprocessing: a resource tracker is a program's own."""
    resource_tracker.ensure_running()
    here, there = context.Pipe()
    process = context.Process(target=Program(there))
    process.start()
    here.recv()
    assert here.recv() == len(["stdin", "stdout", "stderr", "sentinel", "connection", "the listing itself"])
    process.join(10)


def test_i7_contexts_and_processes_that_are_forgotten_leave_no_descriptor() -> None:
    """Nobody has to call `Process.close()`; of all contexts of a program one pipe stays."""

    def once() -> None:
        context = ZygoteContext()
        for _ in range(3):
            process = context.Process(target=print, args=("x",))
            process.start()
            process.join(10)
            assert process.exitcode == 0
        with context.Pool(2) as pool:
            assert pool.map(abs, [-1, -2]) == [1, 2]
        pool.join()
        context.close()

    once()
    gc.collect()
    before = sorted(os.listdir("/proc/self/fd"))
    for _ in range(3):
        once()
    gc.collect()
    assert sorted(os.listdir("/proc/self/fd")) == before
