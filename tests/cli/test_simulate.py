"""`udaemon simulate` without a supervisor."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.conftest import Said, Udaemon

MANIFEST = """
[daemons.report]
command = "report"
cron = "0 6 * * *"
timezone = "UTC"
[daemons.beat]
task = "jobs:beat"
sleep = "6h"
[daemons.busy]
task = "jobs:beat"
sleep = "10ms"
autostart = false
"""
FROM = "2026-11-26T00:00:00Z"


@pytest.fixture
def simulate(udaemon: Udaemon, tmp_path: Path) -> Callable[..., Said]:
    (tmp_path / "udaemon.toml").write_text(MANIFEST)
    return lambda *argv: udaemon("-f", str(tmp_path / "udaemon.toml"), "simulate", *argv)


def test_json_tells_each_run_and_the_peak(simulate: Callable[..., Said]) -> None:
    said = simulate("--from", FROM, "--for", "24h", "--json", "report", "beat")
    told = json.loads(said.out)
    assert said.code == 0
    assert told["runs"][0] == {"name": "beat", "instance": 0, "at": "2026-11-26T00:00:00.000Z"}
    assert [run["name"] for run in told["runs"]] == ["beat", "beat", "report", "beat", "beat"]
    assert (told["peak"], told["peak_at"]) == (2, "2026-11-26T06:00:00.000Z")
    assert told["herds"] == [{"instances": ["beat/0", "report/0"], "times": 1, "first_at": "2026-11-26T06:00:00.000Z"}]
    assert told["staggered"]["peak"] == 1


def test_people_get_a_table_a_chart_and_what_stagger_would_change(simulate: Callable[..., Said]) -> None:
    said = simulate("--from", FROM, "-n", "1", "report", "beat")
    assert "… and 4 more: -n 0 lists all" in said.out
    assert said.out.count("█") > 24
    assert "with stagger = true at most 1 at once, and none begin together" in said.out


def test_too_much_is_refused_before_it_is_counted(simulate: Callable[..., Said]) -> None:
    said = simulate()
    assert said.code == 2
    assert said.err == (
        "udaemon: more than 500,000 runs in this time\n  hint: look at a shorter time, --for 1h, or at fewer daemons\n"
    )


def test_a_daemon_that_is_not_there(simulate: Callable[..., Said]) -> None:
    assert simulate("repot").code == 4


def test_one_instance_alone_has_its_runs(udaemon: Udaemon, tmp_path: Path) -> None:
    manifest = tmp_path / "udaemon.toml"
    manifest.write_text('[daemons.beat]\ncommand = "beat"\nsleep = "6h"\ninstances = 3')
    told = json.loads(udaemon("-f", str(manifest), "simulate", "beat/1", "--json").out)
    assert ({run["instance"] for run in told["runs"]}, told["peak"]) == ({1}, 1)


def test_what_follows_another_has_its_runs_without_those(udaemon: Udaemon, tmp_path: Path) -> None:
    manifest = tmp_path / "udaemon.toml"
    manifest.write_text(
        '[daemons.load]\ncommand = "load"\nsleep = "6h"\n'
        '[daemons.index]\ncommand = "index"\nafter-run.load = "ok"\n'
        '[daemons.mail]\ncommand = "mail"\nafter-run.index = "any"\n'
    )
    told = json.loads(udaemon("-f", str(manifest), "simulate", "mail", "--json").out)
    assert [run["name"] for run in told["runs"]] == ["mail"] * 4
