"""`udaemon check` asks for the PHP that daemons need, and PHP for their factories."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from udaemon.cli.main import main
from udaemon.php.look import fault

needs_php = pytest.mark.skipif(shutil.which("php") is None, reason="there is no php here")

MANIFEST = """
[daemons.a]
command = ["php", "-d", "x=y", "daemon.php"]
[daemons.b]
command = "exec php daemon.php --instance $$UDAEMON_INSTANCE"
shell = true
[daemons.c]
php = { bootstrap = "udaemon.toml", factory = "A::b", interpreter = "php8.2 -d x=y" }
sleep = 1
[daemons.g]
command = ["python", "-m", "udaemon.php.follow", "php", "daemon.php"]
[daemons.h]
command = "exec"
shell = true
[daemons.d]
command = "phpunit"
[daemons.e]
command = "php x"
enabled = false
"""


@pytest.fixture
def no_php(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (tmp_path / "bin").mkdir()
    (tmp_path / "udaemon.toml").write_text(MANIFEST)
    return tmp_path / "bin"


def test_a_missing_php_is_told_with_the_way_to_get_it(no_php: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--format", "concise"]) == 1
    out = capsys.readouterr().out
    assert [line.split(": ", 1)[1].split(" (")[0] for line in out.splitlines() if "no-php" in line] == [
        "error[no-php]: daemons.a.command: php is not installed",
        "error[no-php]: daemons.b.command: php is not installed",
        "error[no-php]: daemons.c.php.interpreter: php8.2 is not installed",
        "error[no-php]: daemons.g.command: php is not installed",
    ]
    assert out.count("(on Debian and Ubuntu: apt-get install php-cli)") == 4


def test_a_php_that_is_there_is_no_problem(no_php: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("php", "php8.2"):
        (no_php / name).write_text("#!/bin/sh\n")
        (no_php / name).chmod(0o755)
    main(["check", "--format", "concise"])
    assert "no-php" not in capsys.readouterr().out


@pytest.fixture
def wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """What `check` says of one daemon with this `php`, and with this bootstrap."""
    monkeypatch.chdir(tmp_path)

    def check(bootstrap: str = "", *options: str) -> str:
        (tmp_path / "udaemon.toml").write_text("[daemons.a]\nsleep = 1\nphp = { factory = 'Acme\\Mail::create' }\n")
        (tmp_path / "vendor").mkdir(exist_ok=True)
        if bootstrap:
            (tmp_path / "vendor" / "autoload.php").write_text(f"<?php\n{bootstrap}\n")
        main(["check", "--format", "concise", *options])
        return capsys.readouterr().out

    return check


GOOD = "namespace Acme; class Mail { static function create() { exit(3); } }"


def test_a_missing_bootstrap_is_told(wrong: Callable[..., str], tmp_path: Path) -> None:
    assert f"[import-failed]: daemons.a.php.bootstrap: there is no file {tmp_path}/vendor/autoload.php" in wrong()


@needs_php
def test_a_factory_that_php_has_is_no_problem_and_is_not_called(wrong: Callable[..., str]) -> None:
    assert "error" not in wrong(GOOD)


@needs_php
def test_a_factory_that_php_does_not_have_is_told(wrong: Callable[..., str]) -> None:
    assert "[import-failed]: daemons.a.php.factory: PHP has no Acme\\Mail::create" in wrong("echo 'noise';")


@needs_php
def test_a_bootstrap_that_fails_is_told_with_php_s_words(wrong: Callable[..., str]) -> None:
    told = wrong("nothing();")
    assert "daemons.a.php.factory: " in told
    assert "Call to undefined function nothing()" in told


@needs_php
def test_a_bootstrap_that_only_ends_is_told(wrong: Callable[..., str]) -> None:
    assert "daemons.a.php.factory: PHP left with exit code 3 in autoload.php" in wrong("exit(3);")


@needs_php
def test_nothing_is_asked_without_imports(wrong: Callable[..., str]) -> None:
    assert "error" not in wrong("nothing();", "--no-import")


@needs_php
def test_a_bootstrap_that_hangs_is_ended(tmp_path: Path) -> None:
    bootstrap = tmp_path / "autoload.php"
    bootstrap.write_text("<?php while (true) { usleep(1000); }")
    told = fault(["php"], str(bootstrap), "f", env=os.environ, cwd=str(tmp_path), patience=0.3)
    assert told == "loading autoload.php takes longer than 0.3 s"


@needs_php
def test_a_directory_that_is_not_there_is_told(tmp_path: Path) -> None:
    told = fault(["php"], "x.php", "f", env=os.environ, cwd=str(tmp_path / "none"), patience=5)
    assert told == f"PHP cannot be started: {tmp_path}/none: No such file or directory"
