"""Runs done by PHP while Python keeps the time: answers, errors, memory, stops."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.process.project import PATIENCE, Project, gone, read_line

from udaemon import StopTask
from udaemon.child.forms import Misconfigured
from udaemon.child.memory import rss
from udaemon.php.runner import PhpError
from udaemon.php.task import PhpTask, create

ROOT = Path(__file__).parents[2]
APP = ROOT / "tests" / "data" / "php-app"

needs_php = pytest.mark.skipif(shutil.which("php") is None, reason="there is no php here")


@contextmanager
def task(factory: str, *, bootstrap: Path = APP / "bootstrap.php", limit: int | None = None) -> Iterator[PhpTask]:
    made = made_by("php", str(bootstrap), factory, limit)
    try:
        yield made
    finally:
        made.close()


def made_by(php: str, bootstrap: str, factory: str, limit: int | None = None) -> PhpTask:
    return create(bootstrap=bootstrap, factory=factory, interpreter=[php], memory_limit=limit, memory_threshold=70.0)


@needs_php
def test_each_run_is_done_by_one_process(capfd: pytest.CaptureFixture[str]) -> None:
    with task("\\Factory::tick") as made:
        made.do_task()
        made.do_task()
    first, second = capfd.readouterr().out.splitlines()
    assert first.startswith("run 1 of tick in ")
    assert second == first.replace("run 1", "run 2")


@needs_php
def test_the_librarys_stop_is_a_stop() -> None:
    with task("Factory::stop") as made, pytest.raises(StopTask):
        made.do_task()


@needs_php
def test_an_exception_has_its_message_and_its_trace_is_in_the_log(capfd: pytest.CaptureFixture[str]) -> None:
    with task("Factory::fail") as made:
        with pytest.raises(PhpError, match=r"^RuntimeException: broken$"):
            made.do_task()
        with pytest.raises(PhpError):
            made.do_task()
    assert "bootstrap.php" in capfd.readouterr().err


@needs_php
def test_a_php_that_died_is_told_and_replaced(capfd: pytest.CaptureFixture[str]) -> None:
    with task("Factory::dies") as made:
        for _ in range(2):
            with pytest.raises(PhpError, match=r"^PHP left with exit code 3$"):
                made.do_task()
    assert capfd.readouterr().out.count("run 1 of die") == 2


@needs_php
def test_a_php_that_has_grown_is_replaced_between_runs(capfd: pytest.CaptureFixture[str]) -> None:
    with task("Factory::grow", limit=100 * 1024**2) as made:
        for _ in range(4):
            made.do_task()
    told = capfd.readouterr()
    runs = [line.split(" in ") for line in told.out.splitlines()]
    assert [run for run, _ in runs] == [f"run {number} of grow" for number in (1, 2, 3, 1)]
    assert runs[3][1] != runs[2][1]
    (line,) = told.err.splitlines()
    assert line.startswith("udaemon: PHP is started anew: ")
    assert line.endswith(" is more than 70 % of its memory_limit of 100.0M")


@needs_php
@pytest.mark.parametrize(
    ("bootstrap", "factory", "said"),
    [
        ("nowhere.php", "Factory::tick", "there is no file "),
        ("bootstrap.php", "Factory::none", "PHP has no Factory::none"),
        ("bootstrap.php", "Factory::nothing", "Factory::nothing makes no task"),
    ],
)
def test_a_wrong_declaration_is_told(bootstrap: str, factory: str, said: str) -> None:
    with pytest.raises(Misconfigured, match=f"^{said}"):
        made_by("php", str(APP / bootstrap), factory)


def test_a_missing_php_says_how_to_get_it() -> None:
    with pytest.raises(Misconfigured, match=r"^nophp is not installed; on Debian and Ubuntu: apt-get "):
        made_by("nophp", "x.php", "f")


@needs_php
@pytest.mark.parametrize(
    ("factory", "said"),
    [
        ("Factory::throws", r"^LogicException: the queue is not configured$"),
        ("Factory::wants", r"^ArgumentCountError: Too few arguments"),
    ],
)
def test_a_factory_that_fails_says_so_in_php_s_words(factory: str, said: str) -> None:
    with pytest.raises(PhpError, match=said):
        made_by("php", str(APP / "bootstrap.php"), factory)


@needs_php
def test_a_fatal_error_is_told_in_php_s_words() -> None:
    with (
        task("Factory::greedy", limit=64 * 1024**2) as made,
        pytest.raises(PhpError, match=r"^Allowed memory size of 67108864 bytes exhausted \(tried"),
    ):
        made.do_task()


@needs_php
def test_the_librarys_logger_writes_to_the_log_with_its_levels(capfd: pytest.CaptureFixture[str]) -> None:
    with task("Factory::levels") as made:
        made.do_task()
    with task("Ustream_Daemon_CallbackTask::nullTask") as made:
        made.do_task()
    told = capfd.readouterr()
    assert told.err == "DEBUG quiet\nWARNING mind this\nCRITICAL two\nlines\nDEBUG null\n"
    assert told.out.startswith("run 1 of levels in ")


@needs_php
def test_a_bootstrap_that_fails_is_told(tmp_path: Path) -> None:
    (tmp_path / "broken.php").write_text("<?php nothing();")
    with pytest.raises(PhpError, match=r"^Error: Call to undefined function nothing\(\)$"):
        made_by("php", str(tmp_path / "broken.php"), "f")


@needs_php
def test_php_leaves_with_the_process_that_asks_it() -> None:
    arguments = {"bootstrap": str(APP / "bootstrap.php"), "factory": "Factory::tick", "interpreter": ["php"]}
    limits = "memory_limit=None, memory_threshold=70.0"
    code = f"from udaemon.php.task import create; create(**{arguments!r}, {limits})"
    done = subprocess.run([sys.executable, "-c", code], timeout=30, check=False)
    assert done.returncode == 0


DEFAULTS = f"""
[defaults]
sleep = "50ms"
php = {{ bootstrap = "{APP}/bootstrap.php" }}
"""


@needs_php
def test_ps_shows_the_runs_of_a_php_task_and_a_kill_is_repaired(project: Project) -> None:
    project.manifest(f"""{DEFAULTS}
        [daemons.tick]
        php.factory = 'Factory::tick'
    """)
    project.run("up", "-d")
    seen = project.until("tick", lambda seen: seen["runs"]["count"] > 2)
    assert seen["kind"] == "factory"
    assert seen["runs"]["last"]["outcome"] == "ok"
    first = seen["pid"]
    (php,) = children(first)
    os.kill(first, signal.SIGKILL)
    second = project.until("tick", lambda seen: seen["state"] == "running" and seen["pid"] != first)
    assert second["restarts"] == 1
    assert gone([php])
    (php,) = children(second["pid"])
    os.kill(php, signal.SIGKILL)
    third = project.until("tick", lambda seen: seen["state"] == "running" and seen["pid"] != second["pid"])
    assert third["restarts"] == 2
    assert "PHP was killed by signal 9" in project.log("tick")
    project.down()


@needs_php
def test_a_php_task_ends_with_a_true_exit_code_and_reason(project: Project) -> None:
    project.manifest(f"""{DEFAULTS}
        restart = "never"
        [daemons.fail]
        php.factory = 'Factory::fail'
        [daemons.wrong]
        php.factory = 'Factory::none'
        [daemons.done]
        php.factory = 'Factory::stop'
        [daemons.dies]
        php.factory = 'Factory::dies'
    """)
    project.run("up", "-d")
    ends = {
        name: project.until(name, lambda seen: seen["exit"]["code"] is not None)
        for name in ("fail", "wrong", "done", "dies")
    }
    assert {name: (seen["exit"]["code"], seen["exit"]["reason"]) for name, seen in ends.items()} == {
        "fail": (1, "exception"),
        "wrong": (78, "config"),
        "done": (0, "task-stopped"),
        "dies": (1, "exception"),
    }
    assert ends["fail"]["runs"]["failed"] == 1
    assert ends["done"]["runs"]["failed"] == 0
    assert "RuntimeException: broken" in project.log("fail")
    assert "Traceback" not in project.log("fail") + project.log("dies")
    assert "PHP has no Factory::none" in project.log("wrong")
    assert "PHP left with exit code 3" in project.log("dies")
    project.down()


@needs_php
def test_a_stop_lets_the_run_of_a_php_task_finish(project: Project) -> None:
    os.mkfifo(project.directory / "go")
    project.manifest(f"""{DEFAULTS}
        [daemons.held]
        php.factory = 'Factory::held'
        on.task-done = "hooks:done"
    """)
    project.file("hooks.py", "def done(event):\n    print('told of run', event.run_id, flush=True)\n")
    project.run("up", "-d")
    with project.process("logs", "-f", "held") as logs:
        assert logs.stdout is not None
        assert "run 1 of held" in read_line(logs.stdout.fileno(), time.monotonic() + PATIENCE)
    os.kill(project.instance("held")["pid"], signal.SIGTERM)
    (project.directory / "go").write_text("on\n")
    end = project.until("held", lambda seen: seen["exit"]["code"] is not None)
    assert (end["exit"]["code"], end["exit"]["reason"]) == (0, "stopped")
    log = project.log("held")
    assert log.count("is complete") == log.count("run 1 of held") == 1
    assert "told of run 1" in log
    project.down()


@needs_php
def test_the_memory_limit_of_a_php_daemon_is_php_s(project: Project) -> None:
    project.manifest(f"""{DEFAULTS}
        [daemons.grow]
        php.factory = 'Factory::grow'
        memory-limit = "100M"
        [daemons.small]
        php.factory = 'Factory::tick'
        memory-limit = "8M"
    """)
    project.run("up", "-d")
    seen = project.until("grow", lambda seen: seen["runs"]["count"] >= 4)
    assert (seen["restarts"], seen["exit"]["reason"]) == (0, None)
    assert seen["memory"]["limit"] is None
    own = rss(seen["pid"])
    assert own is not None
    project.until("grow", lambda seen: seen["memory"]["rss"] > own)  # the PHP counts too, but not while it is replaced
    assert "is more than 70 % of its memory_limit of 100.0M" in project.log("grow")
    small = project.until("small", lambda seen: seen["runs"]["count"] >= 4)
    assert small["restarts"] == 0
    assert "started anew" not in project.log("small")
    project.down()


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@needs_php
def test_the_example_in_php_runs(project: Project) -> None:
    for file in (ROOT / "examples/php").iterdir():
        project.file(file.name, file.read_text())
    project.run("check")
    project.run("up", "-d")
    project.until("inbox", lambda seen: seen["runs"]["count"] > 0)
    assert "letters: 1" in project.log("inbox")
    project.down()
