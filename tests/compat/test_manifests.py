"""Manifests that loaded once load for ever, and mean the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from udaemon.manifest.dump import dump
from udaemon.manifest.model import Restart
from udaemon.manifest.read import load
from udaemon.manifest.written import as_text

HERE = Path(__file__).parent / "manifests"
ENVIRON = {"HOME": "/home/me"}


@pytest.mark.parametrize("file", sorted(HERE.glob("*.*")), ids=lambda file: file.name)
def test_it_loads_and_loads_again_as_it_is_dumped(file: Path, tmp_path: Path) -> None:
    manifest = load([str(file)], environ=ENVIRON)
    again = tmp_path / "udaemon.yaml"
    again.write_text(as_text(dump(manifest), "yaml"))
    assert load([str(again)], environ=ENVIRON).daemons == manifest.daemons


def test_version_0_1_means_what_it_meant() -> None:
    manifest = load([str(HERE / "0.1.toml")], environ=ENVIRON)
    assert list(manifest.daemons) == ["task", "listed", "split"]
    assert manifest.env == {"TZ": "UTC", "PRICE": "$5", "HERE": "/home/me", "THERE": "/there"}
    task = manifest.daemons["task"]
    assert (task.sleep, task.min_sleep, task.umask, task.instances) == (90.0, 0.5, 0o027, 2)
    assert (task.stop.signal, task.stop.timeout, task.stop.kill_tree) == ("INT", 60.0, False)
    assert (task.backoff.initial, task.backoff.max, task.start_limit.then) == (0.5, 120.0, 600.0)
    assert (task.log.max_size, task.log.max_age) == (100 * 1024**2, 7 * 86400.0)
    assert task.params["more"] == {"deep": 1}
    listed = manifest.daemons["listed"]
    assert (listed.restart, listed.start_limit.then) == (Restart.ALWAYS, None)
    assert (listed.log.max_size, listed.log.max_age) == (None, None)
    assert manifest.daemons["split"].command == ("serve", "--name", "two words")
