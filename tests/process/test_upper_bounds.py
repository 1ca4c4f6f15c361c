"""Every number that a manifest or the command line takes, at its upper bound, through a supervisor; and just beyond."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import click
import pytest
from tests.process.project import Project

from udaemon.cli.group import VERBS, cli
from udaemon.cli.parameters import DURATION, MOMENT
from udaemon.manifest.keys import Key, Named, Table, keys_of
from udaemon.manifest.model import Daemon
from udaemon.manifest.references import Cooldown
from udaemon.manifest.values import Duration, Number, Size

LONGEST, TOO_LONG = "3650d", "3650d1s"
LARGEST, TOO_LARGE = 2**63 - 1, 2**63


def numbers(model: type = Daemon, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Key]]:
    """Each key of a daemon whose value is a length of time, a size or a number, wherever it stands."""
    for key in keys_of(model):
        if isinstance(key.type, Table):
            yield from numbers(key.type.model, (*path, key.name))
        elif isinstance(key.type, Duration | Size | Number | Cooldown):
            yield (*path, key.name), key
        else:
            assert not isinstance(key.type, Named), key


def bound(key: Key, *, beyond: bool) -> Any:
    """The largest value that it takes, or the next one."""
    match key.type:
        case Duration():
            return TOO_LONG if beyond else LONGEST
        case Cooldown():
            return f"cooldown {TOO_LONG if beyond else LONGEST}"
        case Size():
            return TOO_LARGE if beyond else LARGEST
        case Number():
            return int(key.type.high) + beyond
    raise AssertionError(key)


KEYS = [pytest.param(path, key, id=".".join(path)) for path, key in numbers()]
FOR_TASKS = {path for path, key in numbers() if key.only}
COPIES = ("instances",)
BESIDE = {("backoff", "initial"): f'backoff.max = "{LONGEST}"\n', ("jitter",): f'sleep = "{LONGEST}"\n'}
"""What a number needs beside it: no wait is longer than the longest, no jitter than the period."""


def beside(path: tuple[str, ...]) -> str:
    if path[0] in PROBES and path != UPTIME:
        return f'{path[0]}.file = "ready"\n'
    return BESIDE.get(path, "")


PROBES, UPTIME = ("ready", "health"), ("ready", "uptime")


def lines(*, task: bool = False, waits: bool = False) -> str:
    """Every number at its bound, as far as it means something here; ten thousand copies are another test's.

    Args:
        task: Those too that only a task has.
        waits: Those too that put off a run or that it is ready, for as long as that.
    """
    bounds = [
        f"{'.'.join(path)} = {json.dumps(bound(key, beyond=False))}"
        for path, key in numbers()
        if path not in (COPIES, UPTIME)
        and (task or path not in FOR_TASKS)
        and (waits or not (path[0] in PROBES or path == ("jitter",)))
    ]
    return "\n".join([*bounds, "cgroup.optional = true"])


def manifest(task: str, command: str) -> str:
    """A task and a command that have them all, and one beside them that has none."""
    return f"""
[daemons.task]
task = "app:run"
{task}

[daemons.command]
command = "sh -c 'exec sleep 1000'"
{command}

[daemons.plain]
command = "sleep 1000"

[daemons.patient]
task = "app:run"
autostart = false
ready.file = "ready"
health.file = "ready"
{lines(task=True, waits=True)}

[daemons.crash]
command = "false"
restart = "always"
{command}
"""


@pytest.mark.parametrize(("path", "key"), KEYS)
def test_a_number_is_taken_up_to_its_bound_and_refused_beyond(
    project: Project, path: tuple[str, ...], key: Key
) -> None:
    project.file("app.py", "def run():\n    pass\n")
    name = ".".join(path)
    start = '[daemons.a]\ntask = "app:run"\n'
    start += beside(path)
    project.manifest(f"{start}{name} = {json.dumps(bound(key, beyond=False))}\n")
    project.run("check", "--no-import")
    project.manifest(f"{start}{name} = {json.dumps(bound(key, beyond=True))}\n")
    told = project.run("check", "--no-import", code=1)
    assert "out of range" in told.stdout + told.stderr


def test_a_supervisor_lives_with_every_number_at_its_bound(project: Project) -> None:
    project.file("app.py", "def run():\n    print('ran', flush=True)\n")
    project.manifest(manifest(lines(task=True), lines()))
    project.run("up", "-d")
    project.run("start", "patient", "--wait-timeout", "500ms", code=124)
    project.run("wait", "task@run-ok")
    project.until("crash", lambda seen: seen["state"] == "backoff" and seen["restarts"] > 0)
    supervisor = project.ps()["supervisor"]["pid"]
    for verb in ("status", "inspect", "logs"):
        project.run(verb, "task")
    for verb in ("restart", "stop", "start"):
        project.run(verb, "task", "command")
    assert "ran" in project.log("task")
    assert project.ps()["supervisor"]["pid"] == supervisor
    states = {one["name"]: one["state"] for one in project.instances()}
    assert states.pop("patient") in {"running", "starting"}
    assert states == {"task": "running", "command": "running", "plain": "running", "crash": "backoff"}
    project.run("stop", "patient", "-t", "0")
    events = project.run("events").stdout
    assert " bug" not in events, events
    project.run("down", "-t", "0")


def options() -> Iterator[tuple[str, str]]:
    """Each option of a verb that takes a time."""
    context = click.Context(cli)
    for verb in VERBS:
        command = cli.get_command(context, verb)
        assert command is not None
        for parameter in command.params:
            if isinstance(parameter.type, (type(DURATION), type(MOMENT))):
                yield verb, parameter.opts[-1]


TIMED = {
    ("apply", "--wait-timeout"): ["apply"],
    ("up", "--wait-timeout"): ["up", "-d", "--wait"],
    ("down", "--timeout"): ["down"],
    ("start", "--wait-timeout"): ["start", "a"],
    ("stop", "--timeout"): ["stop", "a"],
    ("stop", "--wait-timeout"): ["stop", "a"],
    ("restart", "--wait-timeout"): ["restart", "a"],
    ("scale", "--wait-timeout"): ["scale", "a=1"],
    ("wait", "--timeout"): ["wait", "a"],
    ("run", "--sleep"): ["run", "b", "--once"],
    ("run", "--min-sleep"): ["run", "b", "--once"],
    ("logs", "--since"): ["logs", "a"],
    ("simulate", "--for"): ["simulate", "a"],
    ("simulate", "--from"): ["simulate", "a"],
}
"""How each option is tried."""


def test_every_option_that_takes_a_time_is_tried_below() -> None:
    assert set(options()) == set(TIMED)


def test_a_time_on_the_command_line_is_taken_up_to_its_bound_and_refused_beyond(project: Project) -> None:
    project.file("app.py", "def run():\n    pass\n")
    project.manifest('[daemons.a]\ncommand = "sleep 1000"\n[daemons.b]\ntask = "app:run"\nautostart = false\n')
    last = ("down", "--timeout")
    for verb, option in [*sorted(TIMED.keys() - {("up", "--wait-timeout"), last}, key=str), last]:
        project.run("up", "-d", "--wait", "--wait-timeout", LONGEST)
        told = project.run(*TIMED[verb, option], option, TOO_LONG, code=2)
        assert "is too long; 3650d at most" in told.stderr
        project.run(*TIMED[verb, option], option, LONGEST)
        if verb == "stop":
            project.run("start", "a")
    project.run("ps", code=3)
    project.run("up", "-d", "--wait", "--wait-timeout", TOO_LONG, code=2)
