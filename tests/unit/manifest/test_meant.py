"""Every word of another system leads to a key of ours, or to what serves in its place."""

from __future__ import annotations

import pytest
from attrs import field, frozen

from udaemon.manifest import meant as module
from udaemon.manifest.elsewhere import IN_TABLES, SYSTEMS, TOP, Word
from udaemon.manifest.instead import RESTART, TODAY
from udaemon.manifest.keys import Table, key, keys_of
from udaemon.manifest.log_table import Log
from udaemon.manifest.meant import meant, plain, serves_instead, table_of, target, there, value_hint
from udaemon.manifest.model import Daemon, Restart
from udaemon.manifest.root import Root
from udaemon.manifest.tables import Stop
from udaemon.manifest.values import Choice, Flag

AT = ("daemons", "a")
WORDS: list[tuple[str | None, Word]] = [(None, word) for word in TOP]
WORDS += [("", word) for words in SYSTEMS.values() for word in words]
WORDS += [(table, word) for table, words in IN_TABLES.items() for word in words]
MODELS = {key.name: key.type.model for key in keys_of(Daemon) if isinstance(key.type, Table)}


def hint(name: str, own: dict[str, object] | None = None) -> str:
    return meant(name, Daemon, AT, own or {}) or ""


@pytest.mark.parametrize(("table", "word"), WORDS, ids=lambda part: part.word if isinstance(part, Word) else part)
def test_a_word_leads_to_a_key_or_says_what_serves(table: str | None, word: Word) -> None:
    assert word.key or word.note
    if word.key and not there(word.key):
        assert word.key.partition(".")[0] in {*TODAY, "log"} or word.key in TODAY
    if table is None:
        told = meant(word.word, Root, (), {})
    else:
        told = meant(word.word, MODELS[table] if table else Daemon, (*AT, table) if table else AT, {"command": "a"})
    assert told
    assert not told.startswith("known here")


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("ExecStart", "command"),
        ("execstart", "command"),
        ("exec-start", "command"),
        ("EXEC_START", "command"),
        ("script", "command"),
        ("max_restarts", "start-limit.count"),
        ("maxRestarts", "start-limit.count"),
        ("stopwaitsecs", "stop.timeout"),
        ("exitcodes", "success-exit-codes"),
        ("stop_grace_period", "stop.timeout"),
        ("numprocs", "instances"),
        ("minSleep", "min-sleep"),
        ("min_sleep", "min-sleep"),
        ("MEMORY_LIMIT", "memory-limit"),
        ("restrat", "restart"),
        ("max_size", "log.max-size"),
        ("signal", "stop.signal"),
    ],
)
def test_the_key_that_was_meant(name: str, wanted: str) -> None:
    assert hint(name).startswith(f"did you mean {wanted}?")


@pytest.mark.parametrize("name", ["cron", "user", "depends-on", "depends_on", "health", "startsecs", "After"])
def test_what_is_not_there_yet_is_said_to_be_so(name: str) -> None:
    assert "is not there yet: " in hint(name) or there(target(name, "") or "")


def test_a_word_turns_right_by_itself_once_the_model_has_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    @frozen
    class OnlyNotify:
        notify: bool = key("…", Flag(), default=False)

    @frozen
    class Later:
        name: str = field(default="")
        ready: OnlyNotify = key("…", Table(OnlyNotify), default=OnlyNotify())

    assert serves_instead("cron") or there("cron")
    monkeypatch.setattr(module, "Daemon", Later)
    assert meant("readiness_probe", Later, AT, {}) == "did you mean ready?"
    assert (meant("startsecs", Later, AT, {}) or "").startswith("ready.uptime is not there yet")


@pytest.mark.parametrize(
    ("own", "wanted"),
    [
        ({"command": "serve"}, "command"),
        ({"script": "app.js"}, "command"),
        ({"cmd": "serve"}, "command"),
        ({"factory": "jobs:create"}, "params"),
        ({}, "params"),
    ],
)
def test_args_are_the_command_s_or_the_factory_s(own: dict[str, object], wanted: str) -> None:
    assert hint("args", own).startswith(f"did you mean {wanted}?")


def test_a_key_of_another_table_is_told_where_it_stands() -> None:
    assert (meant("restart", Root, (), {}) or "").startswith("restart stands in a daemon")
    assert hint("project").startswith("project stands at the top level")
    assert (meant("sleep", Stop, (*AT, "stop"), {}) or "").startswith("sleep stands in the daemon itself")
    assert meant("max-file", Log, ("defaults", "log"), {}) == "did you mean backups?"


def test_names_are_compared_without_what_case_and_hyphens_make_of_them() -> None:
    assert plain("minSleep") == plain("min_sleep") == plain("Min-Sleep")
    assert table_of(()) is None
    assert table_of(("defaults",)) == table_of(AT) == ""
    assert table_of((*AT, "stop")) == table_of(("defaults", "stop")) == "stop"


RESTART_KEY, STOP, LOG, BACKOFF, ENV = (
    next(key for key in keys_of(Daemon) if key.name == name) for name in ("restart", "stop", "log", "backoff", "env")
)


@pytest.mark.parametrize("word", RESTART)
def test_other_systems_values_of_restart_lead_to_one_of_ours(word: str) -> None:
    assert isinstance(RESTART_KEY.type, Choice)
    told = value_hint(RESTART_KEY, word) or ""
    assert any(told.startswith(f'write "{ours}"') for ours in Restart)
    assert word not in set(Restart)


@pytest.mark.parametrize(
    ("key", "value", "wanted"),
    [
        (RESTART_KEY, True, 'write "always"'),
        (RESTART_KEY, False, 'write "never"'),
        (RESTART_KEY, "on-failure:3", 'write "on-failure" and start-limit.count = 3'),
        (RESTART_KEY, "on-failure:x", None),
        (RESTART_KEY, "on-failure:" + "9" * 5000, None),
        (RESTART_KEY, 3, None),
        (STOP, "10s", 'write stop = { timeout = "10s" }'),
        (STOP, 10, "write stop = { timeout = 10 }"),
        (STOP, "SIGINT", 'write stop = { signal = "SIGINT" }'),
        (STOP, "secret", None),
        (STOP, True, None),
        (STOP, ["TERM"], None),
        (STOP, None, None),
        (LOG, "json", 'write log = { format = "json" }'),
        (BACKOFF, "5s", 'write backoff = { initial = "5s" }'),
        (ENV, "A=1", None),
    ],
)
def test_a_value_is_told_as_it_is_written_here(key: object, value: object, wanted: str | None) -> None:
    assert value_hint(key, value) == wanted  # type: ignore[arg-type]
