"""PHP daemons as they are, in the foreground: a stand-in of their library, a real PHP, and the bridge between."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from tests.process.project import PATIENCE, Project, read_line

from udaemon.php import FOLLOW, FOREGROUND
from udaemon.php.entry import find_library

APP = Path(__file__).parents[1] / "data" / "php-app"

pytestmark = pytest.mark.skipif(shutil.which("php") is None, reason="there is no php here")


@pytest.fixture
def app(project: Project) -> Path:
    """The PHP application, and a run directory that its entry script finds in RUN_DIR."""
    shutil.copytree(APP, project.directory / "app")
    run = project.directory / "run"
    run.mkdir()
    project.environ["RUN_DIR"] = str(run)
    return project.directory / "app"


@contextmanager
def begun(app: Path, argv: Sequence[str], *, end: int) -> Iterator[subprocess.Popen[str]]:
    """A process of the application's, sent a signal at the end."""
    with subprocess.Popen(
        argv,
        env={**os.environ, "RUN_DIR": str(app.parent / "run")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.send_signal(end)


def php(
    app: Path, identifier: str, *settings: str, script: str = "daemon.php"
) -> AbstractContextManager[subprocess.Popen[str]]:
    """PHP with the bridge before the entry script."""
    settings = settings or (f"udaemon.library={find_library(str(app / script))}",)
    words = [word for setting in (f"auto_prepend_file={FOREGROUND}", *settings) for word in ("-d", setting)]
    return begun(app, ["php", *words, str(app / script), "--id", identifier], end=signal.SIGKILL)


def first_run(process: subprocess.Popen[str]) -> int:
    """Wait for the first run, and answer the pid it said it ran in."""
    assert process.stdout is not None
    deadline = time.monotonic() + PATIENCE
    while "run 1 of " not in (line := read_line(process.stdout.fileno(), deadline)):
        assert line.partition(" | ")[2] or line.startswith(("Using ", "Pid file", "Log file")), line
    return int(line.rsplit(" ", 1)[1])


@pytest.mark.parametrize(("identifier", "code"), [("stop", 0), ("fail", 1)])
def test_the_exit_code_is_the_daemons_own(app: Path, identifier: str, code: int) -> None:
    with php(app, identifier) as process:
        assert first_run(process) == process.pid
        assert process.wait(PATIENCE) == code
    assert not list((app.parent / "run").glob("*.pid"))


def test_term_lets_the_run_finish_and_pid_file_and_common_log_are_as_before(app: Path) -> None:
    with php(app, "long") as process:
        pid = first_run(process)
        pid_file = app.parent / "run" / "long-production.pid"
        assert pid_file.read_text() == str(pid)
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0
    assert out == "run 1 is complete\n"
    assert not pid_file.exists()
    common = (app.parent / "run" / "common.log").read_text()
    assert f"C- [{pid}] - fork called.\n" in common
    assert "releaseDaemon unlinking pidFile!" in common


def test_a_task_may_still_fork(app: Path) -> None:
    with php(app, "forks") as process:
        first_run(process)
        assert process.stdout is not None
        assert read_line(process.stdout.fileno(), time.monotonic() + PATIENCE) == "forked a child of its own\n"


def test_a_child_that_the_daemon_makes_is_forked_as_ever(app: Path) -> None:
    """Of the library's two calls of pcntl_fork() only the one that leaves the foreground is replaced."""
    with php(app, "family", script="family.php") as process:
        out, err = process.communicate(timeout=PATIENCE)
        assert (process.returncode, err) == (0, "")
    child, told = out.splitlines()
    assert child == f"child {told.split()[1]} of {process.pid}"
    assert told == f"child {told.split()[1]} left with 7 in {process.pid}"


@pytest.mark.parametrize(("how", "code"), [("stop", 0), ("throw", 1)])
def test_listeners_of_the_entry_script_steer_as_before(
    app: Path, monkeypatch: pytest.MonkeyPatch, how: str, code: int
) -> None:
    monkeypatch.setenv("HOW", how)
    with php(app, "tick", script="steered.php") as process:
        out, _ = process.communicate(timeout=PATIENCE)
        assert process.returncode == code
    assert out.count("run ") == 2
    assert not list((app.parent / "run").glob("*.pid"))


def test_errors_name_the_librarys_own_file(app: Path) -> None:
    with php(app, "undefined", "display_errors=stderr", f"udaemon.library={find_library(str(app / 'x'))}") as process:
        _, err = process.communicate(timeout=PATIENCE)
    assert f"{find_library(str(app / 'x'))}(" in err
    assert "eval()'d code" not in err


def test_without_the_library_the_fork_is_taken_away(app: Path) -> None:
    with php(app, "stop", "disable_functions=pcntl_fork") as process:
        assert first_run(process) == process.pid
        assert process.wait(PATIENCE) == 0


def followed(app: Path, *command: str) -> AbstractContextManager[subprocess.Popen[str]]:
    """The follower of a command, and whatever that leaves behind."""
    return begun(app, [sys.executable, "-P", "-m", FOLLOW, *command], end=signal.SIGTERM)


@pytest.mark.parametrize(("identifier", "code"), [("stop", 0), ("fail", 1)])
def test_a_followed_daemon_has_its_own_exit_code(app: Path, identifier: str, code: int) -> None:
    with followed(app, "php", str(app / "daemon.php"), "--id", identifier) as process:
        assert first_run(process) != process.pid
        assert process.wait(PATIENCE) == code


@pytest.mark.parametrize("asked", [signal.SIGTERM, signal.SIGINT])
def test_a_followed_daemon_finishes_its_run(app: Path, asked: signal.Signals) -> None:
    with followed(app, "php", str(app / "daemon.php"), "--id", "long") as process:
        first_run(process)
        process.send_signal(asked)
        out, _ = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0
    assert out == "run 1 is complete\n"
    assert not list((app.parent / "run").glob("*.pid"))


def test_a_followed_daemon_that_is_killed_takes_its_follower_along(app: Path) -> None:
    with followed(app, "php", str(app / "daemon.php"), "--id", "tick") as process:
        os.kill(first_run(process), signal.SIGKILL)
        assert process.wait(PATIENCE) == -signal.SIGKILL


def test_a_launcher_that_starts_nothing_is_told(app: Path) -> None:
    with followed(app, "php", "-r", "exit(0);") as process:
        _, err = process.communicate(timeout=PATIENCE)
        assert process.returncode == 75
    assert "the launcher started nothing" in err


def test_a_launcher_that_fails_or_is_missing_is_told(app: Path) -> None:
    with followed(app, "php", "-r", "exit(3);") as process:
        assert process.wait(PATIENCE) == 3
    with followed(app, "/nowhere/php") as process:
        _, err = process.communicate(timeout=PATIENCE)
        assert (process.returncode, err) == (78, "udaemon: /nowhere/php: No such file or directory\n")


def test_running_elsewhere_is_told_from_a_clean_stop(app: Path) -> None:
    with php(app, "long") as first:
        pid = first_run(first)
        with php(app, "long") as second:
            _, err = second.communicate(timeout=PATIENCE)
            assert second.returncode == 75
        assert err.startswith(f"udaemon: runs already, and not under udaemon: process {pid} of ")
        assert first.poll() is None


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (["udaemon.library=/nowhere/Daemon.php"], "the PHP library is not at /nowhere/Daemon.php"),
        ([f"udaemon.library={APP}/daemon.php"], "is not the library's Daemon.php"),
        (["memory_limit=64M"], "neither udaemon.library nor disable_functions=pcntl_fork"),
    ],
)
def test_what_is_not_the_library_is_refused_with_78(app: Path, settings: list[str], said: str) -> None:
    if "daemon.php" in settings[0]:
        (app / "daemon.php").write_text("<?php echo 1;")
        settings = [f"udaemon.library={app}/daemon.php"]
    with php(app, "stop", *settings) as process:
        _, err = process.communicate(timeout=PATIENCE)
        assert process.returncode == 78
    assert said in err


def keep(app: Path, *names: str) -> None:
    """Leave only these of the application's daemons."""
    for file in (app / "ini").iterdir():
        if file.stem not in names:
            file.unlink()


def test_without_the_library_the_launcher_is_followed(project: Project, app: Path) -> None:
    shutil.move(app / "vendor", app / "elsewhere")
    (app / "bootstrap.php").write_text((app / "bootstrap.php").read_text().replace("/vendor/", "/elsewhere/"))
    keep(app, "long")
    done = project.run("import-ini", "app/ini", "--bridge", "php", "--entry", "app/daemon.php")
    assert "no-library: the library's Daemon.php was not found" in done.stdout
    assert "warning[no-library]" in project.run("check").stdout
    project.up()
    with project.process("logs", "-f", "long") as logs:
        daemon = first_run(logs)
    first = project.instance("long")["pid"]
    os.kill(daemon, signal.SIGKILL)
    second = project.until("long", lambda seen: seen["state"] == "running" and seen["pid"] != first)
    assert (second["restarts"], second["exit"]["signal"]) == (1, 9)
    project.down()


def test_an_imported_directory_runs_under_udaemon(project: Project, app: Path) -> None:
    keep(app, "long", "tick")
    project.run(
        *("import-ini", "app/ini", "--bridge", "php", "--entry", "app/daemon.php"),
        *("--context", "production", "--instances", "tick=2"),
    )
    text = (project.directory / "udaemon.toml").read_text()
    assert 'php = { entry = "app/daemon.php" }' in text
    assert str(project.directory) not in text.split("\n", 1)[1].replace("${RUN_DIR}", "")
    project.run("check")
    project.up()
    first = project.instance("long")["pid"]
    os.kill(first, signal.SIGKILL)
    second = project.until("long", lambda seen: seen["state"] == "running" and seen["pid"] != first)
    assert (second["restarts"], second["exit"]["signal"]) == (1, 9)
    run = app.parent / "run"
    with project.process("logs", "-f", "tick") as logs:
        assert logs.stdout is not None
        seen: set[str] = set()
        while len(seen) < 2:
            seen.add(read_line(logs.stdout.fileno(), time.monotonic() + PATIENCE).split(" ")[0])
    assert seen == {"tick/0", "tick/1"}
    for index in range(2):
        pid = project.instance("tick", index)["pid"]
        assert (run / f"tick-production-{index}.pid").read_text() == str(pid)
    project.down()
    assert not list(run.glob("*.pid"))


def test_a_library_that_cannot_be_patched_is_told_before_up_does(project: Project, app: Path) -> None:
    keep(app, "tick", "long")
    library = Path(find_library(str(app / "daemon.php")) or "")
    library.write_text(
        library.read_text().replace("function fork()", "function divide()").replace("this->fork", "this->divide")
    )
    said = "is not the library's Daemon.php: its method fork() does not call pcntl_fork() once"
    done = project.run("import-ini", "app/ini", "--bridge", "php", "--entry", "app/daemon.php")
    assert f"library-refused: no daemon can be kept in the foreground: {library} {said}" in done.stdout
    checked = project.run("check", "--format", "concise", code=1).stdout
    assert f"defaults.php.entry: {library} {said} (2 daemons: this one, tick)" in checked
    project.run("up", "-d", code=None)
    seen = project.until("tick", lambda seen: seen["state"] == "failed")
    assert (seen["state"], seen["exit"]["code"], seen["exit"]["reason"]) == ("failed", 78, "config")
    assert seen["runs"]["last"]["error"] == f"{library} {said}"
    project.down()


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("throws", 1, "LogicException: the queue is not configured"),
        ("failsLater", 1, "DomainException: broken in run 2"),
        ("undefined", 255, "Error: Call to undefined function nothing()"),
        ("greedy", 255, "Allowed memory size of 67108864 bytes exhausted (tried to allocate 1073745920 bytes)"),
        ("dies", 3, None),
    ],
)
def test_a_bridged_daemon_s_error_is_php_s(project: Project, app: Path, name: str, code: int, said: str | None) -> None:
    project.manifest(f"""
        [daemons.one]
        php = {{ entry = "app/daemon.php", id = "{name}" }}
        restart = "never"
    """)
    project.run("up", "-d")
    seen = project.until("one", lambda seen: seen["exit"]["code"] is not None)
    assert (seen["exit"]["code"], seen["runs"]["last"]["error"]) == (code, said)
    events = (
        project.state / "udaemon" / seen["log"].split("/udaemon/")[1].split("/")[0] / "log" / "_common.log"
    ).read_text()
    assert said is None or said in events
    project.down()


def test_what_is_missing_of_a_bridge_is_told_by_check(project: Project, app: Path) -> None:
    project.manifest("""
        [defaults]
        php = { entry = "app/daemon.php" }
        [daemons.a]
        php.id = "tick"
        [daemons.b]
        php = { id = "tick", entry = "app/other.php" }
        [daemons.c]
        php = { id = "tick", library = "nowhere" }
        [daemons.d]
        php = { factory = "Factory::tick", bootstrap = "app/none.php" }
        sleep = 1
        [daemons.e]
        php = { id = "tick", library = "app/vendor/ustream/daemon" }
    """)
    told = project.run("check", "--format", "concise", code=1).stdout
    here = project.directory
    assert [line.split("]: ")[1].split(" (")[0] for line in told.splitlines() if "]: " in line] == [
        f"daemons.b.php.entry: there is no file {here}/app/other.php",
        f"daemons.c.php.library: the PHP library is not in {here}/nowhere",
        f"daemons.d.php.bootstrap: there is no file {here}/app/none.php",
    ]


def test_logs_shows_what_the_library_logged_itself(project: Project, app: Path) -> None:
    project.manifest("""
        [daemons.pair]
        php.entry = "app/daemon.php"
        instances = 2
    """)
    project.up()
    with project.process("logs", "-f", "pair") as logs:
        assert logs.stdout is not None
        deadline = time.monotonic() + PATIENCE
        seen: set[str] = set()
        while len(seen) < 2:
            line = read_line(logs.stdout.fileno(), deadline)
            if "100% of run" in line:
                seen.add(line.partition(" | ")[0].strip())
    assert seen == {"pair/0", "pair/1"}
    project.down()
    told = project.run("logs", "pair/1").stdout
    assert "pair/1 | 100% of run 1" in told
    assert "pair/0" not in told
