"""`udaemon import-ini`, in this process: what it writes, says and refuses."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from udaemon.cli.main import main
from udaemon.manifest.read import examine

GOLDEN = Path(__file__).parents[1] / "golden" / "import-ini"
ACCEPT = bool(os.environ.get("UDAEMON_ACCEPT"))


@pytest.fixture(autouse=True)
def in_a_directory_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FEED_ROOT", "/srv/feeds")
    monkeypatch.delenv("FEED_SUFFIX", raising=False)


def ini(name: str, text: str) -> None:
    Path("ini").mkdir(exist_ok=True)
    Path("ini", f"{name}.ini").write_bytes(text.encode())


def check(name: str, text: str) -> None:
    """Compare with a golden file. `UDAEMON_ACCEPT=1` writes it anew: read the diff before it is kept."""
    if ACCEPT:
        (GOLDEN / name).write_text(text, "utf-8")
    assert text == (GOLDEN / name).read_text("utf-8")


def imported(*options: str) -> int:
    os.symlink(GOLDEN / "ini", "ini")
    wanted = ("--map", str(GOLDEN / "map.txt"), "--constant", "APP_LOG=/var/log/app", "--context", "production")
    return main(["import-ini", "ini", *wanted, *options])


def test_twelve_files_two_of_them_broken(capsys: pytest.CaptureFixture[str]) -> None:
    code = imported("--instances", "indexer=4", "--run-dir", "/var/run/acme", "--verify")
    assert code == 1
    out, err = capsys.readouterr()
    check("imported.toml", Path("udaemon.toml").read_text("utf-8"))
    check("report.txt", out)
    check("verified.txt", err)


def test_the_same_in_yaml_and_json(capsys: pytest.CaptureFixture[str]) -> None:
    code = imported("--format", "yaml", "--keep-log-paths", "--json")
    assert code == 1
    check("imported.yaml", Path("udaemon.yaml").read_text("utf-8"))
    check("report.json", capsys.readouterr().out)


def test_the_same_as_php_tasks(capsys: pytest.CaptureFixture[str]) -> None:
    Path("app.php").write_text("<?php\n")
    code = imported("--bridge", "php-runner", "--bootstrap", "app.php", "--verify")
    assert code == 1
    text = Path("udaemon.toml").read_text("utf-8")
    check("imported-php.toml", text.replace(os.getcwd(), "/app"))
    told = capsys.readouterr()
    check("verified-php.txt", told.err)
    assert "php-ini-limit" not in told.out


def test_php_tasks_take_composer_s_autoload(capsys: pytest.CaptureFixture[str]) -> None:
    ini("a", "factory=Acme\\Mail::create\nsleep=1\n")
    assert main(["import-ini", "ini", "--bridge", "php-runner"]) == 2
    assert "--bridge php-runner needs --bootstrap" in capsys.readouterr().err
    Path("vendor").mkdir()
    Path("vendor/autoload.php").write_text("<?php namespace Acme; class Mail { static function create() {} }")
    assert main(["import-ini", "ini", "--bridge", "php-runner"]) == 0
    assert main(["check", "--no-import"]) == 0


@pytest.mark.parametrize("options", [(), ("--bridge", "php-runner", "--bootstrap", "app.php")])
def test_toml_and_yaml_say_the_same(options: tuple[str, ...]) -> None:
    Path("app.php").write_text("<?php\n")
    imported("-o", "a.toml", *options)
    os.unlink("ini")
    imported("-o", "b.yaml", *options)
    data = [examine([name], environ=os.environ).documents[0].data for name in ("a.toml", "b.yaml")]
    assert data[0] == data[1]
    assert len(data[0]["daemons"]) == 10


def test_what_is_to_do_is_refused_at_its_place(capsys: pytest.CaptureFixture[str]) -> None:
    ini("mailer", "factory=Acme\\Mail::create\nsleep=soon\n")
    assert main(["import-ini", "ini"]) == 0
    capsys.readouterr()
    assert main(["check", "--no-import"]) == 1
    out = capsys.readouterr().out
    assert 'daemons.mailer.factory: "TODO: Acme\\\\Mail::create" names no callable' in out
    assert 'daemons.mailer.sleep: "TODO: soon" is no duration' in out
    assert main(["up", "-d"]) == 2


def test_a_fully_mapped_directory_passes_check() -> None:
    ini("mailer", "factory=Acme\\Mail\\Queue::create\nsleep=30\nlog-dir=/var/log/$$x\n")
    Path("map.txt").write_text("Acme\\ = acme\n")
    assert main(["import-ini", "ini", "--map", "map.txt", "--context", "production"]) == 0
    manifest = examine(["udaemon.toml"], environ=os.environ).manifest
    assert manifest is not None
    daemon = manifest.daemons["mailer"]
    assert (daemon.factory, daemon.sleep, daemon.log_dir) == ("acme.mail:Queue.create", 30.0, "/var/log/$$x")
    assert (daemon.cwd, str(daemon.restart)) == ("/", "always")


def test_variables_stay_references() -> None:
    ini("a", 'factory=A::b\nlog-dir=${FEED_ROOT}/x$y\ncommon-log="${FEED_ROOT}${NOT_SET}/c"\n')
    main(["import-ini", "ini"])
    text = Path("udaemon.toml").read_text()
    assert 'log-dir = "${FEED_ROOT}/x$$y"' in text
    assert 'common-log = "${FEED_ROOT}${NOT_SET:-}/c"' in text


def test_an_existing_manifest_is_kept_unless_forced(capsys: pytest.CaptureFixture[str]) -> None:
    ini("a", "factory=A::b\n")
    Path("udaemon.toml").write_text("mine")
    assert main(["import-ini", "ini"]) == 1
    assert Path("udaemon.toml").read_text() == "mine"
    assert "udaemon.toml is there already" in capsys.readouterr().err
    assert main(["import-ini", "ini", "--force"]) == 0
    assert Path("udaemon.toml").read_text().startswith("# Imported by")
    assert os.listdir() == ["ini", "udaemon.toml"] or sorted(os.listdir()) == ["ini", "udaemon.toml"]


def test_a_dry_run_writes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    ini("a", "factory=A::b\n")
    assert main(["import-ini", "ini", "--dry-run"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("# Imported by")
    assert "1 of 1 files imported\n" in err
    assert os.listdir() == ["ini"]


def test_verify_finds_what_was_changed_by_hand(capsys: pytest.CaptureFixture[str]) -> None:
    ini("a", "factory=A::b\nsleep=30\n")
    ini("b", "factory=A::c\n")
    Path("udaemon.toml").write_text(
        '[defaults]\nrestart = "always"\n[daemons.a]\nfactory = "x:y"\nsleep = "1m"\n[daemons.z]\ncommand = "true"\n'
    )
    assert main(["import-ini", "ini", "--dry-run", "--verify"]) == 0
    err = capsys.readouterr().err
    assert '  a: sleep is "1m", PHP read "30"\n' in err
    assert "  b: b.ini has no daemon\n" in err
    assert "  z: no ini file\n" in err
    assert "TERM lets the run finish" in err


def test_show_prints_what_php_reads(capsys: pytest.CaptureFixture[str]) -> None:
    ini("a", "sleep=RATE\nhosts[]=x\nroot=${FEED_ROOT}\ntitle=R&D\n")
    assert main(["import-ini", "--show", "ini/a.ini", "--constant", "RATE=5"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert list(shown) == ["file", "ok", "line", "reason", "encoding", "values", "notes"]
    assert shown["values"] == {"sleep": "5", "hosts": {"0": "x"}, "root": "/srv/feeds", "title": "0"}
    assert {"line": 4, "code": "arithmetic", "text": 'PHP calculates: `R&D` is "0"; quotes would keep the text'} in (
        shown["notes"]
    )


def test_show_says_where_php_refuses(capsys: pytest.CaptureFixture[str]) -> None:
    ini("a", "a=1\nb=x (y)\n")
    assert main(["import-ini", "--show", "ini/a.ini"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["ok"], shown["line"], shown["values"]) == (False, 2, None)
    assert shown["reason"] == "syntax error, unexpected '('"


@pytest.mark.parametrize("php", ["5", "8"])
def test_show_reads_as_the_php_it_is_told(php: str, capsys: pytest.CaptureFixture[str]) -> None:
    ini("a", "# x (y)\na=1\n")
    main(["import-ini", "--show", "ini/a.ini", "--php", php])
    assert json.loads(capsys.readouterr().out)["ok"] is (php == "5")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "name a directory of ini files"),
        (["nowhere"], "nowhere cannot be read: No such file or directory"),
        (["empty"], "empty has no ini files"),
        (["ini", "--instances", "b=2"], "--instances b: there is no b.ini"),
        (["ini", "--instances", "a=0"], "write a number from 1 to 9999"),
        (["ini", "--constant", "X"], "--constant takes NAME=VALUE"),
        (["ini", "--map", "bad.txt"], "bad.txt:2: no rule"),
        (["ini", "--context", "prod.eu"], "'prod.eu' cannot be a context here"),
        (["ini", "--context", "prod.eu"], "--context prod-eu will do; the library's files were ID-prod.eu.pid and "),
        (["ini", "--context", "***"], "write 1 to 63 of a-z"),
        (["ini", "--bridge", "php", "--entry", "no.php"], "no.php is no file"),
        (["ini", "--bridge", "php-runner", "--bootstrap", "no.php"], "no.php is no file"),
        (["ini", "--bridge", "php-runner", "--entry", "no.php"], "--entry goes with --bridge php"),
        (["ini", "--bootstrap", "no.php"], "--bootstrap goes with --bridge php-runner"),
    ],
)
def test_a_wrong_wish_is_told(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    ini("a", "factory=A::b\n")
    Path("empty").mkdir()
    Path("bad.txt").write_text("# fine\nAcme\\ = 5\n")
    assert main(["import-ini", *arguments]) == 2
    assert said in capsys.readouterr().err
    assert not Path("udaemon.toml").exists()


@pytest.mark.parametrize("name", [b"ini/caf\xe9.ini", b"ini/a\nb.ini"])
def test_a_file_with_a_strange_name_is_refused(name: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    ini("a", "factory=A::b\n")
    Path(os.fsdecode(name)).write_text("factory=A::b\n")
    assert main(["import-ini", "ini"]) == 2
    assert "ini has a file with a strange name" in capsys.readouterr().err


def test_nothing_is_written_when_every_file_is_broken() -> None:
    ini("a", "x=(\n")
    assert main(["import-ini", "ini"]) == 1
    assert not Path("udaemon.toml").exists()
