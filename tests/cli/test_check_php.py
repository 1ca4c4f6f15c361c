"""`udaemon check` asks for the PHP that daemons need, and PHP for their factories."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from udaemon.cli.main import main
from udaemon.php.look import Fault, Php, faults

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
    told = faults(Php(["php"], os.environ, str(tmp_path), 0.3), str(bootstrap), ["f", "g"])
    assert told == dict.fromkeys("fg", Fault("loading autoload.php takes longer than 0.3 s"))


@needs_php
def test_a_directory_that_is_not_there_is_told(tmp_path: Path) -> None:
    told = faults(Php(["php"], os.environ, str(tmp_path / "none"), 5), "x.php", ["f"])
    assert told == {"f": Fault(f"PHP cannot be started: {tmp_path}/none: No such file or directory")}


BOOTSTRAP = """<?php
file_put_contents(__DIR__ . '/loads', 'x', FILE_APPEND);
class Ustream_Daemon_Builder { }
class Mail { function doTask() { } }
class Good { static function make(): Mail { return new Mail(); } function not() { } }
class Bad {
    static function wants($queue) { }
    static function builds() { return new Ustream_Daemon_Builder(); }
    static function other(): Ustream_Daemon_Builder { }
}
spl_autoload_register(function ($class) { if ($class === 'Dies') { exit(4); } });
"""


@needs_php
def test_many_factories_are_asked_for_in_one_process_and_one_fault_is_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app.php").write_text(BOOTSTRAP)
    factories = ["Good::make"] * 20 + ["Bad::wants", "Bad::builds", "Bad::other", "Good::not"] + ["Gone::x"] * 3
    tables = [f"[daemons.d{number}]\nphp.factory = '{name}'\n" for number, name in enumerate(factories)]
    (tmp_path / "udaemon.toml").write_text(
        '[defaults]\nsleep = 1\nphp.bootstrap = "app.php"\n'
        + "".join(tables)
        + "[daemons.dies]\nphp.factory = 'Dies::x'\n"
    )
    assert main(["check", "--format", "concise"]) == 1
    told = [line.split(": ", 1)[1] for line in capsys.readouterr().out.splitlines()]
    hint = "leave it to PHP with php.entry, or change the factory"
    lost = f"works with Ustream_Daemon_Builder, which is not there where udaemon keeps the time ({hint})"
    assert told == [
        "error[import-failed]: daemons.d20.php.factory: Bad::wants needs an argument; a factory is called without",
        f"warning[import-failed]: daemons.d21.php.factory: Bad::builds {lost}",
        "error[import-failed]: daemons.d22.php.factory: Bad::other makes a Ustream_Daemon_Builder, which is no task",
        "error[import-failed]: daemons.d23.php.factory: Good::not is no public static method",
        "error[import-failed]: daemons.d24.php.factory: PHP has no Gone::x (3 daemons: this one, d25, d26)",
        "error[import-failed]: daemons.dies.php.factory: PHP left with exit code 4 in Dies::x",
    ]
    assert (tmp_path / "loads").read_text() == "x"


@pytest.mark.parametrize(
    ("php", "said"),
    [
        ("php.id = 'x'", "nothing-to-run]: daemons.a.php: has no entry"),
        ("php = { entry = 'e.php', factory = 'f' }", "both-to-run]: daemons.a.php.entry: factory and entry exclude"),
        ("php = { id = 'x', factory = 'f' }", "both-to-run]: daemons.a.php.id: factory and id exclude"),
        ("php.entry = 'e.php'\nsleep = 1", "contradiction]: daemons.a.sleep: means nothing for a php.entry daemon"),
    ],
)
def test_a_whole_daemon_and_a_task_exclude_each_other(
    php: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "udaemon.toml").write_text(f"[daemons.a]\n{php}\n")
    assert main(["check", "--no-import", "--format", "concise"]) == 1
    assert said in capsys.readouterr().out
