"""faults.md F52: what a process that read a manifest answers is looked at as a manifest is, whatever it says."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fakes.manifests import manifests
from tests.unit.manifest.write import loaded

from udaemon.errors import ExitCode, ManifestError, Problem, UdaemonError
from udaemon.manifest.model import Manifest
from udaemon.service.manifest_answer import answer, beyond, understood

TEXT = """
project = "shop"
context = "staging"
run-dir = "run"
env = { A = "$$1" }
[defaults]
stop = { timeout = 3, signal = "INT", kill-tree = false }
[daemons.mailer]
task = "jobs:send"
params = { queue = "mail", retries = [1, 2.5, true], more = { deep = "x" } }
instances = 3
memory-limit = "1.5G"
log = { format = "json", max-size = -1, max-age = "2d" }
start-limit = { count = 3, window = "1m", then = "cooldown 10m" }
on.task-done = "jobs:told"
[daemons.shell]
command = "echo 'a  b' | cat"
shell = true
umask = "0077"
success-exit-codes = [0, 3]
[daemons.off]
command = ["sleep", "$${UDAEMON_INSTANCE}"]
enabled = false
"""


@pytest.fixture
def manifest(tmp_path: Path) -> Manifest:
    return loaded(tmp_path, TEXT)


def test_a_manifest_comes_back_whole(manifest: Manifest) -> None:
    back = understood(answer(manifest))
    assert isinstance(back, Manifest)
    assert back == manifest
    assert dict(back.files) == dict(manifest.files)


@settings(max_examples=50, deadline=None)
@given(made=manifests("/srv/shop"))
def test_any_manifest_comes_back_whole(made: Manifest) -> None:
    assert understood(answer(made)) == made


@pytest.mark.parametrize(
    "error",
    [
        UdaemonError("no file", "make one", ExitCode.USAGE),
        UdaemonError("no hint"),
        beyond("memory"),
        ManifestError((Problem("syntax", "no", None, "a.b", "/m", 3, 4), Problem("x", "y", "z", severity="warning"))),
    ],
)
def test_an_error_comes_back_with_all_its_parts(error: UdaemonError) -> None:
    back = understood(answer(error))
    assert isinstance(back, UdaemonError)
    assert (type(back), back.message, back.hint, back.exit_code) == (
        type(error), error.message, error.hint, error.exit_code,
    )  # fmt: skip
    if isinstance(error, ManifestError) and isinstance(back, ManifestError):
        assert back.problems == error.problems


def _set(*path: str, value: object) -> Callable[[dict[str, Any]], None]:
    def change(told: dict[str, Any]) -> None:
        for part in path[:-1]:
            told = told[part]
        told[path[-1]] = value

    return change


@pytest.mark.parametrize(
    "spoil",
    [
        _set("manifest", value=[]),
        _set("manifest", "project", value="../../etc"),
        _set("manifest", "project", value=None),
        _set("manifest", "file", value=3),
        _set("manifest", "env", "A", value=1),
        _set("manifest", "files", "/x", value=["a", 1]),
        _set("manifest", "daemons", value=None),
        _set("manifest", "daemons", "mailer", value="x"),
        _set("manifest", "daemons", "a/b", value={}),
        _set("manifest", "daemons", "mailer", "instances", value=10**9),
        _set("manifest", "daemons", "mailer", "instances", value="many"),
        _set("manifest", "daemons", "mailer", "task", value="os system"),
        _set("manifest", "daemons", "mailer", "__class__", value="x"),
        _set("manifest", "daemons", "shell", "stop", value={"timeout": -1}),
        _set("manifest", "daemons", "shell", "umask", value="999"),
        lambda told: told["manifest"].pop("env"),
        lambda told: told.clear(),
    ],
)  # fmt: skip
def test_what_no_manifest_says_is_refused(manifest: Manifest, spoil: Callable[[dict[str, Any]], None]) -> None:
    told = json.loads(answer(manifest))
    spoil(told)
    error = understood(json.dumps(told).encode())
    assert isinstance(error, UdaemonError)
    assert "not understood" in error.message


@pytest.mark.parametrize(
    "data",
    [
        b"{", b"[]", b"null", b"{}", b"\xff", b"[" * 200_000, b'{"problems":[]}', b'{"problems":[{}]}',
        b'{"problems":[["a"]]}',
        b'{"error":{"message":1,"hint":null,"exit_code":2}}', b'{"error":{"message":"a","hint":null,"exit_code":77}}',
        b"1" * 10_000, b'{"manifest":' + b"9" * 10_000 + b"}",
    ],
)  # fmt: skip
def test_what_is_no_answer_is_refused(data: bytes) -> None:
    error = understood(data)
    assert isinstance(error, UdaemonError)
    assert "not understood" in error.message


@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=200))
def test_bytes_of_any_kind_break_nothing(data: bytes) -> None:
    assert isinstance(understood(data), UdaemonError)
