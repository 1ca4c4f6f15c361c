"""`udaemon config`: the manifest as it is understood."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from attrs import evolve

from udaemon.cli.main import main
from udaemon.manifest.read import load

TEXT = """\
project = "shop"
context = "staging"
env-file = "common.env"
env = { TZ = "UTC" }

[defaults]
restart = "always"
env = { FROM = "defaults" }

[daemons.base]
command = "serve --port ${PORT:-80}"
stop.signal = "INT"

[daemons.heir]
extends = "base"
env = { PASSWORD = "hunter2", TEXT = "$$5" }
env-file = "own.env"
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("udaemon.toml").write_text(TEXT)
    Path("common.env").write_text("COMMON=1\n")
    Path("own.env").write_text("OWN=1\nFROM=own file\n")
    return tmp_path


@pytest.mark.parametrize("form", ["toml", "yaml", "json"])
def test_what_it_prints_loads_as_the_same_manifest(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = load(environ=os.environ)
    assert main(["config", "--format", form, "--show-secrets"]) == 0
    Path(f"again.{form}").write_text(capsys.readouterr().out)
    after = load([f"again.{form}"], environ=os.environ)
    assert evolve(after, file=before.file) == before
    assert after.daemons["heir"].command == ("serve", "--port", "80")
    assert after.daemons["heir"].env["TEXT"] == "$5"


def test_f60_what_variables_hold_is_masked(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["config"], ["config", "--origin"], ["config", "--format", "json", "--origin"]):
        assert main(arguments) == 0
        shown = capsys.readouterr().out
        assert "PASSWORD" in shown
        assert "hunter2" not in shown


@pytest.mark.parametrize("arguments", [[], ["--origin"], ["--format", "json"], ["--format", "yaml", "--origin"]])
def test_f60_what_is_called_a_secret_is_masked_everywhere_and_no_name_is(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("udaemon.toml").write_text(
        """
    [daemons.env]
    factory = "jobs:create"
    params = { api-key = "hunter2", dsn = "hunter2", url = "amqp://me:hunter2@mq", nested = { token = ["hunter2"] } }
    [daemons.password]
    command = ["serve", "--password", "hunter2", "--token=hunter2", "--port", "8080"]
    """.replace("api-key", "api_key")
    )
    assert main(["config", *arguments]) == 0
    shown = capsys.readouterr().out
    assert "hunter2" not in shown
    assert all(
        word in shown for word in ("jobs:create", "api_key", "nested", "8080", "--password", "amqp://me:", "@mq")
    )
    assert main(["config", *arguments, "--show-secrets"]) == 0
    assert capsys.readouterr().out.count("hunter2") == 6


@pytest.mark.parametrize(
    ("key", "origin"),
    [
        ("project", "udaemon.toml:1"),
        ("context", "option"),
        ("env.TZ", "udaemon.toml:4"),
        ("env.COMMON", "env-file"),
        ("daemons.base.command", "udaemon.toml:11, ${PORT}"),
        ("daemons.heir.command", "udaemon.toml:11, extends base, ${PORT}"),
        ("daemons.heir.stop.signal", "udaemon.toml:12, extends base"),
        ("daemons.heir.stop.timeout", "built-in"),
        ("daemons.heir.restart", "udaemon.toml:7, defaults"),
        ("daemons.heir.env.PASSWORD", "udaemon.toml:16"),
        ("daemons.heir.env.TEXT", "udaemon.toml:16"),
        ("daemons.heir.env.FROM", "env-file"),
        ("daemons.base.env.FROM", "udaemon.toml:8, defaults"),
        ("daemons.base.env.TZ", "udaemon.toml:4, manifest"),
        ("daemons.base.env.COMMON", "env-file"),
        ("daemons.base.cwd", "built-in"),
    ],
)
def test_each_value_s_origin_is_told(key: str, origin: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--context", "test", "config", "--origin", "--show-secrets"]) == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith(f"{key} = ")]
    assert line.split("  # ")[1] == origin


def test_origins_are_there_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "--origin", "--format", "json"]) == 0
    told = {one["path"]: one for one in json.loads(capsys.readouterr().out)}
    assert told["daemons.heir.stop.signal"] | {"file": ""} == {
        "path": "daemons.heir.stop.signal",
        "value": "INT",
        "source": "extends",
        "via": "base",
        "file": "",
        "line": 12,
        "column": 15,
        "layer": 0,
        "variables": [],
    }


def test_a_wrong_manifest_is_told_as_ever(capsys: pytest.CaptureFixture[str]) -> None:
    Path("udaemon.toml").write_text("[daemons.a]\n")
    assert main(["config"]) == 2
    assert "nothing-to-run" in capsys.readouterr().err
