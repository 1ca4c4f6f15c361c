"""A manifest for another process of ours, and back; what comes is believed by nobody."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.manifest.write import loaded

from udaemon.manifest.plain import NoManifest, of_plain, to_plain

ALL_KINDS = """
env = { A = "1" }
[daemons.a]
command = ["a", "b c"]
stop = { signal = "INT", timeout = "1m30s" }
health.tcp = ":80"
rlimits = { nofile = "1024:4096", core = "unlimited" }
depends-on = { b = "started" }
[daemons.b]
factory = "m:f"
sleep = "500ms"
memory-limit = "256M"
params = { a = [1, { b = "x" }] }
[daemons.c]
command = "c"
cron = "30 4 * * *"
misfire = { run = "all", max = 12 }
[daemons.d]
php = { factory = "A::b", bootstrap = "/b.php" }
"""


def test_a_manifest_comes_back_as_it_was(tmp_path: Path) -> None:
    """Any at all, by the types of the keys: tests/property/test_manifest.py."""
    manifest = loaded(tmp_path, ALL_KINDS)
    assert of_plain(json.loads(json.dumps(to_plain(manifest)))) == manifest


def test_only_what_differs_from_the_defaults_crosses(tmp_path: Path) -> None:
    manifest = loaded(tmp_path, "[daemons.a]\ncommand = 'a'\nstop.timeout = 5\n")
    table = to_plain(manifest)["daemons"]["a"]
    assert (table["stop"], "restart" in table) == ({"timeout": "5s"}, False)


def sound(tmp_path: Path) -> dict[str, Any]:
    return to_plain(loaded(tmp_path, "[daemons.a]\ncommand = 'a'\n"))


@pytest.mark.parametrize(
    "change",
    [
        {"project": "No Name"},
        {"directory": 5},
        {"env": {"A": 1}},
        {"env": []},
        {"daemons": {"A": {}}},
        {"daemons": {"a": {"nonsense": 1}}},
        {"daemons": {"a": {"instances": "two"}}},
        {"daemons": {"a": {"stop": 5}}},
        {"files": {"/x": [1]}},
        {"files": {"/x": [1, True]}},
        {"run_dir": 7},
    ],
)
def test_what_is_no_manifest_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    with pytest.raises(NoManifest):
        of_plain({**sound(tmp_path), **change})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(JSON)
def test_whatever_comes_it_is_a_manifest_or_refused(value: object) -> None:
    with pytest.raises(NoManifest):
        of_plain(value)


def test_one_that_lacks_a_key_is_refused(tmp_path: Path) -> None:
    for name in (plain := sound(tmp_path)):
        with pytest.raises(NoManifest):
            of_plain({key: value for key, value in plain.items() if key != name})
