"""Names, factories and whole files on their way into a manifest."""

from __future__ import annotations

import pytest

from udaemon.manifest.keys import keys_of
from udaemon.manifest.model import Daemon
from udaemon.manifest.toml_syntax import parse as parse_toml
from udaemon.migrate.ustream.emit import emit
from udaemon.migrate.ustream.factories import parse
from udaemon.migrate.ustream.importing import import_files
from udaemon.migrate.ustream.names import daemon_name, old_log, old_pid
from udaemon.migrate.ustream.plan import Bridge, Imported, Settings, Wishes

KEYS = frozenset(key.name for key in keys_of(Daemon))
MAP = """
# comment
; comment
Acme\\ = acme
Acme\\Old\\ = old_things
Old_ = legacy
Acme\\Mail::create = shop.mail:create
"""


@pytest.mark.parametrize(
    ("php", "python"),
    [
        ("Acme\\Mail::create", "shop.mail:create"),
        ("\\Acme\\Mail::create", "shop.mail:create"),
        ("Acme\\Jobs\\Mailer::create", "acme.jobs:Mailer.create"),
        ("Acme\\EditorialMetrics\\HTTPReader::create", "acme.editorial_metrics:HTTPReader.create"),
        ("Acme\\Old\\Job::create", "old_things:Job.create"),
        ("Acme\\make_job", "acme:make_job"),
        ("Old_Import_Job::create", "legacy.import:Job.create"),
        ("Other\\Job::create", None),
        ("Acme\\Job::create()", None),
        ("Acme\\", None),
    ],
)
def test_a_factory_by_rules(php: str, python: str | None) -> None:
    rules, wrong = parse(MAP)
    assert wrong == ()
    assert rules.apply(php) == python


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("Acme\\ = 5", "no rule; write one as `Acme\\Jobs\\ = acme.jobs`"),
        ("Acme\\Mail::create = mail", "no rule; write one as `Acme\\Mail::create = acme.mail:create`"),
        ("= x", "no rule; write one as `Acme\\Mail::create = acme.mail:create`"),
        ("A\\ = a\nA\\ = b", "a second rule for A\\"),
    ],
)
def test_a_wrong_rule_is_told(line: str, said: str) -> None:
    assert parse(line)[1] == ((line.count("\n") + 1, said),)


@pytest.mark.parametrize(
    ("identifier", "context", "log"),
    [
        ("d", "production", "d-production.log"),
        ("d", "", "d.log"),
        ("d", None, "d.log"),
        ("d", "0", "d.log"),
        ("d", "prod.eu", "d-prod.log"),
        ("my.daemon", "production", "my-production.log"),
        ("my.daemon", "", "my.log"),
        ("my.daemon", "prod.eu", "my-prod.eu.log"),
    ],
)
def test_the_log_of_old(identifier: str, context: str | None, log: str) -> None:
    assert old_log(identifier, context) == log


@pytest.mark.parametrize(
    ("identifier", "context", "pid"),
    [
        ("d", "production", "d-production.pid"),
        ("d", "", "d-.pid"),
        ("my.daemon", "prod.eu", "my.daemon-prod.eu.pid"),
    ],
)
def test_the_pid_file_of_old(identifier: str, context: str, pid: str) -> None:
    assert old_pid(identifier, context) == pid


@pytest.mark.parametrize(
    ("identifier", "name"),
    [("mailer", "mailer"), ("My.Daemon", "my-daemon"), ("_x", "x"), ("größe", "gr-e"), ("---", "daemon"), ("9", "9")],
)
def test_a_name_of_a_daemon(identifier: str, name: str) -> None:
    assert daemon_name(identifier, ()) == name


def test_a_long_or_taken_name_gets_a_number() -> None:
    assert daemon_name("a.b", {"a-b"}) == "a-b-2"
    assert daemon_name("x" * 80, {"x" * 63}) == "x" * 61 + "-2"


def imported(wishes: Wishes = Wishes(keys=KEYS), /, **files: str) -> list[Imported]:  # noqa: B008 - frozen
    return import_files(
        {f"{name}.ini": text.encode() for name, text in files.items()},
        wishes,
        constants={},
        settings=Settings(environ={"X": "y"}),
        php="auto",
    )


def test_names_that_fit_are_kept_by_those_who_have_them() -> None:
    files = {"A": "factory=A::b\n", "a": "factory=A::b\n", "broken": "x=(\n"}
    assert [(one.identifier, one.name) for one in imported(**files)] == [
        ("A", "a-2"),
        ("a", "a"),
        ("broken", "broken"),
    ]


def settings(text: str) -> dict[str, object]:
    return {setting.key: setting.value for setting in imported(d=text)[0].settings}


@pytest.mark.parametrize(
    ("text", "factory"),
    [
        ("factory[]=A\nfactory[]=b\n", "TODO: A::b"),
        ("factory[]=A\n", "TODO: no factory in d.ini"),
        ("factory=\n", "TODO: no factory in d.ini"),
        ("sleep=1\n", "TODO: no factory in d.ini"),
    ],
)
def test_a_factory_may_be_a_pair(text: str, factory: str) -> None:
    assert settings(text)["factory"] == factory


@pytest.mark.parametrize(
    ("text", "percent"),
    [
        ("memory-limit=16M", "70 percent of 16M"),
        ("memory-limit=16M\nmemory-threshold=95", None),
        ("memory-limit=24M\nmemory-threshold=40.5", "40.5 percent of 24M"),
        ("memory-limit=64M\nmemory-threshold=0", "0 percent of 64M"),
        ("memory-limit=2M\nmemory-threshold=full", None),
        ("memory-limit=512K", None),
        ("memory-limit=-1", None),
        ("memory-limit=64M", None),
    ],
)
def test_a_limit_that_python_is_over_from_the_start_is_told(text: str, percent: str | None) -> None:
    (one,) = imported(d=f"factory=A::b\n{text}\n")
    told = [(note.line, note.text) for note in one.notes if note.code == "memory-small"]
    said = (
        f"memory-limit: {percent} is less than a bare Python's 13M or so: the daemon would be replaced after every run"
    )
    assert told == ([(2, said)] if percent else [])
    wanted = "d.ini:2, less than a bare Python has"
    assert any(setting.origin == wanted for setting in one.settings) is bool(percent)
    (php,) = imported(Wishes(keys=KEYS, bootstrap="/b.php"), d=f"factory=A::b\n{text}\n")
    assert "memory-small" not in {note.code for note in php.notes}


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("log-dir=/var/log/x/", "/var/log/x"),
        ("log-dir=/", "/"),
        ("log-dir=logs", "/logs"),
        ("log-dir=${X}/z", "/${X}/z"),
        ("log-dir=/a/${X}/${NOT}", "/a/${X}/${NOT:-}"),
        ("log-dir='/a/${X}'", "/a/$${X}"),
        ("log-dir=/a/${x.y}b", "/a/b"),
    ],
)
def test_a_path_is_what_php_saw_with_its_references(text: str, written: str) -> None:
    assert settings(f"{text}\nfactory=A::b\n")["log-dir"] == written


def test_strange_texts_survive_being_written() -> None:
    ini = "factory=\"A\\\\é\x7f\n\u2028'::b\"\nlog-dir='/a\t\"b\\'\n"
    text = emit(imported(d=ini), Wishes(keys=KEYS), title="x\ny", form="toml")
    data, findings = parse_toml(text)
    assert not findings
    assert data["daemons"]["d"] == {"factory": "TODO: A\\é\x7f\n\u2028'::b", "log-dir": '/a\t"b\\'}
    assert all(line.isprintable() for line in text.split("\n"))


def test_a_bridged_daemon_is_its_entry_and_its_id() -> None:
    (one,) = imported(Wishes(keys=KEYS, bridge=Bridge(entry="app/$x.php")), d="factory=A::b\nsleep=0,5\n")
    assert [(setting.key, setting.value, setting.origin) for setting in one.settings] == [
        ("php", {"id": "d"}, "d.ini:1, runs A::b")
    ]
    assert one.notes == ()
    text = emit([one], Wishes(bridge=Bridge(entry="app/$x.php", library="lib")), title="x", form="toml")
    defaults = parse_toml(text)[0]["defaults"]
    assert defaults["php"] == {"entry": "app/$$x.php", "library": "lib"}
    assert defaults["stop"] == {"timeout": "1h"}
