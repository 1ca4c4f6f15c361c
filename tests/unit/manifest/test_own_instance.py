"""`${UDAEMON_INSTANCE}` in `command` and `env`: kept when loading, filled for each instance."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve

from udaemon.manifest.dump import dump
from udaemon.manifest.model import Daemon
from udaemon.manifest.own_instance import for_instance
from udaemon.manifest.read import examine, load

TEXT = """
[env]
WHO = "${UDAEMON_NAME}"
[defaults.env]
OF = "${UDAEMON_INSTANCES}"
[daemons.web]
command = "serve --port 800${UDAEMON_INSTANCE} ${HOST}"
env = { PORT = "800${UDAEMON_INSTANCE:-0}" }
instances = 2
[daemons.twin]
command = ["serve", "$$${UDAEMON_INSTANCE}", "${UDAEMON_INSTANCE}${UDAEMON_NAME}", "$$UDAEMON_INSTANCE"]
[daemons.script]
command = "exec serve ${UDAEMON_INSTANCE}"
shell = true
[daemons.task]
factory = "jobs:create"
env = { TURN = "${UDAEMON_INSTANCE}" }
"""
OUTER = {"HOST": "h", "UDAEMON_INSTANCE": "7", "UDAEMON_NAME": "outer"}


@pytest.fixture
def daemons(tmp_path: Path) -> dict[str, Daemon]:
    (tmp_path / "udaemon.toml").write_text(TEXT)
    manifest = load([str(tmp_path / "udaemon.toml")], environ=OUTER, cwd=str(tmp_path))
    return dict(manifest.daemons)


def test_each_instance_has_its_own(daemons: dict[str, Daemon]) -> None:
    for index in (0, 1):
        web = for_instance(daemons["web"], index)
        assert web.command == ("serve", "--port", f"800{index}", "h")
        assert web.env == {"WHO": "web", "OF": "2", "PORT": f"800{index}"}
    assert for_instance(daemons["twin"], 0).command == ("serve", "$0", "0twin", "$UDAEMON_INSTANCE")
    assert for_instance(daemons["script"], 0).command == ("exec serve 0",)
    assert for_instance(daemons["task"], 3).env["TURN"] == "3"


def test_a_daemon_without_is_the_same(daemons: dict[str, Daemon]) -> None:
    plain = evolve(daemons["web"], command=("serve", "$HOME"), env={"A": "${HOME}"})
    assert for_instance(plain, 1) is plain


def test_what_is_written_back_loads_as_the_same(tmp_path: Path) -> None:
    (tmp_path / "udaemon.toml").write_text(TEXT)
    manifest = load([str(tmp_path / "udaemon.toml")], environ=OUTER, cwd=str(tmp_path))
    tables = dump(manifest)["daemons"]
    assert tables["web"]["command"] == ["serve", "--port", "800${UDAEMON_INSTANCE}", "h"]
    assert tables["web"]["env"]["PORT"] == "800${UDAEMON_INSTANCE}"
    assert tables["twin"]["command"][1:] == [
        "$$${UDAEMON_INSTANCE}",
        "${UDAEMON_INSTANCE}${UDAEMON_NAME}",
        "$$UDAEMON_INSTANCE",
    ]
    assert tables["script"]["command"] == "exec serve ${UDAEMON_INSTANCE}"


@pytest.mark.parametrize("key", ['cwd = "/srv/${UDAEMON_INSTANCE}"', 'params = { turn = "${UDAEMON_INSTANCES}" }'])
def test_elsewhere_it_is_a_variable_like_any_other(key: str, tmp_path: Path) -> None:
    (tmp_path / "udaemon.toml").write_text(f'[daemons.a]\nfactory = "jobs:create"\n{key}\nsleep = "1s"\n')
    (problem,) = examine([str(tmp_path / "udaemon.toml")], environ={}, cwd=str(tmp_path)).problems
    assert (problem.code, problem.line) == ("missing-variable", 3)
    assert problem.hint == "only command, env and log.file are filled for each instance"
