"""`udaemon schema`: to standard output, and into a file that is never half written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.conftest import Udaemon


def test_a_project_with_its_own_factories(udaemon: Udaemon, shop: Path) -> None:
    (shop / "jobs").mkdir()
    (shop / "jobs" / "mail.py").write_text("def create(queue: str) -> object: ...\n")
    (shop / "out.json").write_text("before")
    said = udaemon("schema", "--project", "-o", "out.json")
    assert (said.code, said.out, said.err) == (0, "", "")
    assert "jobs.mail:create" in (shop / "out.json").read_text()
    assert sorted(path.name for path in shop.iterdir()) == ["jobs", "out.json", "udaemon.toml"]


@pytest.mark.parametrize("arguments", [(), ("-o", "out.json")])
def test_with_a_mistake_in_the_manifest_it_is_the_plain_schema(
    udaemon: Udaemon, shop: Path, arguments: tuple[str, ...]
) -> None:
    (shop / "udaemon.toml").write_text('[daemons.db]\ncomand = "x"\n')
    said = udaemon("schema", "--project", *arguments)
    text = (shop / "out.json").read_text() if arguments else said.out
    assert said.code == 1
    assert said.err.startswith("the manifest has problems, see udaemon check;")
    assert json.loads(text) == json.loads(udaemon("schema").out)


def test_a_file_that_cannot_be_written_is_said_in_a_line(udaemon: Udaemon) -> None:
    said = udaemon("schema", "-o", "nowhere/out.json")
    assert (said.code, said.err) == (1, "udaemon: nowhere/out.json cannot be written: No such file or directory\n")
