"""What root refuses to run because others may write it (faults.md F56)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.cli.conftest import Udaemon


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has more than anybody could get")
@pytest.mark.parametrize("what", ["module", "directory", "manifest"])
def test_f56_root_runs_nothing_that_others_may_write(udaemon: Udaemon, shop: Path, what: str) -> None:
    (shop / "udaemon.toml").write_text('[daemons.a]\nfactory = "jobs:create"\nsleep = 1\n')
    (shop / "jobs.py").write_text("def create(): return print\n")
    assert udaemon("check").code == 0
    spoiled = {"module": shop / "jobs.py", "directory": shop, "manifest": shop / "udaemon.toml"}[what]
    spoiled.chmod(0o777 if what == "directory" else 0o666)
    try:
        checked, started = udaemon("check"), udaemon("up", "-d")
    finally:
        spoiled.chmod(0o700)
    assert checked.code == started.code == 2
    for said in (checked.out, started.err):
        assert "error[unsafe]" in said
        assert str(shop if what == "directory" else spoiled.name) in said
