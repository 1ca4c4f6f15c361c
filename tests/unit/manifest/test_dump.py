"""A manifest as plain tables that load as the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.manifest.write import loaded, told

from udaemon.manifest.dump import dump, dump_daemon


@pytest.mark.parametrize("table", ["ready = { within = '5m' }", "health = { period = '30s', action = 'mark' }"])
def test_how_a_tasks_own_methods_are_asked_is_written_and_loads_again(tmp_path: Path, table: str) -> None:
    manifest = loaded(tmp_path, f'[daemons.cache]\nfactory = "cache:Cache"\n{table}\n')
    name = table.split(maxsplit=1)[0]
    assert name in dump_daemon(manifest.daemons["cache"])
    assert name in dump(manifest)["daemons"]["cache"]


@pytest.mark.parametrize("what", ['command = "x"', 'task = "m:f"\nsleep = 1'])
def test_only_what_a_factory_makes_can_have_methods(tmp_path: Path, what: str) -> None:
    (problem,) = told(tmp_path, f"[daemons.cache]\n{what}\nready = {{ within = '5m' }}\n")
    assert (problem.code, problem.path) == ("no-probe", "daemons.cache.ready")
    text = f"[defaults]\nready = {{ within = '5m' }}\n[daemons.cache]\n{what}\n"
    assert "ready" not in dump_daemon(loaded(tmp_path, text).daemons["cache"])
