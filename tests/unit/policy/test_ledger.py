"""The ledger's lines: what is read is what was written, and what a kill cut short is as if never begun."""

import json
from binascii import crc32

import pytest
from attrs import evolve, fields

from udaemon.errors import UdaemonError
from udaemon.manifest.model import Daemon
from udaemon.policy import ledger
from udaemon.policy.followed import Followed
from udaemon.policy.instance import Exit, Instance, Key, Missing, Phase, Probed, State, Step, Wanted
from udaemon.policy.plan import NO_PLAN
from udaemon.policy.reasons import Reason
from udaemon.policy.timers import NO_TIMERS, Timer

MAILER = Daemon(name="mailer", command=("run",), instances=2)
PLAIN = Instance(daemon=MAILER, index=1, state=State.STOPPED)
FULL = Instance(
    daemon=MAILER,
    index=1,
    state=State.STOPPING,
    wanted=Wanted.UP,
    timers=NO_TIMERS.set(Timer.KILL, 12.25).set(Timer.GIVE_UP, 17.25),
    pid=4711,
    started_at=1.125,
    restarts=3,
    crashes=2,
    refusals=1,
    attempts=(0.5, 0.75),
    asked_at=2.5,
    killing=True,
    leaving=True,
    held_up=True,
    outdated=True,
    automatic=True,
    paused=True,
    owes_run=True,
    exit=Exit(code=None, signal=11, core=True, reason=Reason.KILLED, at=0.25),
    message="it said: schön\n",
    survivors=(8, 9),
    probed=Probed(begun=True, unready="HTTP 503", well=True, unwell="HTTP 500", status="loads"),
    condemned=Reason.UNHEALTHY,
    missing=Missing("db@ready", "db failed"),
    held_back=True,
    alone=True,
    good_run=True,
    place=3,
    run_asked=12,
    holds=("db", "mail"),
    after=Followed("export", 0, 12, "ok"),
    owed_after=Followed("export", 1, 13, "failed"),
    step=Step(
        phase=Phase.AFTER_STOP,
        index=1,
        message="exit code 3",
        refusals=2,
        overdue=True,
        ended=Exit(code=1, signal=None, core=False, reason=Reason.EXITED, at=0.5),
    ),
)


@pytest.mark.parametrize("instance", [PLAIN, FULL], ids=["plain", "full"])
def test_what_is_read_is_what_was_written(instance: Instance) -> None:
    """Every field comes back as it was."""
    found = ledger.read(ledger.head("now") + ledger.line(instance, 99.5)).entries[instance.key]
    assert ledger.restored(found, MAILER, 1, NO_PLAN) == instance
    assert found.seen_at == (99.5 if instance.pid is not None else None)


def test_every_field_of_an_instance_is_in_the_ledger() -> None:
    """A new field of an instance that nobody writes would be lost with the supervisor."""
    held = {"daemon", "index", "plan", "turn"}
    default = Instance(daemon=MAILER, index=1, state=State.STOPPED)
    names = {one.name for one in fields(Instance)} - held
    assert all(getattr(FULL, name) != getattr(default, name) for name in names)


def test_the_last_line_of_an_instance_counts() -> None:
    """Also where it is gone by then."""
    other = evolve(PLAIN, index=0)
    lines = [ledger.line(PLAIN), ledger.line(other), ledger.line(evolve(PLAIN, crashes=1)), ledger.gone(other.key)]
    found = ledger.read(b"".join(lines)).entries
    assert list(found) == [PLAIN.key]
    assert found[PLAIN.key].fields["crashes"] == 1


def test_a_line_that_was_cut_short_counts_as_never_begun() -> None:
    """Wherever a kill or a full disk cut it; that is no damage."""
    whole, torn = ledger.head("now") + ledger.line(PLAIN), ledger.line(FULL)
    for end in range(len(torn) - 1):
        found = ledger.read(whole + torn[:end])
        assert found.entries[PLAIN.key].fields["state"] is State.STOPPED
        assert found.damaged == 0


@pytest.mark.parametrize(
    "bad",
    [b"garbage\n", b"00000000 {}\n", b"\xff" * 70 + b"\n", b"%08x [1]\n" % crc32(b"[1]"), b"%08x {}\n" % crc32(b"{}")],
)
def test_a_line_that_makes_no_sense_costs_no_other(bad: bytes) -> None:
    """faults.md F57: it is counted."""
    found = ledger.read(ledger.line(PLAIN) + bad + ledger.line(evolve(PLAIN, index=0)))
    assert set(found.entries) == {Key("mailer", 0), Key("mailer", 1)}
    assert found.damaged == 1


def test_a_ledger_of_a_newer_version_is_refused() -> None:
    """Who skipped what he does not know would start a second copy of it."""
    text = json.dumps({"ledger": ledger.VERSION + 1, "boot": "now"}).encode()
    with pytest.raises(UdaemonError, match=r"written by a newer udaemon \(version 2, this one reads 1\)"):
        ledger.read(b"%08x %b\n" % (crc32(text), text))


def test_a_stop_of_everything_is_remembered() -> None:
    """`down` goes on under the next supervisor."""
    assert ledger.read(ledger.head("now", leaving=True)).leaving
    assert not ledger.read(ledger.head("now")).leaving


def test_what_an_older_udaemon_wrote_of_a_process_that_was_asked_is_read() -> None:
    probed = [True, "refused", False, None, "warms up"]
    text = json.dumps({"name": "a", "index": 0, "state": "starting", "pid": 7, "probed": probed}).encode()
    (entry,) = ledger.read(b"%08x %b\n" % (crc32(text), text)).entries.values()
    assert entry.fields["probed"] == Probed(begun=True, unready="refused", status="warms up")
