"""`udaemon ps` against a fake supervisor."""

from __future__ import annotations

import fcntl
import json
import os
import re
import struct
import subprocess
import sys
import termios

import pytest
from tests.cli.conftest import DB, MAILER, Serve, Udaemon
from tests.fakes.host import FakeHost, reading
from tests.fakes.service import Service

from udaemon.manifest.model import Daemon
from udaemon.policy.events import RunDue, StartAsked
from udaemon.policy.instance import Key


def test_piped_it_is_a_table_of_what_there_is_to_tell(udaemon: Udaemon, service: Service) -> None:
    said = udaemon("ps")
    assert said == (0, "NAME      STATE\nmailer/0  stopped\nmailer/1  stopped\ndb        stopped\n", "")


@pytest.mark.parametrize(
    "spelled", [["ps", "--json"], ["ps", "*", "--json"], ["ps", "--format", "json"], ["-q", "ps", "--json"]]
)
def test_json_is_one_object_in_whatever_way_it_is_asked_for(
    udaemon: Udaemon, service: Service, spelled: list[str]
) -> None:
    said = udaemon(*spelled)
    assert (said.code, said.err) == (0, "")
    told = json.loads(said.out)
    assert list(told) == ["version", "project", "context", "supervisor", "instances"]
    assert [(one["name"], one["instance"]) for one in told["instances"]] == [("mailer", 0), ("mailer", 1), ("db", 0)]
    assert said.out == json.dumps(told, separators=(",", ":")) + "\n"


def test_json_of_a_manifest_named_before_the_verb(udaemon: Udaemon, service: Service) -> None:
    assert json.loads(udaemon("-f", "udaemon.toml", "ps", "--json").out)["project"] == "shop"
    assert json.loads(udaemon("-p", "shop", "ps", "--json").out)["project"] == "shop"


def test_jsonl_is_one_instance_a_line(udaemon: Udaemon, service: Service) -> None:
    said = udaemon("ps", "--format", "jsonl")
    assert [json.loads(line)["name"] for line in said.out.splitlines()] == ["mailer", "mailer", "db"]


def test_names_only(udaemon: Udaemon, service: Service) -> None:
    assert udaemon("ps", "-q", "mailer/1", "d*") == (0, "mailer/1\ndb/0\n", "")


def test_wide_tells_the_logs(udaemon: Udaemon, service: Service) -> None:
    assert "/srv/shop/log/mailer-production.log" in udaemon("ps", "--format", "wide").out


def test_check_fails_while_something_wanted_does_not_run(udaemon: Udaemon, serve: Serve) -> None:
    serve(MAILER, DB, stubborn=["db"])
    assert udaemon("ps", "-q", "--check", "db") == (0, "db/0\n", "")
    udaemon("start", "mailer")
    assert udaemon("ps", "-q", "--check").code == 0
    udaemon("-q", "start", "db", "--wait-timeout", "10ms")
    assert udaemon("ps", "-q", "--check") == (1, "mailer/0\nmailer/1\ndb/0\n", "db/0 is starting\n")


def test_check_takes_a_scheduled_command_between_two_runs_for_well(udaemon: Udaemon, serve: Serve) -> None:
    nightly = Daemon(name="nightly", command=("true",), cron="@daily", lock=("x",))
    web = Daemon(name="web", command=("web",), lock=("x",))
    host = FakeHost(nightly, web)
    serve(host=host)
    job = Key("nightly", 0)
    host.happen(job, StartAsked())
    assert udaemon("ps", "-q", "--check") == (0, "nightly/0\nweb/0\n", "")
    host.run(Key("web", 0), 7)
    host.happen(job, RunDue())
    assert udaemon("ps", "-q", "--check").err == "nightly/0 is waiting\n"


def test_a_colour_is_forced(udaemon: Udaemon, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b" not in udaemon("ps").out
    assert "\x1b[2mstopped\x1b[0m" in udaemon("--color", "always", "ps").out
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[2mstopped\x1b[0m" in udaemon("ps").out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in udaemon("ps").out


def test_a_name_nobody_declared(udaemon: Udaemon, service: Service) -> None:
    assert udaemon("ps", "web").code == 4


@pytest.mark.parametrize("columns", [60, 200])
def test_on_a_terminal_the_table_fits_it_and_is_coloured(service: Service, columns: int) -> None:
    master, slave = os.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("4H", 24, columns, 0, 0))
    environ = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    service.host.errors.update({key.key: "ValueError: " + "long " * 40 for key in service.host.instances()})
    service.host.slots.update({view.key: reading(1, last_outcome="failed") for view in service.host.instances()})
    call = [sys.executable, "-c", "from udaemon.cli.main import script; script()", "ps"]
    subprocess.run(call, stdout=slave, env=environ, timeout=20, check=True)
    os.close(slave)
    shown = os.read(master, 65536).decode()
    os.close(master)
    assert "\x1b[2mstopped\x1b[0m" in shown
    lines = re.sub(r"\x1b\[[0-9;]*m", "", shown).splitlines()
    assert max(len(line) for line in lines) == columns
    assert lines[1].endswith("…")
