"""A manifest back as tables: complete, nothing that means nothing, and loaded again it is the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.manifest.write import ENVIRON, loaded, told

from udaemon.manifest.dump import dump, dump_daemon, escaped
from udaemon.manifest.model import Daemon
from udaemon.manifest.probes import Ready
from udaemon.manifest.read import load
from udaemon.manifest.written import FORMATS, as_text

TEXT = """
project = "shop"
context = "test"
run-dir = "run"
env = { COST = "5$$", UDAEMON = "${UDAEMON_INSTANCE}" }
[daemons.server]
command = "serve --cost $$5"
shell = true
depends-on = ["mailer"]
ready.tcp = ":80"
[daemons.mailer]
factory = "jobs:create"
sleep = "1m30s"
memory-limit = "256M"
params = { a = [1, { b = "x" }] }
[daemons.job]
command = ["job", "${UDAEMON_INSTANCE}", "$$"]
cron = "30 4 * * *"
instances = 2
"""


@pytest.mark.parametrize("form", FORMATS)
def test_what_is_written_loads_as_the_same(tmp_path: Path, form: str) -> None:
    manifest = loaded(tmp_path, TEXT)
    (tmp_path / f"again.{form}").write_text(as_text(dump(manifest), form))
    again = load([f"again.{form}"], environ=ENVIRON, cwd=str(tmp_path))
    assert (again.daemons, again.env, again.project, again.context) == (
        manifest.daemons,
        manifest.env,
        manifest.project,
        manifest.context,
    )
    assert again.run_dir == manifest.run_dir


def test_what_means_nothing_for_a_daemon_is_not_there() -> None:
    server, task = Daemon(name="a", command=("a",)), Daemon(name="b", factory="m:f")
    assert {"factory", "params", "sleep", "cron", "memory-limit"}.isdisjoint(dump_daemon(server))
    assert {"command", "shell"}.isdisjoint(dump_daemon(task))
    assert "sleep" in dump_daemon(task)
    assert "cron" in dump_daemon(Daemon(name="c", command=("c",), cron="@daily"))


def test_a_question_that_is_not_asked_is_not_there() -> None:
    assert "ready" not in dump_daemon(Daemon(name="a", command=("a",)))
    assert dump_daemon(Daemon(name="a", command=("a",), ready=Ready(tcp=":1")))["ready"]["tcp"] == ":1"


def test_what_a_shell_reads_is_one_text_and_else_a_list() -> None:
    assert dump_daemon(Daemon(name="a", command=("a | b $X",), shell=True))["command"] == "a | b $$X"
    assert dump_daemon(Daemon(name="a", command=("a", "$X")))["command"] == ["a", "$$X"]


def test_each_dollar_sign_is_doubled_wherever_it_stands() -> None:
    assert escaped({"$a": ["$", {"b": "$$"}], "c": 5}) == {"$a": ["$$", {"b": "$$$$"}], "c": 5}


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
