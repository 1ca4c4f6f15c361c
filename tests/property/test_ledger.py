"""Any ledger, cut or damaged anywhere, tells of each instance something that was true once, and never raises."""

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from udaemon.manifest.model import Daemon
from udaemon.policy import ledger
from udaemon.policy.instance import Exit, Instance, Key, State, Wanted
from udaemon.policy.plan import NO_PLAN
from udaemon.policy.reasons import Reason
from udaemon.policy.timers import Timer, Timers

DAEMON = Daemon(name="any", command=("run",), instances=3)
moments = st.floats(0, 1e9)
pids = st.integers(1, 2**22)
ends = st.builds(
    Exit,
    code=st.none() | st.integers(0, 255),
    signal=st.none() | st.integers(1, 64),
    core=st.booleans(),
    reason=st.sampled_from(Reason),
    at=moments,
)
instances = st.builds(
    Instance,
    daemon=st.just(DAEMON),
    index=st.integers(0, 2),
    state=st.sampled_from(State),
    wanted=st.sampled_from(Wanted),
    timers=st.builds(Timers, st.lists(st.tuples(moments, st.sampled_from(Timer)), max_size=3).map(tuple)),
    pid=st.none() | pids,
    started_at=st.none() | moments,
    restarts=st.integers(0, 2**40),
    attempts=st.lists(moments, max_size=5).map(tuple),
    exit=st.none() | ends,
    message=st.none() | st.text(),
    survivors=st.lists(pids, max_size=3).map(tuple),
)
histories = st.lists(instances, min_size=1, max_size=8)


def restored(found: ledger.Read) -> dict[Key, Instance]:
    return {key: ledger.restored(entry, DAEMON, key.index, NO_PLAN) for key, entry in found.entries.items()}


@given(histories)
def test_the_last_of_each_is_what_is_read(history: list[Instance]) -> None:
    """A round trip, whatever an instance was."""
    data = ledger.head("b") + b"".join(ledger.line(one, 1.0) for one in history)
    assert restored(ledger.read(data)) == {one.key: one for one in history}


@given(histories, st.data())
def test_a_cut_leaves_an_earlier_moment(history: list[Instance], data: st.DataObject) -> None:
    """What a kill leaves is what was before it, with no line half believed."""
    lines = [ledger.line(one, 1.0) for one in history]
    cut = data.draw(st.integers(0, sum(map(len, lines))))
    whole = [one for at, one in enumerate(history, 1) if sum(map(len, lines[:at])) <= cut]
    found = ledger.read(b"".join(lines)[:cut])
    assert found.damaged == 0
    # The last line may lack nothing but its end.
    assert restored(found) in [{one.key: one for one in history[:count]} for count in (len(whole), len(whole) + 1)]


@given(histories, st.binary(min_size=1, max_size=40), st.data())
def test_damage_is_never_believed(history: list[Instance], junk: bytes, data: st.DataObject) -> None:
    """faults.md F57: whatever is written over it, what is read was true of that instance once."""
    text = b"".join(ledger.line(one, 1.0) for one in history)
    at = data.draw(st.integers(0, len(text)))
    said = restored(ledger.read(text[:at] + junk + text[at + len(junk) :]))
    assert all(evolve(one) in history for one in said.values())
