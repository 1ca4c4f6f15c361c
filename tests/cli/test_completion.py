"""`udaemon completion`, and what a shell gets when it asks."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.conftest import Udaemon
from tests.fakes.service import Service


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
