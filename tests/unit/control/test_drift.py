"""`ps` marks what runs by another manifest than the one on disk: parsed or as bytes, and never held up for long."""

from __future__ import annotations

import copy
import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from tests.fakes.host import FakeHost
from tests.unit.control.talk import Talk

from udaemon.control.drift import marked, marked_text
from udaemon.manifest import stamps
from udaemon.manifest.stamps import changed_in_time, stamp


@pytest.fixture(params=["udaemon.toml", "odd [name],.toml", "ünï.toml", 'quo"te.toml'])
def answer(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, Any]:
    """An answer of a supervisor that has read this file and looked for a `.env` in vain."""
    path = tmp_path / request.param
    path.write_text("text")
    files = {str(name): stamp(str(name)) for name in (path, tmp_path / ".env")}
    instances = [{"name": "a", "drift": False, "error": 'says "drift":false'}, {"name": "b", "drift": False}]
    return {"files": files, "version": 1, "instances": instances}


def as_bytes(answer: dict[str, Any]) -> bytes:
    return json.dumps(answer, separators=(",", ":")).encode()


def both_ways(answer: dict[str, Any]) -> dict[str, Any]:
    """What both make of it, which is the same; only where a path is written with escapes the bytes are left alone."""
    text = marked_text(as_bytes(answer))
    told = marked(copy.deepcopy(answer))
    escaped = any(not name.isascii() or '"' in name for name in answer["files"])
    assert (text is None) == escaped
    assert text is None or json.loads(text) == told
    return told


def test_while_the_files_are_as_they_were_nothing_drifts(answer: dict[str, Any]) -> None:
    told = both_ways(answer)
    assert list(told) == ["version", "instances"]
    assert [one["drift"] for one in told["instances"]] == [False, False]


@pytest.mark.parametrize("edit", ["changed", "gone", "env"])
def test_a_file_that_is_another_or_gone_or_new_makes_all_drift(answer: dict[str, Any], edit: str) -> None:
    path, env = answer["files"]
    if edit == "changed":
        Path(path).write_text("another text")
    elif edit == "gone":
        os.unlink(path)
    else:
        Path(env).write_text("A=1")
    told = both_ways(answer)
    assert [one["drift"] for one in told["instances"]] == [True, True]
    assert told["instances"][0]["error"] == 'says "drift":false'


def test_a_manifest_of_no_file_drifts_never() -> None:
    assert both_ways({"files": {}, "version": 1, "instances": [{"drift": False}]})["instances"] == [{"drift": False}]


@pytest.mark.parametrize("data", [b"", b'{"version":1}', b'{"files":{', b'{"files":{"a":1},"instances":[]}', b"[]"])
def test_what_is_no_such_answer_goes_the_ordinary_way(data: bytes) -> None:
    assert marked_text(data) is None


def test_a_file_system_that_does_not_answer_costs_a_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read, write = os.pipe()
    monkeypatch.setattr(stamps, "_PATIENCE", 0.05)
    monkeypatch.setattr(stamps, "stamp", lambda _file: os.read(read, 1))
    began = time.monotonic()
    assert changed_in_time({"/hangs": (0, 0)}) == []
    assert time.monotonic() - began < 5.0
    os.close(write)
    os.close(read)


def test_stamps_are_sent_to_who_asks_for_them(host: FakeHost, talk: Talk) -> None:
    assert "files" not in talk.ask("ps")["data"]
    assert list(talk.ask("ps", files=True)["data"])[:2] == ["files", "version"]
