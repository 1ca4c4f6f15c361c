"""`udaemon ls` against fake supervisors."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from tests.cli.conftest import DB, MAILER, Serve, Udaemon


def test_no_project(udaemon: Udaemon) -> None:
    assert udaemon("ls") == (0, "", "no project runs\n")
    assert udaemon("ls", "--json") == (0, "[]\n", "")


def test_projects_are_listed_from_anywhere(udaemon: Udaemon, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    serve(MAILER, DB)
    serve(DB, project="other")
    monkeypatch.chdir("/")
    said = udaemon("ls")
    pid = os.getpid()
    assert said.out.splitlines()[0].split() == ["PROJECT", "CONTEXT", "INSTANCES", "UPTIME", "PID", "MANIFEST"]
    assert [line.split()[:4] for line in said.out.splitlines()[1:]] == [
        ["shop", "production", "1", "stopped"],
        ["shop", "production", "3", "stopped"],
    ]
    assert [one["pid"] for one in json.loads(udaemon("ls", "--json").out)] == [pid, pid]


def test_two_projects_of_one_manifest_are_told_apart_by_name(udaemon: Udaemon, serve: Serve) -> None:
    serve(MAILER)
    serve(DB, project="other")
    said = udaemon("ps")
    assert said == (2, "", "udaemon: several projects run from this manifest: other, shop\n  hint: say which with -p\n")
    assert udaemon("-p", "other", "ps", "-q").out == "db/0\n"


def test_a_project_is_found_by_name_from_anywhere(
    udaemon: Udaemon, serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(DB)
    monkeypatch.chdir(tmp_path)
    assert udaemon("-p", "shop", "ps", "-q").out == "db/0\n"
    said = udaemon("-p", "shopp", "ps")
    assert said == (3, "", "udaemon: no supervisor is running for project shopp\n")
