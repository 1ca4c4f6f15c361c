"""`udaemon.Runner`: a declared daemon in a program of the user's own."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.process.project import PATIENCE, Project, read_line

import udaemon
from udaemon.errors import ExitCode, ManifestError, UdaemonError

ROOT = Path(__file__).parents[2]
JOBS = """
    import os, udaemon

    class Ticker:
        runs = 0
        def do_task(self):
            self.runs += 1
            if self.runs == 3:
                raise udaemon.StopTask

    def create():
        return Ticker()

    def where(context):
        def task():
            print(f"{context.name} {context.instance} of {context.instances}, {context.context}", os.getcwd())
            raise udaemon.StopTask
        return task

    def fails():
        def task(): raise ValueError("no such queue")
        return task

    def told(event): print("manifest:", event.kind)
"""
MANIFEST = """
    project = "shop"
    context = "production"

    [daemons.pair]
    factory = "jobs:where"
    instances = 2
    on = { start = "jobs:told", task-done = ["jobs:told"] }

    [daemons.fails]
    factory = "jobs:fails"

    [daemons.leaves]
    command = ["sh", "-c", "exit 7"]

    [daemons.php]
    php = { bootstrap = "jobs.php", factory = "Jobs::create" }
"""
PROGRAM = """
    import signal, sys
    import udaemon

    def told(event): print("code:", event.kind, event.error)

    before = signal.getsignal(signal.SIGTERM)
    code = udaemon.Runner({manifest}).run_daemon({arguments})
    assert signal.getsignal(signal.SIGTERM) is before
    print("left with", code)
"""


def program(project: Project, arguments: str, manifest: str = "") -> subprocess.CompletedProcess[str]:
    """Run a program that runs one daemon."""
    path = project.file("program.py", PROGRAM.format(arguments=arguments, manifest=manifest))
    return subprocess.run(
        [sys.executable, str(path)],
        cwd=project.directory,
        env=project.environ,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@pytest.fixture
def shop(project: Project) -> Project:
    project.file("jobs.py", JOBS)
    project.manifest(MANIFEST)
    return project


def test_listeners_of_manifest_and_code_are_told_in_this_order(shop: Project) -> None:
    done = program(shop, "'pair', instance=1, on_start=[told], on_task_done=[told]")

    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "manifest: start",
        "code: start None",
        f"pair 1 of 2, production {shop.directory}",
        "manifest: task_done",
        "code: task_done None",
        "left with 0",
    ]


def test_a_failed_run_is_told_shown_and_exit_code_1(shop: Project) -> None:
    done = program(shop, "'fails', on_task_failed=[told]")

    assert done.stdout.splitlines() == ["code: task_failed no such queue", "left with 1"]
    assert done.stderr.endswith("ValueError: no such queue\n")


def test_a_command_runs_too(shop: Project) -> None:
    assert program(shop, "'leaves'").stdout == "left with 7\n"


@pytest.mark.parametrize("said_by", ["defaults", "daemon", "config", "argument"])
def test_argument_stands_above_extra_file_above_own_entry_above_defaults(said_by: str, project: Project) -> None:
    """The level under test has the short pause; those below it would take an hour, those above say nothing."""
    levels = ["defaults", "daemon", "config", "argument"]
    place = levels.index(said_by)
    says = {level: "sleep = 0.01" if at == place else "sleep = 3600" for at, level in enumerate(levels) if at <= place}
    project.file("jobs.py", JOBS)
    project.manifest(f"""
        [defaults]
        {says["defaults"]}
        [daemons.ticker]
        factory = "jobs:create"
        {says.get("daemon", "")}
    """)
    project.file("extra.toml", f"[daemons.ticker]\n{says.get('config', '')}\n")

    in_code = program(
        project, f"'ticker'{', sleep=0.01' if said_by == 'argument' else ''}", "'udaemon.toml', config='extra.toml'"
    )
    in_terminal = project.run(
        *("-f", "udaemon.toml", "-f", "extra.toml", "run", "ticker"),
        *(("--sleep", "10ms") if said_by == "argument" else ()),
    )

    assert (in_code.stdout, in_code.stderr) == ("left with 0\n", "")
    assert in_terminal.returncode == 0


def test_other_keys_in_place_of_the_manifests(shop: Project) -> None:
    assert program(shop, "'fails', factory='jobs:create', min_sleep='1ms', memory_limit=-1").stdout == "left with 0\n"
    full = program(shop, "'fails', factory='jobs:create', sleep=3600, memory_limit='1M', memory_threshold=50")
    assert full.stdout == "left with 0\n"
    assert "more than 50 % of the memory-limit of 1.0M" in full.stderr


def refused(shop: Project, name: str, **arguments: object) -> UdaemonError:
    with pytest.raises(UdaemonError) as refusal:
        udaemon.Runner(shop.directory / "udaemon.toml").run_daemon(name, **arguments)  # type: ignore[arg-type]
    return refusal.value


@pytest.mark.parametrize(
    ("name", "arguments", "message", "hint"),
    [
        ("pear", {}, "no daemon pear", "did you mean pair?"),
        ("pair", {"instance": 2}, "pair has no instance 2", "they are numbered 0 to 1"),
        ("pair", {"sleep": "5 parsecs"}, 'sleep: "5 parsecs" is no duration', None),
        ("pair", {"factory": "jobs"}, 'factory: "jobs" names no callable', None),
        ("leaves", {"sleep": 1}, "sleep means nothing for a command daemon", None),
        ("php", {"factory": "jobs:create"}, "factory means nothing for a php daemon", None),
        ("leaves", {"on_start": [print]}, "leaves is a command, which tells no events", None),
    ],
)
def test_what_the_caller_got_wrong(
    name: str, arguments: dict[str, object], message: str, hint: str | None, shop: Project
) -> None:
    error = refused(shop, name, **arguments)

    assert error.message == message
    assert hint is None or error.hint == hint
    assert error.exit_code in (ExitCode.USAGE, ExitCode.NO_SUCH_DAEMON)


def test_a_bad_manifest_is_told_whole(project: Project) -> None:
    project.manifest("[daemons.a]\nfactory = 1\nslep = 2\n")

    with pytest.raises(ManifestError) as refusal:
        udaemon.Runner(project.directory / "udaemon.toml")

    assert [problem.path for problem in refusal.value.problems] == ["daemons.a.factory", "daemons.a.slep"]
    [note] = refusal.value.__notes__
    assert "did you mean sleep?" in note


def test_a_second_copy_is_refused_and_a_term_ends_the_first(shop: Project) -> None:
    program_file = shop.file(
        "program.py",
        "import sys, udaemon\nsys.exit(udaemon.Runner().run_daemon('pair', factory='jobs:create', sleep=3600))\n",
    )
    with subprocess.Popen(
        [sys.executable, str(program_file)], cwd=shop.directory, env=shop.environ, stdout=subprocess.PIPE
    ) as first:
        assert first.stdout is not None
        assert [read_line(first.stdout.fileno(), deadline()) for _ in range(2)] == [
            "manifest: start\n",
            "manifest: task_done\n",
        ]
        second = program(shop, "'pair'")
        by_hand = shop.run("run", "pair", code=1)
        first.send_signal(signal.SIGTERM)
        assert first.wait(PATIENCE) == 0

    assert second.stderr.splitlines()[-1] == f"udaemon.errors.UdaemonError: pair/0 runs already: pid {first.pid}"
    assert f"no supervisor started it: kill {first.pid} ends it" in by_hand.stderr


def test_the_example_runs(project: Project) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "examples.embedded.program"],
        cwd=ROOT,
        env=project.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdout is not None
        line = read_line(process.stdout.fileno(), deadline())
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0

    assert line.startswith("run 1 of disk took 0.")


def deadline() -> float:
    return time.monotonic() + PATIENCE
