"""Which interpreter a manifest names, and what it is told to find our package."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from udaemon.child.other_python import program, resolved


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with a virtual environment, and another one that is on PATH."""
    (tmp_path / "venv" / "bin").mkdir(parents=True)
    (tmp_path / "bin").mkdir()
    for name, mode in (("python9", 0o755), ("python8", 0o644)):
        (tmp_path / "bin" / name).touch(mode)
    monkeypatch.setenv("PATH", f"{tmp_path}/none:{tmp_path}/bin")
    return tmp_path


@pytest.mark.parametrize(
    ("python", "expected"),
    [
        ("venv", "{}/venv/bin/python"),
        ("./venv", "{}/./venv/bin/python"),
        ("bin/python9", "{}/bin/python9"),
        ("nowhere/python", "{}/nowhere/python"),
        ("/usr/bin/python3.13", "/usr/bin/python3.13"),
        ("python9", "{}/bin/python9"),
        ("python8", "{}/python8"),  # what is on PATH cannot be executed
        ("python7", "{}/python7"),
    ],
)
def test_it_is_named_by_path_by_environment_or_by_what_is_on_path(place: Path, python: str, expected: str) -> None:
    assert resolved(python, str(place)) == expected.format(place)


def test_what_another_python_executes_is_of_the_oldest_syntax_and_ends_with_what_is_wanted() -> None:
    text = program('py"thon', "from udaemon.child.spawned import main; main()")
    ast.parse(text, feature_version=(3, 7))
    assert text.endswith("main()")
    assert "python is Python %d" in text
