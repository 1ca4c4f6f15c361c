"""`udaemon init`."""

from __future__ import annotations

from pathlib import Path

import pytest

from udaemon.cli.main import main
from udaemon.manifest.schema import as_text


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("form", ["toml", "yaml"])
def test_what_it_writes_is_good(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "My Shop", "--format", form]) == 0
    assert main(["check", "My Shop"]) == 0
    assert capsys.readouterr().out.endswith(f"My Shop/udaemon.{form}: good, 2 daemons\n")
    assert Path("My Shop/udaemon.schema.json").read_text() == as_text()
    assert "./udaemon.schema.json" in Path(f"My Shop/udaemon.{form}").read_text().splitlines()[0]


@pytest.mark.parametrize(("where", "how"), [("shop", "cd shop && "), ("My Shop", "cd 'My Shop' && "), (".", "")])
def test_it_says_what_comes_next(where: str, how: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", where]) == 0
    assert capsys.readouterr().err == f"start it: {how}udaemon up; after an edit: udaemon check\n"


@pytest.mark.parametrize("name", ["udaemon.yaml", "tasks.py"])
def test_nothing_is_written_over(name: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path(name).write_text("mine")
    assert main(["init"]) == 1
    assert f"{name} is there already" in capsys.readouterr().err
    assert [file.name for file in folder.iterdir()] == [name]


@pytest.mark.parametrize(
    ("form", "first", "daemon"),
    [
        ("toml", "#:schema ./udaemon.schema.json", "[daemons.mailer]"),
        ("yaml", "# yaml-language-server: $schema=./udaemon.schema.json", "  mailer:"),
    ],
)
def test_from_ini_makes_the_manifest_of_old_files(form: str, first: str, daemon: str) -> None:
    Path("ini").mkdir()
    Path("ini/mailer.ini").write_text("factory = Jobs\\\\Mailer::create\nsleep = 5\n")
    assert main(["init", "new", "--from-ini", "ini", "--format", form]) == 0
    lines = Path(f"new/udaemon.{form}").read_text().splitlines()
    assert lines[0] == first
    assert daemon in lines
    assert Path("new/udaemon.schema.json").read_text() == as_text()


@pytest.mark.parametrize("place", ["file", "file/below", "/proc/self/shop"])
@pytest.mark.parametrize("more", [(), ("--from-ini", "ini")])
def test_where_nothing_can_be_made_is_said_in_one_line(
    place: str, more: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("file").write_text("mine")
    Path("ini").mkdir()
    Path("ini/mailer.ini").write_text("factory = A::b\n")
    assert main(["init", place, *more]) == 1
    (said,) = capsys.readouterr().err.splitlines()
    assert said.startswith(f"udaemon: {place} cannot be made: ")


def test_from_ini_files_that_php_refuses_makes_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("ini").mkdir()
    Path("ini/mailer.ini").write_text("factory = (\n")
    assert main(["init", "new", "--from-ini", "ini"]) == 1
    assert "0 of 1 file imported" in capsys.readouterr().err
    assert main(["init", "new", "--from-ini", "none"]) == 2
    assert sorted(path.name for path in folder.iterdir()) == ["ini"]


def test_a_directory_s_name_is_shown_escaped(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "a\n\x1b[31m"]) == 0
    assert capsys.readouterr().out.startswith("wrote a\\n\\x1b[31m/udaemon.toml\n")
