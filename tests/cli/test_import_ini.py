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
    assert "1 of 1 file imported\n" in err
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
    read = json.loads(capsys.readouterr().out)
    assert list(read) == ["file", "ok", "line", "reason", "encoding", "values", "notes"]
    assert read["values"] == {"sleep": "5", "hosts": {"0": "x"}, "root": "/srv/feeds", "title": "0"}
    assert {"line": 4, "code": "arithmetic", "text": 'PHP calculates: `R&D` is "0"; quotes would keep the text'} in (
        read["notes"]
    )


def test_show_says_where_php_refuses(capsys: pytest.CaptureFixture[str]) -> None:
    ini("a", "a=1\nb=x (y)\n")
    assert main(["import-ini", "--show", "ini/a.ini"]) == 0
    read = json.loads(capsys.readouterr().out)
    assert (read["ok"], read["line"], read["values"]) == (False, 2, None)
    assert read["reason"] == "syntax error, unexpected '('"


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


@pytest.mark.parametrize("text", ["1e400G", "9" * 5000, "0" + "7" * 400, "1e999", "-1e999", "0x" + "f" * 400, "nan"])
@pytest.mark.parametrize("key", ["memory-limit", "memory-threshold", "instance", "sleep", "min-sleep"])
def test_no_number_is_too_large(key: str, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    ini("a", f"factory=A::b\n{key}={text}\n")
    assert main(["import-ini", "ini", "--verify"]) == 0
    assert "Traceback" not in capsys.readouterr().err


def shown(text: str, *options: str, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    ini("a", text)
    capsys.readouterr()
    assert main(["import-ini", "--show", "ini/a.ini", *options]) == 0
    values: dict[str, str] = json.loads(capsys.readouterr().out)["values"]
    return values


def test_variables_ask_php_ini_before_the_environment(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("precision", "7")
    Path("php.ini").write_text("[PHP]\nmemory_limit = 512M\n[Date]\nprecision = 17\n")
    text = "a=${memory_limit}\nb=${max_execution_time}\nc=${precision}\nd=${display_errors}\n"
    assert shown(text, capsys=capsys) == {"a": "128M", "b": "0", "c": "7", "d": "1"}
    assert shown(text, "--php-ini", "php.ini", capsys=capsys) == {"a": "512M", "b": "0", "c": "17", "d": "1"}
    assert shown("a=${memory_limit}", capsys=capsys) == {"a": "128M"}
    ini("a", "factory=A::b\nlog-dir=/x/${memory_limit}/${FEED_ROOT}\n")
    main(["import-ini", "ini"])
    assert "php-ini-guess" in capsys.readouterr().out
    assert 'log-dir = "/x/128M/${FEED_ROOT}"' in Path("udaemon.toml").read_text()


def test_constants_of_php_s_build_are_known(capsys: pytest.CaptureFixture[str]) -> None:
    values = shown("a=PHP_VERSION\nb=PHP_MAJOR_VERSION\nc=PHP_SAPI\nd=PHP_BINDIR\n", capsys=capsys)
    assert values["a"].startswith(f"{values['b']}.")
    assert (values["c"], values["d"][:1]) == ("cli", "/")
    assert shown("a=PHP_VERSION", "--constant", "PHP_VERSION=5.3.3", capsys=capsys) == {"a": "5.3.3"}


def test_a_second_manifest_beside_the_first_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    ini("a", "factory=A::b\n")
    Path("udaemon.toml").write_text("mine")
    assert main(["import-ini", "ini", "--format", "yaml", "--force"]) == 1
    told = capsys.readouterr().err
    assert "udaemon.toml is there already, and two manifests in one directory exclude each other" in told
    assert not Path("udaemon.yaml").exists()
    assert main(["import-ini", "ini", "-o", "other.yaml"]) == 0


def test_every_bad_line_of_a_map_file_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    ini("a", "factory=A::b\n")
    Path("map.txt").write_text("A\\ = 5\nB\\ = b\nC = \n")
    assert main(["import-ini", "ini", "--map", "map.txt"]) == 2
    told = capsys.readouterr().err
    assert "map.txt:1: no rule" in told
    assert "map.txt:3: no rule" in told


def test_what_is_to_do_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    ini("a", "factory=A::b\nsleep=soon\n")
    main(["import-ini", "ini"])
    capsys.readouterr()
    main(["check", "--no-import", "--format", "concise"])
    assert capsys.readouterr().out.count("it is still to do") == 2


def test_verify_sees_that_a_manifest_is_bridged(capsys: pytest.CaptureFixture[str]) -> None:
    ini("a.b", "factory=A::b\nsleep=30\nmemory-limit=64M\nlog-dir=/x\n")
    ini("c", "factory=A::c\nsleep=30\n")
    Path("daemon.php").write_text("<?php\n")
    assert main(["import-ini", "ini", "--bridge", "php", "--entry", "daemon.php"]) == 0
    capsys.readouterr()
    for options in ((), ("--bridge", "php", "--entry", "daemon.php")):
        assert main(["import-ini", "ini", "--dry-run", "--verify", *options]) == 0
        told = capsys.readouterr().err
        assert "udaemon.toml says what PHP read.\n" in told
        assert "memory is measured" not in told
    text = Path("udaemon.toml").read_text()
    Path("udaemon.toml").write_text(text.replace('id = "c"', 'id = "other"').replace('"a.b"', '"a"'))
    main(["import-ini", "ini", "--dry-run", "--verify"])
    told = capsys.readouterr().err
    assert 'c: php.id is "other", c.ini is that of "c"' in told
    assert 'a-b: php.id is "a", a.b.ini is that of "a.b"' in told


def test_a_library_elsewhere_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    ini("a", "factory=A::b\n")
    Path("daemon.php").write_text("<?php\n")
    Path("lib/src/Ustream/Daemon").mkdir(parents=True)
    wanted = ["import-ini", "ini", "--bridge", "php", "--entry", "daemon.php", "--library"]
    assert main([*wanted, "lib"]) == 2
    assert "the PHP library is not in lib" in capsys.readouterr().err
    Path("lib/src/Ustream/Daemon/Daemon.php").write_text("<?php\n")
    assert main([*wanted, "lib"]) == 0
    assert 'php = { entry = "daemon.php", library = "lib" }' in Path("udaemon.toml").read_text()
    assert main(["import-ini", "ini", "--library", "lib"]) == 2


def test_a_daemon_called_env_is_shown_as_any_other(capsys: pytest.CaptureFixture[str]) -> None:
    ini("env", "factory=Acme\\Env::create\nsleep=soon\n")
    assert main(["import-ini", "ini", "--dry-run", "--json"]) == 0
    assert "Acme" in json.loads(capsys.readouterr().out)["manifest"]
    main(["import-ini", "ini", "--verify"])
    assert "Acme" in Path("udaemon.toml").read_text()
    assert "***" not in capsys.readouterr().err
