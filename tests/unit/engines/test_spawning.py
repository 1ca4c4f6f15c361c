"""What is executed for a daemon with an interpreter of its own, and what it reads its specification from."""

from __future__ import annotations

import os
import pickle

import pytest

from udaemon.child.spec import ChildFds, ChildSpec
from udaemon.engines.local_request import LocalRequest
from udaemon.engines.spawning import to_execute
from udaemon.manifest.model import Daemon
from udaemon.policy.instance import Key
from udaemon.policy.plan import StartPlan

PLAN = StartPlan(project="shop", directory="/m")


def request(daemon: Daemon) -> LocalRequest:
    return LocalRequest(key=Key(daemon.name, 1), daemon=daemon, plan=PLAN, board=9, slot=3, lock=7, output=8)


def test_a_command_is_executed_itself() -> None:
    what, order = to_execute(request(Daemon(name="db", command=("db",))), report=None, parent=6)
    assert (what.argv, order) == (("db",), None)


def test_a_task_gets_an_interpreter_and_reads_what_it_is_in_there() -> None:
    mailer = Daemon(name="mailer", task="jobs:send", env={"A": "1"}, instances=2)
    what, order = to_execute(request(mailer), report=5, parent=6)
    assert order is not None
    spec, fds = pickle.loads(os.read(order, 1 << 20))
    os.close(order)
    assert isinstance(spec, ChildSpec)
    assert (spec.name, spec.index, spec.factory, spec.is_task, spec.slot) == ("mailer", 1, "jobs:send", True, 3)
    assert fds == ChildFds(8, 7, 5, 6, 9)
    assert set(what.keep) == {order, *fds} - {None}
    assert what.argv[-1] == str(order)
    assert (what.cwd, what.env["A"], what.output) == ("/m", "1", 8)


def test_a_task_without_a_socket_for_its_reports_is_a_bug() -> None:
    with pytest.raises(AssertionError):
        to_execute(request(Daemon(name="mailer", task="jobs:send")), report=None, parent=6)
