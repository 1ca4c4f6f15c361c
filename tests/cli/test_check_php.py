"""`udaemon check` where the PHP that daemons need is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from udaemon.cli.main import main

MANIFEST = """
[daemons.a]
command = ["php", "-d", "x=y", "daemon.php"]
[daemons.b]
command = "exec php daemon.php --instance $$UDAEMON_INSTANCE"
shell = true
[daemons.c]
factory = "udaemon.php:create"
params = { bootstrap = "b.php", factory = "A::b", php = "php8.2" }
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


@pytest.fixture(autouse=True)
def no_php(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (tmp_path / "bin").mkdir()
    (tmp_path / "udaemon.toml").write_text(MANIFEST)
    return tmp_path / "bin"


def test_a_missing_php_is_told_with_the_way_to_get_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--format", "concise"]) == 1
    out = capsys.readouterr().out
    assert [line.split(": ", 1)[1].split(" (")[0] for line in out.splitlines() if "no-php" in line] == [
        "error[no-php]: daemons.a.command: php is not installed",
        "error[no-php]: daemons.b.command: php is not installed",
        "error[no-php]: daemons.c.factory: php8.2 is not installed",
        "error[no-php]: daemons.g.command: php is not installed",
    ]
    assert out.count("(on Debian and Ubuntu: apt-get install php-cli)") == 4


def test_a_php_that_is_there_is_no_problem(no_php: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("php", "php8.2"):
        (no_php / name).write_text("")
        (no_php / name).chmod(0o755)
    main(["check", "--format", "concise"])
    assert "no-php" not in capsys.readouterr().out
