"""`examples/stack`: started in order, one killed, one made unwell, stopped in reverse; told from the events."""

from __future__ import annotations

import json
import shutil
import socket
from pathlib import Path

from tests.process.project import Project

EXAMPLE = Path(__file__).parents[2] / "examples" / "stack"


def free_ports() -> tuple[int, int]:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        return one.getsockname()[1], other.getsockname()[1]


def told(project: Project, *words: str) -> list[str]:
    events = [json.loads(line) for line in project.run("events", "--json").stdout.splitlines()]
    return [f"{one['name']} {one['event']}" for one in events if one["event"] in words and one["name"]]


def last(order: list[str], one: str) -> int:
    return len(order) - 1 - order[::-1].index(one)


def before(order: list[str], *those: str) -> bool:
    """Whether the first of each come in this order."""
    places = [order.index(one) for one in those]
    return places == sorted(places)


def test_the_stack_starts_in_order_survives_and_stops_in_reverse(project: Project) -> None:
    for file in EXAMPLE.iterdir():
        if file.is_file():
            shutil.copy(file, project.directory)
    db, web = free_ports()
    project.environ |= {"STACK_DB_PORT": str(db), "STACK_WEB_PORT": str(web)}
    project.up()
    order = told(project, "started", "ready", "exited")
    assert before(order, "db started", "db ready", "migrate started", "migrate exited", "orders started")
    assert before(order, "migrate exited", "stock started")
    assert before(order, "orders started", "orders ready", "web started", "web ready")
    first = {one["name"]: one["pid"] for one in project.instances()}

    project.run("signal", "KILL", "db")
    for name in ("orders", "stock"):
        project.until(name, lambda one: one["state"] == "running" and one["pid"] != first[one["name"]])
    after = told(project, "started", "ready")
    for name in ("orders", "stock"):  # by a failed run or with the database: each has a process that is younger
        assert last(after, f"{name} started") > last(after, "db ready")
    states = {one["name"]: (one["state"], one["restarts"]) for one in project.instances()}
    assert states["db"] == ("running", 1)
    assert (states["migrate"], project.instance("web")["pid"]) == (("exited", 0), first["web"])

    (project.directory / "unwell").touch()
    project.until("web", lambda one: one["state"] == "running" and one["pid"] != first["web"])
    assert project.instance("web")["exit"]["reason"] == "unhealthy"
    assert not (project.directory / "unwell").exists()

    common = Path(project.directory, project.instance("db")["log"]).with_name("_common.log")
    begun = len(common.read_text().splitlines())
    project.down()
    ends = [line.split()[1] for line in common.read_text().splitlines()[begun:] if " exited: " in line]
    assert sorted(ends) == ["db/0", "orders/0", "stock/0", "web/0"]
    assert before(ends, "web/0", "orders/0", "db/0")
    assert ends[-1] == "db/0"
