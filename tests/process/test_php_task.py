"""Runs done by PHP while Python keeps the time: answers, errors, memory, stops."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.process.project import Project, alive, gone

from udaemon import StopTask
from udaemon.child.build import Misconfigured
from udaemon.php import PhpError, PhpTask, create

APP = Path(__file__).parents[1] / "data" / "php-app"

needs_php = pytest.mark.skipif(shutil.which("php") is None, reason="there is no php here")


@contextmanager
def task(factory: str, memory_limit: str | None = None) -> Iterator[PhpTask]:
    made = create(bootstrap=str(APP / "bootstrap.php"), factory=factory, memory_limit=memory_limit)
    try:
        yield made
    finally:
        made.close()


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
    with task("Factory::grow", memory_limit="100M") as made:
        for _ in range(4):
            made.do_task()
    runs = [line.split(" in ") for line in capfd.readouterr().out.splitlines()]
    assert [run for run, _ in runs] == [f"run {number} of grow" for number in (1, 2, 3, 1)]
    assert runs[3][1] != runs[2][1]


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
        create(bootstrap=str(APP / bootstrap), factory=factory)


def test_a_missing_php_says_how_to_get_it() -> None:
    with pytest.raises(Misconfigured, match=r"^nophp is not installed; on Debian: apt-get install php-cli$"):
        create(bootstrap="x.php", factory="f", php="nophp")


@needs_php
def test_a_bootstrap_that_fails_is_told(tmp_path: Path) -> None:
    (tmp_path / "broken.php").write_text("<?php nothing();")
    with pytest.raises(PhpError, match=r"^PHP left with exit code 255$"):
        create(bootstrap=str(tmp_path / "broken.php"), factory="f")


@needs_php
def test_php_leaves_with_the_process_that_asks_it() -> None:
    code = (
        f"import udaemon.php, os; udaemon.php.create(bootstrap={str(APP / 'bootstrap.php')!r}, factory='Factory::tick')"
    )
    done = subprocess.run([sys.executable, "-c", code], timeout=30, check=False)
    assert done.returncode == 0


@needs_php
def test_ps_shows_the_runs_of_a_php_task_and_a_kill_is_repaired(project: Project) -> None:
    project.manifest(f"""
        [daemons.tick]
        factory = "udaemon.php:create"
        params = {{ bootstrap = "{APP}/bootstrap.php", factory = "Factory::tick" }}
        sleep = "50ms"
        [daemons.fail]
        factory = "udaemon.php:create"
        params = {{ bootstrap = "{APP}/bootstrap.php", factory = "Factory::fail" }}
        sleep = "50ms"
        restart = "never"
        [daemons.wrong]
        factory = "udaemon.php:create"
        params = {{ bootstrap = "{APP}/bootstrap.php", factory = "Factory::none" }}
        restart = "never"
    """)
    project.run("up", "-d")
    failed = project.until("fail", lambda seen: seen["exit"]["code"] is not None)
    assert (failed["exit"]["code"], failed["exit"]["reason"]) == (1, "exception")
    assert failed["runs"]["failed"] == 1
    assert "RuntimeException: broken" in project.log("fail")
    wrong = project.until("wrong", lambda seen: seen["exit"]["code"] is not None)
    assert (wrong["exit"]["code"], wrong["exit"]["reason"]) == (78, "config")

    first = project.instance("tick")["pid"]
    children = [int(pid) for pid in Path(f"/proc/{first}/task/{first}/children").read_text().split()]
    assert all(alive(pid) for pid in children)
    assert len(children) == 1
    os.kill(first, signal.SIGKILL)
    second = project.until("tick", lambda seen: seen["state"] == "running" and seen["pid"] != first)
    assert second["restarts"] == 1
    assert second["runs"]["count"] > 0
    assert gone(children)
    project.down()
