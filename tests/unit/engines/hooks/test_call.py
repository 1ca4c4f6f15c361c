"""A hook that is a callable: found beside the manifest, called once, with the event as a dict."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from udaemon.engines.hooks.call import PROGRAM

MODULE = """
heard = []

def told(event):
    heard.append(event)

class Pager:
    @staticmethod
    def page(event):
        heard.append(event["name"])
"""
Call = Callable[[str], list[Any]]


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Call what a name stands for, in a module of this test's own; answers what that has heard."""
    module = f"listeners_{tmp_path.name}"
    (tmp_path / f"{module}.py").write_text(MODULE)
    monkeypatch.setattr(sys, "path", [*sys.path])

    def called(path: str) -> list[Any]:
        monkeypatch.setattr(sys, "argv", ["-c", f"{module}:{path}", str(tmp_path)])
        monkeypatch.setattr(sys, "stdin", io.StringIO('{"event": "failed", "name": "web"}'))
        exec(PROGRAM)  # as a process of its own is told to
        heard: list[Any] = sys.modules[module].heard
        return heard

    return called


def test_a_function_gets_the_event(call: Call) -> None:
    assert call("told") == [{"event": "failed", "name": "web"}]


def test_what_lies_in_a_class_is_found_by_its_path(call: Call) -> None:
    assert call("Pager.page") == ["web"]


@pytest.mark.parametrize(("path", "error"), [("nobody", AttributeError), ("Pager.nobody", AttributeError)])
def test_what_is_not_there_is_the_error_that_python_has_for_it(call: Call, path: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        call(path)
