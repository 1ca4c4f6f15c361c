"""`udaemon completion`, and what a shell gets when it asks."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.cli.conftest import Udaemon
from tests.fakes.service import Service

from udaemon.cli.completion import CONDITIONS, offers
from udaemon.cli.describe import FILE, page
from udaemon.cli.main import main
from udaemon.control.handlers import wait


def test_the_command_line_as_data_is_fresh() -> None:
    assert Path(FILE).read_text(encoding="utf-8") == page(), "run: python -m udaemon.cli.reference"


def test_the_conditions_are_those_that_the_supervisor_knows() -> None:
    assert set(CONDITIONS) == set(wait._CONDITIONS)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_there_is_a_script_for_each_shell(udaemon: Udaemon, shell: str) -> None:
    said = udaemon("completion", shell)
    assert said.code == 0
    assert f"_UDAEMON_COMPLETE={shell}_complete" in said.out


def completed(udaemon: Udaemon, monkeypatch: pytest.MonkeyPatch, line: str) -> list[str]:
    words = line.split(" ")
    monkeypatch.setenv("_UDAEMON_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", line)
    monkeypatch.setenv("COMP_CWORD", str(len(words) - 1))
    said = udaemon()
    assert said.err == ""
    return [offer.split(",", 1)[1] for offer in said.out.splitlines() if offer]


def test_verbs(udaemon: Udaemon, monkeypatch: pytest.MonkeyPatch) -> None:
    assert completed(udaemon, monkeypatch, "udaemon st") == ["start", "stop", "status"]


def test_daemons_of_the_running_supervisor(udaemon: Udaemon, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    assert completed(udaemon, monkeypatch, "udaemon stop ") == ["mailer", "db"]
    assert completed(udaemon, monkeypatch, "udaemon stop mailer d") == ["db"]


def tagged(shop: Path) -> None:
    (shop / "udaemon.toml").write_text(
        '[daemons.mailer]\nfactory = "jobs:create"\ntags = ["mail", "night"]\n'
        '[daemons.db]\ncommand = "x"\ntags = "night"\n'
    )


def test_tags_stand_behind_the_daemons(udaemon: Udaemon, shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tagged(shop)
    assert completed(udaemon, monkeypatch, "udaemon stop ") == ["mailer", "db", "tag:mail", "tag:night"]
    assert completed(udaemon, monkeypatch, "udaemon run ") == ["mailer", "db"]


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("udaemon stop tag", ["tag:mail", "tag:night"]),
        ("udaemon stop tag :", ["mail", "night"]),
        ("udaemon stop tag : ni", ["night"]),
        ("udaemon stop db tag : ma", ["mail"]),
    ],
)
def test_a_tag_is_completed_where_bash_ends_a_word_at_its_colon(
    udaemon: Udaemon, shop: Path, monkeypatch: pytest.MonkeyPatch, line: str, offered: list[str]
) -> None:
    tagged(shop)
    assert completed(udaemon, monkeypatch, line) == offered


def test_daemons_of_the_manifest_when_nothing_runs(udaemon: Udaemon, monkeypatch: pytest.MonkeyPatch) -> None:
    assert completed(udaemon, monkeypatch, "udaemon start ma") == ["mailer"]


def test_daemons_of_another_manifest(udaemon: Udaemon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "other.toml"
    other.write_text('[daemons.web]\ncommand = "x"\n')
    assert completed(udaemon, monkeypatch, f"udaemon -f {other} start ") == ["web"]


def test_a_broken_manifest_offers_nothing(udaemon: Udaemon, shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (shop / "udaemon.toml").write_text("[daemons")
    assert completed(udaemon, monkeypatch, "udaemon start ") == []


def test_signals_conditions_and_keys(udaemon: Udaemon, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    assert completed(udaemon, monkeypatch, "udaemon signal US") == ["USR1", "USR2"]
    assert completed(udaemon, monkeypatch, "udaemon wait db@r") == ["db@ready", "db@run-ok"]
    assert completed(udaemon, monkeypatch, "udaemon explain min-s") == ["min-sleep"]
    assert completed(udaemon, monkeypatch, "udaemon explain shar") == ["sharing"]


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("udaemon wait db @ r", ["@ready", "@run-ok"]),
        ("udaemon wait db @", ["@ready", "@stopped", "@run-ok"]),
        ("udaemon ps --format = j", ["json", "jsonl"]),
        ("udaemon ps --format =", ["table", "wide", "json", "jsonl"]),
        ("udaemon -f udaemon.toml --context = x stop d", ["db"]),
    ],
)
def test_what_bash_took_apart_at_an_at_or_an_equals_sign(
    udaemon: Udaemon, service: Service, monkeypatch: pytest.MonkeyPatch, line: str, offered: list[str]
) -> None:
    """Bash lets an @ be the beginning of the word that it replaces, and : and = be the end of the one before."""
    assert completed(udaemon, monkeypatch, line) == offered


def test_instances_stand_behind_a_slash(udaemon: Udaemon, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    assert completed(udaemon, monkeypatch, "udaemon stop mailer/") == ["mailer/0", "mailer/1"]
    assert completed(udaemon, monkeypatch, "udaemon run mailer/") == []


def offered(line: str) -> list[tuple[str, str]]:
    *words, begun = line.split(" ")[1:]
    return [(offer.word, offer.kind) for offer in offers(words, begun)]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("udaemon up --w", ["--wait", "--wait-timeout"]),
        ("udaemon up --wait --w", ["--wait-timeout"]),
        ("udaemon up --q", ["--quiet"]),
        ("udaemon ps --q", []),  # its -q means something else
        ("udaemon up -", ["-d", "--detach", "--wait", "--wait-timeout", "--no-deps", "--exit-code-from"]),
        ("udaemon reload --n", ["--now"]),
        ("udaemon --col", ["--color"]),
        ("udaemon --color ", ["auto", "always", "never"]),
        ("udaemon --color=n", ["--color=never"]),
        ("udaemon --color never p", ["pause", "ps"]),
        ("udaemon check --format s", ["sarif"]),
        ("udaemon logs -n 5 --sin", ["--since"]),
        ("udaemon logs -n ", []),
        ("udaemon completion f", ["fish"]),
        ("udaemon version ", []),
        ("udaemon -- completion ", ["bash", "zsh", "fish"]),
        ("udaemon completion bash ", []),
        ("udaemon completion -- -", []),
        ("udaemon nonsense ", []),
        ("udaemon nonsense --", ["--quiet", "--verbose", "--help"]),
    ],
)
def test_options_and_choices(line: str, words: list[str]) -> None:
    found = offered(line)
    assert [word for word, _kind in found][: len(words) or None] == words
    assert {kind for _word, kind in found} <= {"plain"}


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("udaemon -f ud", ("ud", "file")),
        ("udaemon schema -o ", ("", "file")),
        ("udaemon check sub/", ("sub/", "file")),
        ("udaemon import-ini ", ("", "dir")),
    ],
)
def test_files_and_directories_are_for_the_shell_to_find(line: str, told: tuple[str, str]) -> None:
    assert offered(line) == [told]


@pytest.fixture
def path(tmp_path: Path) -> dict[str, str]:
    """An environment in which a shell finds `udaemon`, and no configuration."""
    here = os.path.dirname(sys.executable)
    return os.environ | {
        "PATH": f"{here}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path),
    }


def shell(path: dict[str, str], *command: str) -> list[str]:
    done = subprocess.run(command, env=path, capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr == ""
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    ("words", "replies"),
    [
        ("sta", ["start", "status"]),
        ("stop mai", ["mailer"]),
        ("stop ''", ["mailer", "db"]),
        ("wait db @ r", ["@ready", "@run-ok"]),
        ("signal US", ["USR1", "USR2"]),
    ],
)
def test_bash_itself(service: Service, path: dict[str, str], words: str, replies: list[str]) -> None:
    script = f"""
        eval "$(udaemon completion bash)"
        COMP_WORDS=(udaemon {words}); COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 ))
        _udaemon_completion udaemon; printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    assert shell(path, "bash", "--norc", "-c", script) == replies


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed")
def test_fish_itself(service: Service, path: dict[str, str]) -> None:
    script = """
        udaemon completion fish | source
        for line in "udaemon sta" "udaemon stop mai" "udaemon wait db@re" "udaemon ps --format=jsonl"
            complete -C $line
        end
    """
    told = shell(path, "fish", "--no-config", "-c", script)
    assert told[:2] == ["start\tStart daemons.", "status\tShow all that one wants to know of a daemon."]
    assert told[2:] == ["mailer", "db@ready", "--format=jsonl"]


@pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not installed")
def test_zsh_takes_the_script(path: dict[str, str]) -> None:
    script = 'autoload -U compinit; compinit -u; eval "$(udaemon completion zsh)"; print $_comps[udaemon]'
    assert shell(path, "zsh", "-f", "-c", script) == ["_udaemon_completion"]


def test_zsh_is_told_what_each_word_means(udaemon: Udaemon, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_UDAEMON_COMPLETE", "zsh_complete")
    monkeypatch.setenv("COMP_WORDS", "udaemon sto")
    monkeypatch.setenv("COMP_CWORD", "1")
    assert udaemon().out == "plain\nstop\nStop daemons.\n"
    monkeypatch.setenv("COMP_WORDS", "udaemon wait 'mai")
    monkeypatch.setenv("COMP_CWORD", "2")
    assert udaemon().out == "plain\nmailer\n_\n"


def test_a_shell_that_nobody_knows(udaemon: Udaemon, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_UDAEMON_COMPLETE", "tcsh_complete")
    assert udaemon() == (1, "", "")


def test_a_shell_that_is_not_said_is_asked_for_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion"]) == 2
    said = "udaemon: Missing argument '{bash|zsh|fish}'. Choose from: bash, zsh, fish\n"
    assert capsys.readouterr().err == said + "  hint: see udaemon completion --help\n"
