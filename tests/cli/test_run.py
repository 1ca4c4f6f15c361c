"""`udaemon run`: a daemon in this terminal."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from tests.process.project import PATIENCE, UDAEMON, Project, alive, read_line

from udaemon.logs.watch import Watch

MANIFEST = """
project = "shop"
context = "test"

[daemons.ticker]
factory = "jobs:create"
sleep = 3600

[daemons.breaks]
factory = "jobs:breaks"

[daemons.leaves]
command = "sh -c 'echo $UDAEMON_NAME $UDAEMON_INSTANCE; exit 7'"

[daemons.pair]
factory = "jobs:pair"
instances = 2

[daemons.waits]
command = "sleep 1000"

[daemons.missing]
command = "/no/such/program"
"""
JOBS = """
import atexit, os, sys
class Ticker:
    def do_task(self): print("ran in", os.path.basename(os.getcwd()))
def create():
    atexit.register(print, "exit handler")
    return Ticker()
def breaks(): return lambda: 1 / 0
def pair(context): return lambda: sys.exit(f"{context.instance} of {context.instances} in {context.context}")
"""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Project]:
    directory = tmp_path / "shop"
    directory.mkdir()
    project = Project(directory)
    project.manifest(MANIFEST)
    project.file("jobs.py", JOBS)
    yield project
    assert list((directory / "runtime").glob("udaemon/*")) == []


def test_once_is_one_run(shop: Project) -> None:
    done = shop.run("run", "ticker", "--once")

    assert done.stdout == "ran in shop\nexit handler\n"
    assert done.stderr == ""


def test_an_exception_is_shown_and_is_exit_code_1(shop: Project) -> None:
    done = shop.run("run", "breaks", code=1)

    assert done.stderr.startswith("Traceback (most recent call last):\n")
    assert done.stderr.endswith("ZeroDivisionError: division by zero\n")


def test_a_command_keeps_its_exit_code(shop: Project) -> None:
    assert shop.run("run", "leaves", code=7).stdout == "leaves 0\n"


def test_instance_says_which_copy_to_be(shop: Project) -> None:
    assert shop.run("run", "pair", "--instance", "1", code=1).stderr == "1 of 2 in test\n"
    assert shop.run("run", "pair/1", code=1).stderr == "1 of 2 in test\n"
    for words in (("pair", "--instance", "2"), ("pair/2",)):
        assert "pair has no instance 2" in shop.run("run", *words, code=2).stderr
    for words in (("pair/1", "--instance", "1"), ("pair/x",), ("pair/",), ("pair/1/0",)):
        said = shop.run("run", *words, code=2).stderr
        assert said.startswith(f"udaemon: '{words[0]}' is no instance, or one beside --instance\n")


def test_an_option_is_read_as_the_manifest_reads_the_key(shop: Project) -> None:
    assert shop.run("run", "ticker", "--once", "--memory-limit", "1G", "--min-sleep", "1m").stderr == ""
    refused = shop.run("run", "ticker", "--memory-limit", "64 lines", code=2)

    assert refused.stderr.startswith('udaemon: memory-limit: "64 lines" is no size\n')
    assert "sleep means nothing for a command" in shop.run("run", "leaves", "--sleep", "5", code=2).stderr


def test_a_daemon_that_is_not_there(shop: Project) -> None:
    done = shop.run("run", "tickr", code=4)

    assert done.stderr == "udaemon: no daemon tickr\n  hint: did you mean ticker?\n"


def test_a_program_that_is_not_there(shop: Project) -> None:
    done = shop.run("run", "missing", code=1)

    assert done.stderr == "udaemon: exec /no/such/program: No such file or directory (ENOENT)\n"


def started(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    assert select.select([process.stdout], [], [], PATIENCE)[0]
    assert process.stdout.readline() == "ran in shop\n"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130), (signal.SIGHUP, 0)])
def test_a_signal_ends_the_pause(number: int, code: int, shop: Project) -> None:
    with shop.process("run", "ticker") as process:
        started(process)
        process.send_signal(number)

        assert process.wait(PATIENCE) == code


def test_a_copy_of_a_supervisor_s_is_stopped_as_the_hint_says(shop: Project) -> None:
    shop.run("up", "-d")
    refused = shop.run("run", "ticker", code=1)
    assert refused.stderr.endswith("  hint: udaemon stop ticker ends it\n")
    shop.run("stop", "ticker")
    shop.down()


def test_what_a_supervisor_does_not_know_yet_runs_beside_it(shop: Project) -> None:
    """Declared since, to be tried before it is applied; or scaled to 0."""
    shop.run("up", "-d", "ticker")
    shop.run("scale", "pair=0")
    shop.manifest(MANIFEST + '[daemons.added]\ncommand = "echo added"')
    assert shop.run("run", "added").stdout == "added\n"
    assert "1 of 2 in test" in shop.run("run", "pair/1", code=1).stderr
    shop.down()


def test_f39_a_second_copy_is_refused(shop: Project) -> None:
    with shop.process("run", "ticker") as process:
        started(process)
        refused = shop.run("run", "ticker", code=1)
        process.terminate()
        process.wait(PATIENCE)

    assert refused.stderr == (
        f"udaemon: ticker/0 runs already: pid {process.pid}\n"
        f"  hint: no supervisor started it: kill {process.pid} ends it\n"
    )


def test_ctrl_c_in_a_terminal_reaches_a_command(shop: Project) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        ["setsid", "--ctty", *UDAEMON, "run", "waits"],
        cwd=shop.directory,
        env=shop.environ,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        while "sleep" not in _programs_below(process.pid):  # before exec a Ctrl-C ends a start, not the command
            select.select([], [], [], 0.01)
        os.write(ours, b"\x03")

        assert process.wait(PATIENCE) == 128 + signal.SIGINT
    os.close(ours)


def _programs_below(pid: int) -> list[str]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    with suppress(FileNotFoundError):  # one has ended meanwhile
        return [Path(f"/proc/{child}/comm").read_text().strip() for child in children]
    return []


PROGRAM = """
    import os, signal, sys

    def end(*_):
        open("bye", "a").write(f"{os.getpid()}\\n")
        sys.exit(0)

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGHUP, end)
    print(os.getpid(), flush=True)
    while True:
        signal.pause()
"""
STUBBORN = """
    import os, signal

    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print(os.getpid(), flush=True)
    while True:
        signal.pause()
"""


def program_below(shop: Project, command: str, program: str = PROGRAM, more: str = "") -> None:
    shop.file("program.py", program)
    shop.file("run.sh", "python3 program.py\ntrue\n")
    shop.manifest(f"""
        project = "shop"

        [daemons.wrapped]
        command = "{command}"
        {more}
    """)


def pid_of(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    return int(read_line(process.stdout.fileno(), time.monotonic() + PATIENCE))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
@pytest.mark.parametrize(
    ("command", "more"),
    [
        ("sh run.sh", ""),
        ("flock a.lock python3 program.py", ""),
        ("python3 program.py; true", "shell = true"),
        ("python3 program.py | cat", "shell = true"),
        ("setsid --wait python3 program.py", ""),
    ],
)
def test_f35_a_program_below_a_wrapper_ends_with_the_run_and_cleans_up(
    shop: Project, command: str, more: str, number: int
) -> None:
    program_below(shop, command, more=more)
    with shop.process("run", "wrapped") as process:
        pid = pid_of(process)
        process.send_signal(number)
        process.wait(PATIENCE)
        assert not alive(pid)
    assert (shop.directory / "bye").read_text().split() == [str(pid)]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 128 + signal.SIGTERM), (signal.SIGINT, 130)])
def test_a_signal_ends_a_command_as_it_ends_a_task(number: int, code: int, shop: Project) -> None:
    with shop.process("run", "waits") as process:
        while "sleep" not in _programs_below(process.pid):
            select.select([], [], [], 0.01)
        process.send_signal(number)

        assert process.wait(PATIENCE) == code


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_f32_a_second_signal_kills_what_ignores_the_first(shop: Project, number: int) -> None:
    program_below(shop, "sh run.sh", STUBBORN)
    with shop.process("run", "wrapped") as process:
        pid = pid_of(process)
        process.send_signal(number)
        assert process.stderr is not None
        assert "sent SIGTERM" in read_line(process.stderr.fileno(), time.monotonic() + PATIENCE)
        process.send_signal(number)
        process.send_signal(signal.SIGINT + signal.SIGTERM - number)
        process.wait(PATIENCE)
        assert not alive(pid)


def test_f32_a_program_that_ignores_the_signal_is_killed_in_time(shop: Project) -> None:
    program_below(shop, "python3 program.py", STUBBORN, 'stop.timeout = "300ms"')
    with shop.process("run", "wrapped") as process:
        pid_of(process)
        process.terminate()
        assert process.wait(PATIENCE) == 128 + signal.SIGKILL
        assert process.stderr is not None
        assert "killed after 0.3" in process.stderr.read()


def test_f36_a_command_that_backgrounds_itself_is_told_so_and_ended(shop: Project) -> None:
    program_below(shop, "sh run.sh")
    shop.file("run.sh", "sleep 1000 & echo $!\n")
    done = shop.run("run", "wrapped", code=1)
    assert "daemon backgrounded itself; run it in the foreground" in done.stderr
    assert not alive(int(done.stdout))


def test_log_and_pid_file_are_kept_as_under_a_supervisor_when_asked(shop: Project) -> None:
    shop.manifest("""
        context = "production"
        run-dir = "run"
        [daemons.echo]
        command = "sh -c 'echo $$$$ is here; exec sleep 100'"
        instances = 2
        log-dir = "log"
    """)
    (shop.directory / "run").mkdir()
    (shop.directory / "log").mkdir()
    log, pid_file = shop.directory / "log/echo-production.log", shop.directory / "run/echo-production-1.pid"
    with shop.process("run", "echo", "--instance", "1", "--files") as process:
        written(log, "is here")
        stamp, tag, pid, *rest = log.read_text().split()
        assert (len(stamp), tag, rest) == (24, "[1]", ["is", "here"])
        written(pid_file, pid)  # made when the process is there, which may have written its line by then
        process.terminate()
        assert process.wait(PATIENCE) == 128 + signal.SIGTERM
        assert process.stdout is not None
        assert process.stdout.read() == ""
    assert not pid_file.exists()


def written(file: Path, text: str) -> None:
    """Wait until a file has a text; looked at anew whenever something in its directory changes."""
    deadline = time.monotonic() + PATIENCE
    watch = Watch([str(file.parent)])
    try:
        while not (file.exists() and text in file.read_text()):
            ready, _, _ = select.select([watch.fileno()], [], [], deadline - time.monotonic())
            assert ready, f"{text!r} is not in {file}"
            watch.clear()
    finally:
        watch.close()
