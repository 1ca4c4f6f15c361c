"""What a name on the command line means."""

from __future__ import annotations

import pytest

from udaemon.errors import ExitCode, UdaemonError
from udaemon.manifest.model import Daemon
from udaemon.manifest.selection import choose, selectors

DAEMONS = {
    daemon.name: daemon
    for daemon in (
        Daemon(name="mailer", factory="m:f", instances=2, tags=("mail", "nightly")),
        Daemon(name="mail-log", factory="m:f", tags=("mail",)),
        Daemon(name="db", command=("x",), tags=("storage",)),
    )
}


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        ([], {"mailer": {0, 1}, "mail-log": {0}, "db": {0}}),
        (["mailer"], {"mailer": {0, 1}}),
        (["mail*"], {"mailer": {0, 1}, "mail-log": {0}}),
        (["mailer/1", "db"], {"mailer": {1}, "db": {0}}),
        (["tag:mail"], {"mailer": {0, 1}, "mail-log": {0}}),
        (["tag:nightly", "tag:storage"], {"mailer": {0, 1}, "db": {0}}),
        (["tag:*ly"], {"mailer": {0, 1}}),
        (["tag:mail/1"], {"mailer": {1}}),
        (["tag:mail", "mailer/0"], {"mailer": {0, 1}, "mail-log": {0}}),
    ],
)
def test_names_choose_instances(names: list[str], chosen: dict[str, set[int]]) -> None:
    assert choose(DAEMONS, names) == chosen


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("mialer", "no such daemon: mialer", "did you mean mailer?"),
        ("mialer/1", "no such daemon: mialer/1", "did you mean mailer/1?"),
        ("web", "no such daemon: web", "there is mailer, mail-log, db"),
        ("", 'no such daemon: ""', "there is mailer, mail-log, db"),
        ("mailer/2", "no such instance: mailer/2", "there is mailer/0 to mailer/1"),
        ("tag:mial", 'no daemon has the tag "mial"', "did you mean tag:mail?"),
        ("tag:x", 'no daemon has the tag "x"', "there is tag:mail, tag:nightly, tag:storage"),
        ("tag:db", 'no daemon has the tag "db"', "there is tag:mail, tag:nightly, tag:storage"),
        ("tag:mail/7", 'no daemon with the tag "mail" has an instance 7', None),
    ],
)
def test_what_fits_nothing_is_told_with_what_was_meant(name: str, message: str, hint: str | None) -> None:
    with pytest.raises(UdaemonError) as caught:
        choose(DAEMONS, [name])
    assert (caught.value.message, caught.value.hint) == (message, hint)
    assert caught.value.exit_code == ExitCode.NO_SUCH_DAEMON


def test_a_tag_where_there_is_none_has_no_hint() -> None:
    with pytest.raises(UdaemonError) as caught:
        choose({"db": Daemon(name="db", command=("x",))}, ["tag:mail"])
    assert caught.value.hint is None


def test_daemons_and_tags_can_be_named() -> None:
    assert selectors(DAEMONS) == ["mailer", "mail-log", "db", "tag:mail", "tag:nightly", "tag:storage"]
