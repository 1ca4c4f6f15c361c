"""What a diagnostic shows of files and values: lines of the project's own manifests, never what a variable held."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.unit.manifest.write import ENVIRON

from udaemon.manifest.read import examine
from udaemon.manifest.report import as_json, as_lines, as_text
from udaemon.manifest.sarif import as_github, as_sarif

SECRET = "hunter2-hunter3"
GOOD = "[daemons.a]\ncommand = 'a'\n"


def told(folder: Path, *files: str, **environ: str) -> str:
    """All that any format shows of what is wrong with a manifest."""
    examined = examine(files or ("udaemon.toml",), environ={**ENVIRON, **environ}, cwd=str(folder))
    assert examined.problems
    base = str(folder)
    return "\n".join(
        (
            as_text(examined.problems, examined.sources, base),
            as_lines(examined.problems, base),
            as_json(examined.problems),
            as_github(examined.problems, base),
            as_sarif(examined.problems, base),
        )
    )


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("shadow", f"root:{SECRET}:19000:0:99999:7:::\n"),
        (".env", f"API_KEY={SECRET}\n"),
        (".env", f'API_KEY="{SECRET}"\nproject = "{SECRET}"\n'),
        ("key.pem", f"-----BEGIN KEY-----\n{SECRET}\n"),
        ("binary", f"\x7fELF\x01 {SECRET} \udcff\udcfe\n"),
        ("settings.ini", f"[{SECRET}\n"),
    ],
)
@pytest.mark.parametrize("outside", [True, False])
def test_of_a_file_that_is_no_manifest_only_place_and_reason_are_told(
    name: str, content: str, outside: bool, tmp_path: Path
) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (tmp_path if outside else project).joinpath(name).write_bytes(content.encode(errors="surrogateescape"))
    where = f"../{name}" if outside else name
    (project / "udaemon.toml").write_text(f"include = '{where}'\n{GOOD}")
    text = told(project)
    assert SECRET not in text
    assert name in text


def test_a_manifest_outside_of_the_project_is_not_quoted_unless_it_was_named(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (tmp_path / "other.toml").write_text(f"x-token = '{SECRET}'; project = 3\n")
    (project / "udaemon.toml").write_text(f"include = '../other.toml'\n{GOOD}")
    assert SECRET not in told(project)
    (tmp_path / "other.toml").write_text("project = 3 # look here\n")
    assert "look here" not in told(project)
    assert "look here" in told(project, "udaemon.toml", "../other.toml")


def test_a_link_in_the_project_to_a_file_elsewhere_is_not_quoted(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (tmp_path / "shadow").write_text(f"root:{SECRET}:1\n")
    (project / "link.toml").symlink_to(tmp_path / "shadow")
    (project / "udaemon.toml").write_text(f"include = 'link.toml'\n{GOOD}")
    assert SECRET not in told(project)


@pytest.mark.parametrize(
    "secret", [SECRET, SECRET * 9, 'hunter2"hunter3', "hunter2.hunter3", "hunter2 hunter3", "ü-hunter2-€"]
)
@pytest.mark.parametrize(
    "line",
    [
        "restart = '${SECRET}'",
        "sleep = '${SECRET}'",
        "sleep = 'x${SECRET}'",
        "memory-limit = '${SECRET}'",
        "factory = '${SECRET}'",
        "stop.signal = '${SECRET}'",
        "umask = '${SECRET}'",
        "tags = ['ok', 'X${SECRET}']",
        "extends = '${NONE:-${SECRET}}'",
        "instances = '${SECRET}'",
        "preload = '${SECRET}'",
        "start-limit.then = '${SECRET}'",
        "on.start = ['${SECRET}']",
        "env-file = '${SECRET}'",
    ],
)
def test_what_a_variable_held_is_in_no_message(line: str, secret: str, tmp_path: Path) -> None:
    (tmp_path / "udaemon.toml").write_text(f"{GOOD}{line}\n")
    text = told(tmp_path, SECRET=secret)
    assert not any(part in text for part in ("hunter2", "hunter3"))
    assert "SECRET" in text, "the reader is told which variable it is"


@pytest.mark.parametrize(("value", "hint"), [("5 minutes", "minutes"), ("256 megabytes", "256M"), ("a.b.c", "a.b:c")])
def test_no_hint_is_made_of_what_a_variable_held(value: str, hint: str, tmp_path: Path) -> None:
    text = "[daemons.a]\nfactory = '${F:-a:b}'\nsleep = '${S:-1}'\nmemory-limit = '${M:-1G}'\n"
    (tmp_path / "udaemon.toml").write_text(text)
    key = {"5 minutes": "S", "256 megabytes": "M", "a.b.c": "F"}[value]
    shown = told(tmp_path, **{key: value})
    assert hint not in shown
    assert f"its text comes from ${{{key}}}" in shown


def test_what_is_written_is_quoted_and_gets_its_hint(tmp_path: Path) -> None:
    (tmp_path / "udaemon.toml").write_text(
        f"{GOOD}description = '${{HOME}}'\n[daemons.b]\nfactory='a:b'\nsleep = '5 minutes'\n"
    )
    text = told(tmp_path)
    assert '"5 minutes" is no duration' in text
    assert 'write "5m"' in text


def test_what_an_env_file_holds_is_in_no_message(tmp_path: Path) -> None:
    (tmp_path / "own.env").write_text(f"GOOD={SECRET}\nBAD={SECRET}\\\n{SECRET} x\nQUOTE='{SECRET}\n[{SECRET}]\n")
    (tmp_path / ".env").write_text(f"X {SECRET}\n{SECRET}${SECRET}\n")
    (tmp_path / "udaemon.toml").write_text(f"{GOOD}env-file = 'own.env'\ndescription = '${{HOME}}'\n")
    text = told(tmp_path)
    assert SECRET not in text
    assert "own.env:2:1" in text
    assert os.path.join(str(tmp_path), ".env") in text
