"""`udaemon graph`: the tree at the widths that terminals have, the forms for other programs, and the states."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from tests.cli.conftest import Serve, Udaemon
from tests.fakes.host import FakeHost

from udaemon.manifest.model import Daemon
from udaemon.policy.instance import Key
from udaemon.ui.graph import dot, mermaid, tree

GOLDEN = Path(__file__).parents[1] / "golden" / "graph"
ACCEPT = bool(os.environ.get("UDAEMON_ACCEPT"))
STACK = """
[daemons.db]
command = "x"
[daemons.migrate]
command = "x"
depends-on = ["db"]
[daemons.a-worker-with-quite-a-long-name-for-a-terminal]
command = "x"
instances = 2
depends-on = { migrate = "completed", tracer = { condition = "started", required = false } }
[daemons.web]
command = "x"
depends-on = { db = { condition = "ready", restart = true }, migrate = "completed" }
[daemons.tracer]
command = "x"
[daemons.alone]
command = "x"
"""


@pytest.fixture
def stack(shop: Path) -> None:
    (shop / "udaemon.toml").write_text(STACK)


def nodes(udaemon: Udaemon, *names: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(udaemon("graph", "--json", *names).out)["daemons"]
    return found


def compare(name: str, shown: str) -> None:
    file = GOLDEN / f"{name}.txt"
    if ACCEPT:
        file.write_text(shown)
    assert shown == file.read_text()


@pytest.mark.parametrize("width", [80, 50])
def test_the_tree_on_a_terminal(stack: None, udaemon: Udaemon, width: int) -> None:
    states = {"db": "running", "web": "waiting", "a-worker-with-quite-a-long-name-for-a-terminal": "2 running"}
    shown = tree([{**node, "state": states.get(str(node["name"]))} for node in nodes(udaemon)], width)
    assert max(map(len, shown.splitlines())) <= width
    compare(f"tree-{width}", shown)


def test_the_tree_in_a_pipe_is_not_cut(stack: None, udaemon: Udaemon) -> None:
    compare("tree-piped", udaemon("graph").out)


@pytest.mark.parametrize(("form", "make"), [("mermaid", mermaid), ("dot", dot)])
def test_the_forms_for_other_programs(stack: None, udaemon: Udaemon, form: str, make: object) -> None:
    shown = udaemon("graph", "--format", form).out
    assert callable(make)
    assert shown == make(nodes(udaemon))
    compare(form, shown)


def test_json_has_levels_and_conditions(stack: None, udaemon: Udaemon) -> None:
    found = {node["name"]: node for node in nodes(udaemon)}
    assert {name: node["level"] for name, node in found.items() if name in {"db", "migrate", "web"}} == {
        "db": 0,
        "migrate": 1,
        "web": 2,
    }
    assert found["web"]["depends_on"] == [
        {"name": "db", "condition": "ready", "required": True, "restart": True},
        {"name": "migrate", "condition": "completed", "required": True, "restart": False},
    ]
    assert found["db"]["state"] is None


def test_with_a_name_only_what_it_needs_is_there(stack: None, udaemon: Udaemon) -> None:
    assert [node["name"] for node in nodes(udaemon, "web")] == ["db", "migrate", "web"]
    said = udaemon("graph", "migrat")
    assert (said.code, said.err) == (4, "udaemon: no such daemon: migrat\n  hint: did you mean migrate?\n")


def test_states_are_those_of_the_supervisor(stack: None, udaemon: Udaemon, serve: Serve) -> None:
    host = FakeHost(Daemon(name="db", command=("x",)), Daemon(name="web", command=("x",), instances=2))
    host.run(Key("db", 0), 7)
    host.run(Key("web", 1), 8)
    serve(host=host)
    found = {node["name"]: node["state"] for node in nodes(udaemon)}
    assert (found["db"], found["web"], found["tracer"]) == ("running", "1 stopped, 1 running", None)


def test_a_chain_may_be_long_and_a_diamond_wide(udaemon: Udaemon, shop: Path) -> None:
    lines = ['[daemons.d0]\ncommand = "x"']
    lines += [f'[daemons.d{n}]\ncommand = "x"\ndepends-on = ["d{n - 1}", "d{max(0, n - 2)}"]' for n in range(2, 1500)]
    lines.append('[daemons.d1]\ncommand = "x"\ndepends-on = ["d0"]')
    (shop / "udaemon.toml").write_text("\n".join(lines))
    shown = udaemon("graph")
    assert (shown.code, len(shown.out.splitlines()) < 4000) == (0, True)


def test_help_has_two_examples(udaemon: Udaemon) -> None:
    assert udaemon("graph", "--help").out.count("  udaemon graph ") == 2
