"""`udaemon doctor`."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from udaemon.cli.main import main
from udaemon.system import oom


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def facts(capsys: pytest.CaptureFixture[str]) -> dict[str, tuple[str, str]]:
    return {fact["topic"]: (fact["state"], fact["text"]) for fact in json.loads(capsys.readouterr().out)}


def test_it_tells_what_the_machine_offers(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--json"]) == 0
    told = facts(capsys)
    assert {"python", "system", "pidfd", "subreaper", "cgroup v2", "open files", "OOM score"} <= set(told)
    assert told["manifest"][0] == "missing"


def test_a_project_s_directories_are_looked_at(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("udaemon.toml").write_text("[defaults]\nlog-dir='log'\n[daemons.a]\ncommand='a'\ncwd='gone'")
    assert main(["doctor", "--json"]) == 1
    told = facts(capsys)
    assert told["log directory"] == ("good", f"{folder.resolve()}/log will be made")
    assert told["working directory"] == ("bad", f"{folder.resolve()}/gone is no directory")


def test_f56_a_run_directory_that_others_may_write_is_told(
    steady_environment: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("udaemon.toml").write_text("[daemons.a]\ncommand='a'")
    unsafe = steady_environment / "run" / "udaemon"
    unsafe.mkdir()
    unsafe.chmod(0o777)
    assert main(["doctor", "--json"]) == 1
    assert facts(capsys)["run directory"] == ("bad", f"{unsafe} can be written by others: chmod 0700 it")


def test_a_file_where_a_directory_should_be_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("udaemon.toml").write_text("[daemons.a]\ncommand='a'\nlog-dir='udaemon.toml/log'")
    assert main(["doctor"]) == 1
    assert "udaemon.toml is no directory" in capsys.readouterr().out


def test_a_wrong_manifest_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    Path("udaemon.toml").write_text("[daemons.a]")
    assert main(["doctor"]) == 1
    assert f"1 problem in the manifest: see udaemon check{os.linesep}" in capsys.readouterr().out


@pytest.mark.parametrize(("own", "state"), [("/proc/nobody/oom_score_adj", "missing"), (None, "good")])
def test_f65_whether_the_supervisor_can_be_shielded_is_told(
    own: str | None, state: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "oom_score_adj"
    file.write_text("-900\n")
    monkeypatch.setattr(oom, "_OWN", own or str(file))
    main(["doctor", "--json"])
    told, text = facts(capsys)["OOM score"]
    assert told == state
    assert ("may not be lowered" in text) == (state == "missing")
