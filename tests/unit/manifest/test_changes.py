"""Tests of comparing two manifests: what is added, removed and changed, and when each change takes effect."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.manifest.write import loaded

from udaemon.manifest.changes import Change, Changes, DaemonChange, Renamed, compare
from udaemon.manifest.keys import Applies, keys_of
from udaemon.manifest.model import Daemon

LIVE = {
    "description", "extends", "tags", "sleep", "min-sleep", "memory-limit", "memory-threshold", "restart", "backoff",
    "start-limit", "success-exit-codes", "stop", "log", "instances", "health", "cron", "timezone", "jitter", "overlap",
    "misfire", "task-timeout",
}  # fmt: skip
NEXT_START = {"autostart", "depends-on", "profiles", "ready"}

BOTH = """
[daemons.mailer]
factory = "jobs.mail:create"
sleep = "5s"

[daemons.db]
command = "redis-server --port 6380"
env = { PASSWORD = "hunter2", PORT = "1" }
"""


def changes(folder: Path, before: str, after: str) -> Changes:
    """Compare two texts, each read in the same folder."""
    return compare(loaded(folder, before), loaded(folder, after))


def test_the_same_manifest_read_twice_has_no_changes(tmp_path: Path) -> None:
    assert not changes(tmp_path, BOTH, BOTH)


def test_what_is_written_otherwise_but_means_the_same_is_no_change(tmp_path: Path) -> None:
    otherwise = BOTH.replace('"5s"', "5.0").replace('"redis-server --port 6380"', '["redis-server", "--port", "6380"]')
    assert not changes(tmp_path, BOTH, otherwise)


def test_added_and_removed_daemons_are_named_in_their_order(tmp_path: Path) -> None:
    new = '[daemons.a]\ncommand = "true a"\n[daemons.b]\ncommand = "true b"\n'
    found = changes(tmp_path, BOTH, new)
    assert (found.added, found.removed, found.changed) == (("a", "b"), ("mailer", "db"), ())


@pytest.mark.parametrize(
    ("written", "instead", "key", "before", "after", "applies"),
    [
        ('sleep = "5s"', 'sleep = "7s"', "sleep", "5s", "7s", Applies.LIVE),
        ('sleep = "5s"', 'sleep = "5s"\nautostart = false', "autostart", True, False, Applies.NEXT_START),
        ('sleep = "5s"', 'sleep = "5s"\nstop = { timeout = 3 }', "stop.timeout", "10s", "3s", Applies.LIVE),
        ('sleep = "5s"', 'sleep = "5s"\ncwd = "/"', "cwd", None, "/", Applies.RESTART),
        ("jobs.mail:create", "jobs.mail:other", "factory", "jobs.mail:create", "jobs.mail:other", Applies.RESTART),
        ('sleep = "5s"', 'sleep = "5s"\nmemory-limit = "9M"', "memory-limit", -1, "9M", Applies.LIVE),
    ],
)
def test_a_change_tells_key_values_and_when_it_takes_effect(
    tmp_path: Path, written: str, instead: str, key: str, before: object, after: object, applies: Applies
) -> None:
    (daemon,) = changes(tmp_path, BOTH, BOTH.replace(written, instead)).changed
    was = str(tmp_path) if key == "cwd" else before
    assert daemon == DaemonChange("mailer", (Change(key, was, after, applies),))
    assert daemon.applies is applies


def test_a_daemon_needs_the_most_that_one_of_its_changes_does(tmp_path: Path) -> None:
    text = BOTH.replace('sleep = "5s"', 'sleep = "7s"\ncwd = "/"\nautostart = false')
    (daemon,) = changes(tmp_path, BOTH, text).changed
    assert daemon.applies is Applies.RESTART
    assert {change.key for change in daemon.changes} == {"sleep", "cwd", "autostart"}


def test_values_of_variables_are_masked_and_each_variable_is_a_change_of_its_own(tmp_path: Path) -> None:
    text = BOTH.replace('PASSWORD = "hunter2", PORT = "1"', 'PASSWORD = "hunter3", NEW = "x"')
    (daemon,) = changes(tmp_path, BOTH, text).changed
    assert {(one.key, one.before is None, one.after is None) for one in daemon.changes} == {
        ("env.PASSWORD", False, False),
        ("env.NEW", True, False),
        ("env.PORT", False, True),
    }
    assert "hunter" not in repr(daemon)


def test_a_secret_in_a_command_is_masked(tmp_path: Path) -> None:
    first, second = (BOTH.replace("--port 6380", f"--password {word}") for word in ("aaaa", "bbbb"))
    found = changes(tmp_path, first, second)
    assert found.changed
    assert "aaaa" not in repr(found)
    assert "bbbb" not in repr(found)


def test_the_manifests_own_variables_are_changes_of_each_daemon_that_has_them(tmp_path: Path) -> None:
    found = changes(tmp_path, 'env = { A = "1" }\n' + BOTH, 'env = { A = "2" }\n' + BOTH)
    assert [(one.name, [change.key for change in one.changes]) for one in found.changed] == [
        ("mailer", ["env.A"]),
        ("db", ["env.A"]),
    ]


def test_defaults_are_changes_of_the_daemons_that_do_not_say_otherwise(tmp_path: Path) -> None:
    found = changes(tmp_path, "[defaults]\nsleep = 1\n" + BOTH, "[defaults]\nsleep = 2\nrestart = 'never'\n" + BOTH)
    assert {one.name: {change.key for change in one.changes} for one in found.changed} == {
        "mailer": {"restart"},
        "db": {"restart"},
    }


def test_a_daemon_that_only_got_another_name_is_told_as_such(tmp_path: Path) -> None:
    found = changes(tmp_path, BOTH, BOTH.replace("daemons.mailer", "daemons.sender"))
    assert found.renamed == (Renamed("mailer", "sender"),)
    assert (found.added, found.removed) == (("sender",), ("mailer",))


def test_one_of_two_twins_that_are_gone_is_the_new_one(tmp_path: Path) -> None:
    twins = '[daemons.a]\ncommand = "true"\n[daemons.b]\ncommand = "true"\n'
    found = changes(tmp_path, twins, '[daemons.c]\ncommand = "true"\n')
    assert found.renamed == (Renamed("a", "c"),)


@pytest.mark.parametrize("line", ['project = "other"', 'context = "staging"', 'run-dir = "run"'])
def test_what_names_everything_else_is_told_apart(tmp_path: Path, line: str) -> None:
    found = changes(tmp_path, BOTH, line + "\n" + BOTH)
    assert [change.key for change in found.manifest] == [line.partition(" ")[0]]


def test_every_key_says_when_it_takes_effect() -> None:
    by_rule = {applies: {key.name for key in keys_of(Daemon) if key.applies is applies} for applies in Applies}
    assert by_rule[Applies.LIVE] == LIVE
    assert by_rule[Applies.NEXT_START] == NEXT_START


TASK, NIGHTLY, SERVICE = 'task = "jobs:run"', 'command = "true"\ncron = "@daily"', 'command = "true"'


@pytest.mark.parametrize(
    ("what", "before", "after", "applies"),
    [
        (TASK, 'lock = "db"', 'lock = ["db", "mail"]', Applies.LIVE),
        (TASK, "", 'lock = "db"', Applies.RESTART),  # it does not ask for any
        (NIGHTLY, "", 'lock = "db"', Applies.LIVE),
        (SERVICE, 'lock = "db"', "", Applies.RESTART),
        (TASK, 'after-run = { other = "ok" }', 'after-run = { other = "any" }', Applies.LIVE),
        (TASK, "sleep = 1", 'after-run = { other = "ok" }', Applies.RESTART),
        (SERVICE, 'after-run = { other = "ok" }', 'after-run = { third = "ok" }', Applies.LIVE),
        (SERVICE, "", 'after-run = { other = "ok" }', Applies.RESTART),
        (TASK, "", 'on.failed = { exec = "true" }', Applies.LIVE),
        (TASK, 'on.task-done = { exec = "true" }', 'on.task-done = { exec = "false" }', Applies.LIVE),
        (TASK, "", 'on.task-done = { exec = "true" }', Applies.RESTART),  # it tells nobody
        (TASK, "", 'on.missed = { exec = "true" }', Applies.RESTART),
        (TASK, 'on.start = "jobs:up"', 'on.start = "jobs:down"', Applies.RESTART),  # it calls that itself
        (NIGHTLY, "", 'on.task-done = { exec = "true" }', Applies.LIVE),
        (NIGHTLY, 'except = "2026-12-25"', 'from = "2026-12-26"\nuntil = "2027-01-01"', Applies.LIVE),
        (SERVICE, 'after-stop = "true"', 'after-stop = "false"', Applies.LIVE),
        (SERVICE, "", 'before-start = "true"', Applies.NEXT_START),
        (NIGHTLY, "", "run-on-start = true", Applies.NEXT_START),
    ],
)
def test_what_the_supervisor_alone_goes_by_needs_no_other_process(
    tmp_path: Path, what: str, before: str, after: str, applies: Applies
) -> None:
    text = '[daemons.other]\ntask = "jobs:a"\nsleep = 1\n[daemons.third]\ntask = "jobs:b"\nsleep = 1\n[daemons.job]\n'
    (daemon,) = changes(tmp_path, f"{text}{what}\n{before}", f"{text}{what}\n{after}").changed
    assert (daemon.name, daemon.applies) == ("job", applies)


@pytest.mark.parametrize(
    ("line", "applies"),
    [
        ('on.failed = { exec = "true" }', Applies.LIVE),
        ('on.task-done = { exec = "true" }', Applies.NEXT_START),
        ('on.missed = { webhook = "https://host/secret" }', Applies.NEXT_START),
    ],
)
def test_the_hooks_of_all_daemons_are_a_change_that_is_told(tmp_path: Path, line: str, applies: Applies) -> None:
    (change,) = changes(tmp_path, BOTH, line + "\n" + BOTH).manifest
    assert (change.key, change.before, change.applies) == (line.partition(" ")[0], None, applies)
    assert "secret" not in str(change.after)
    only_commands = '[daemons.db]\ncommand = "db"\n'
    (change,) = changes(tmp_path, only_commands, line + "\n" + only_commands).manifest
    assert change.applies is Applies.LIVE
