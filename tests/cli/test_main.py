"""The command line itself: help, mistyped verbs and options, exit codes, errors, and standard output that fails."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.cli.conftest import DB, MAILER, Serve, Udaemon
from tests.fakes.host import FakeHost
from tests.fakes.service import Service

from udaemon.cli.group import VERBS
from udaemon.cli.options import color
from udaemon.manifest.model import Daemon

CLIENT_VERBS = {
    "ps": ["ps", "*"],
    "ps --json": ["ps", "--json"],
    "start": ["start", "db"],
    "stop": ["stop", "db"],
    "restart": ["restart", "db"],
    "signal": ["signal", "HUP", "db"],
    "inspect": ["inspect", "db"],
    "status": ["status"],
    "events": ["events"],
    "wait": ["wait", "db@stopped"],
    "ls": ["ls"],
    "down": ["down"],
    "version": ["version"],
}
HEAVY = (
    "attr",
    "attrs",
    "asyncio",
    "importlib.metadata",
    "multiprocessing",
    "rich",
    "tomlkit",
    "cattrs",
    "tomli",
    "tomllib",
    "yaml",
    "udaemon.manifest.model",
    "udaemon.policy",
)
CALL = """
import sys
from udaemon.cli.main import main
code = main(sys.argv[1:])
sys.stderr.write("\\nLOADED " + " ".join(sys.modules))
"""
SCRIPT = "from udaemon.cli.main import script; script()"


def run(*arguments: str, stdout: int = subprocess.PIPE) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-c", SCRIPT, *arguments]
    return subprocess.run(command, stdout=stdout, stderr=subprocess.PIPE, timeout=20, check=False)


def test_help_lists_every_verb_and_imports_none() -> None:
    call = [sys.executable, "-c", CALL, "--help"]
    done = subprocess.run(call, capture_output=True, text=True, timeout=20, check=True)
    sections = done.stdout[done.stdout.index("Run:\n") :].splitlines()
    listed = [line.split()[0] for line in sections if line.startswith("  ") and line[2:3] != " "]
    assert listed == list(VERBS)
    assert [line for line in sections if line and not line.startswith(" ")] == ["Run:", "Look:", "Manifest:", "Move:"]
    assert "udaemon.cli.commands." not in done.stderr


@pytest.mark.parametrize("arguments", CLIENT_VERBS.values(), ids=CLIENT_VERBS)
def test_a_client_verb_imports_nothing_heavy(service: Service, arguments: list[str]) -> None:
    service.ends_when_down = True
    call = [sys.executable, "-c", CALL, *arguments]
    done = subprocess.run(call, capture_output=True, text=True, timeout=20, check=True)
    loaded = done.stderr.partition("LOADED ")[2].split()
    assert [name for name in loaded if name in HEAVY] == []


@pytest.mark.usefixtures("service")
def test_ps_json_goes_without_click_and_json() -> None:
    call = [sys.executable, "-c", CALL, "ps", "--json"]
    done = subprocess.run(call, capture_output=True, text=True, timeout=20, check=True)
    assert done.stdout.startswith('{"version":1,')
    loaded = done.stderr.partition("LOADED ")[2].split()
    assert not {"click", "json"} & set(loaded)


def test_a_verb_that_is_nearly_right(udaemon: Udaemon) -> None:
    assert udaemon("starrt") == (
        2,
        "",
        "udaemon: no verb 'starrt'; did you mean 'start'?\n  hint: see udaemon --help\n",
    )
    assert udaemon("zzz").err == "udaemon: no verb 'zzz'\n  hint: see udaemon --help\n"


def test_an_option_that_is_nearly_right(udaemon: Udaemon) -> None:
    said = udaemon("ps", "--jsn")
    assert said.code == 2
    assert "--json" in said.err
    assert said.err.endswith("hint: see udaemon ps --help\n")


@pytest.mark.parametrize("option", ["-p", "--context"])
def test_f53_a_name_that_would_lead_elsewhere_is_refused(udaemon: Udaemon, option: str) -> None:
    said = udaemon(option, "../../x", "up", "-d")
    assert said.code == 2
    assert "'../../x' is no name" in said.err


def test_no_verb_tells_what_is_here_and_what_comes_next(udaemon: Udaemon, serve: Serve) -> None:
    said = udaemon()
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("shop does not run: 2 daemons in udaemon.toml\n\n  udaemon check ")
    serve(MAILER, DB)
    assert udaemon().out.startswith("shop runs from /srv/shop/udaemon.toml: 3 stopped\n\n  udaemon ps ")


def test_no_verb_in_an_empty_directory_tells_of_init(
    udaemon: Udaemon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = udaemon()
    assert said.code == 0
    assert said.out.startswith("no udaemon.toml, udaemon.yaml or udaemon.yml in ")
    assert "udaemon init" in said.out


def test_no_verb_with_mistakes_in_the_manifest(udaemon: Udaemon, shop: Path) -> None:
    (shop / "udaemon.toml").write_text('[daemons.db]\ncomand = "x"\n')
    assert udaemon().out.startswith("the manifest has 1 problem: udaemon check shows them\n")


@pytest.mark.parametrize("verb", ["top", "kill", "tail", "exec", "update"])
def test_a_verb_of_another_program_is_told_in_ours(udaemon: Udaemon, verb: str) -> None:
    said = udaemon(verb)
    assert said.code == 2
    assert said.err.startswith(f"udaemon: no verb '{verb}'\n  hint: udaemon ")


@pytest.mark.usefixtures("service")
def test_quiet_may_stand_after_the_verb() -> None:
    assert run("start", "db", "-q").stderr == b""
    assert b"db/0 stopped" in run("stop", "db", "-v").stderr


@pytest.mark.parametrize("verb", list(VERBS))
def test_every_verb_explains_itself(udaemon: Udaemon, verb: str) -> None:
    said = udaemon(verb, "--help")
    assert said.code == 0
    assert said.out.startswith(f"Usage: udaemon {verb} [OPTIONS]")
    assert max(len(line) for line in said.out.splitlines()) <= 80


def test_two_manifests_in_one_directory_are_an_error_that_names_both(udaemon: Udaemon, shop: Path) -> None:
    (shop / "udaemon.yaml").touch()
    said = udaemon("ps")
    assert said.code == 2
    assert "udaemon.toml and udaemon.yaml" in said.err


def test_a_name_with_escapes_is_shown_escaped(udaemon: Udaemon, service: Service) -> None:
    assert udaemon("start", "\x1b[31m").err.startswith("udaemon: no such daemon: \\x1b[31m\n")


def test_an_error_is_red_when_colour_is_forced(udaemon: Udaemon, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert udaemon("ps").err.startswith("\x1b[1;31mudaemon:\x1b[0m no supervisor")


@pytest.mark.parametrize(
    ("asked", "environ", "chosen"),
    [
        (None, {}, "auto"),
        (None, {"NO_COLOR": "1"}, "never"),
        (None, {"FORCE_COLOR": "1"}, "always"),
        (None, {"NO_COLOR": "1", "FORCE_COLOR": "1"}, "never"),
        (None, {"NO_COLOR": "", "FORCE_COLOR": ""}, "auto"),
        (None, {"TERM": "dumb"}, "never"),
        (None, {"TERM": "dumb", "FORCE_COLOR": "1"}, "always"),
        ("always", {"TERM": "dumb"}, "always"),
        ("always", {"NO_COLOR": "1"}, "always"),
        ("never", {"FORCE_COLOR": "1"}, "never"),
    ],
)
def test_who_decides_about_colour(asked: str | None, environ: dict[str, str], chosen: str) -> None:
    assert color(asked, environ) == chosen


@pytest.mark.parametrize("verb", [["ps", "--json"], ["ps"], ["ps", "--format", "jsonl"], ["events"], ["version"]])
@pytest.mark.usefixtures("service")
def test_f59_a_reader_that_has_gone_is_no_error(verb: list[str]) -> None:
    read, write = os.pipe()
    os.close(read)
    done = run(*verb, stdout=write)
    os.close(write)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("verb", [["ps", "--json"], ["ps"], ["version"]])
@pytest.mark.usefixtures("service")
def test_f59_a_full_disk_is_a_clear_error(verb: list[str]) -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    done = run(*verb, stdout=full)
    os.close(full)
    assert done.returncode == 1
    assert done.stderr == b"udaemon: standard output cannot be written: No space left on device\n"


def test_f59_a_reader_that_goes_while_much_is_written_is_no_error(serve: Serve) -> None:
    serve(host=FakeHost(*(Daemon(name=f"worker-{number}", command=("x",)) for number in range(2000))))
    read, write = os.pipe()
    command = [
        sys.executable,
        "-c",
        "import sys; from udaemon.cli.main import script; script()",
        "ps",
        "--format",
        "jsonl",
    ]
    with subprocess.Popen(command, stdout=write, stderr=subprocess.PIPE) as process:
        os.close(write)
        assert os.read(read, 100).startswith(b'{"name":"worker-0"')
        os.close(read)
        _out, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (0, b"")


@pytest.mark.parametrize("arguments", [["up", "-d"], ["ps"], ["ps", "--json"], ["check"], ["config"], ["init"]])
def test_a_working_directory_that_is_gone(
    udaemon: Udaemon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    removed = tmp_path / "removed"
    removed.mkdir()
    monkeypatch.chdir(removed)
    removed.rmdir()

    told = udaemon(*arguments)

    assert (told.code, told.out) == (2, "")
    assert told.err == (
        "udaemon: the working directory is gone\n  hint: somebody removed it; cd to one that is there\n"
    )


def test_a_project_is_found_by_its_name_from_a_working_directory_that_is_gone(
    udaemon: Udaemon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    removed = tmp_path / "removed"
    removed.mkdir()
    monkeypatch.chdir(removed)
    removed.rmdir()

    name = f"gone-{os.getpid()}"  # of this user there may run others, and be they of another test
    for verb in ("ps", "down"):
        told = udaemon("-p", name, verb)
        assert told.err == f"{'udaemon: ' if told.code else ''}no supervisor is running for project {name}\n"
        assert told.code == (0 if verb == "down" else 3)


@pytest.mark.parametrize(
    ("arguments", "code"), [(["nonsense"], 2), (["explain", "nonsense"], 1), (["-f", "nowhere.toml", "ps"], 3)]
)
@pytest.mark.parametrize("unwritable", ["full disk", "reader that has gone"])
def test_f59_an_error_that_cannot_be_written_keeps_its_exit_code(
    arguments: list[str], code: int, unwritable: str
) -> None:
    if unwritable == "full disk":
        stderr = os.open("/dev/full", os.O_WRONLY)
    else:
        read, stderr = os.pipe()
        os.close(read)
    command = [sys.executable, "-c", SCRIPT, *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=stderr, timeout=20, check=False)
    os.close(stderr)
    assert (done.returncode, done.stdout) == (code, b"")


def test_f59_a_reader_that_has_gone_makes_no_failure_a_success(tmp_path: Path) -> None:
    (tmp_path / "udaemon.toml").write_text("")
    read, write = os.pipe()
    os.close(read)
    done = run("check", str(tmp_path), stdout=write)
    os.close(write)
    assert (done.returncode, done.stderr) == (1, b"")


@pytest.mark.parametrize(("choice", "red"), [("always", True), ("never", False)])
def test_an_error_is_coloured_as_was_asked(
    udaemon: Udaemon, monkeypatch: pytest.MonkeyPatch, choice: str, red: bool
) -> None:
    monkeypatch.setenv("FORCE_COLOR" if choice == "never" else "NO_COLOR", "1")
    for arguments in (["ps"], ["nonsense"], ["ps", "--nonsense"]):
        said = udaemon("--color", choice, "-f", "nowhere.toml", *arguments).err
        assert said.startswith("\033[1;31mudaemon:" if red else "udaemon:")
