"""A rolling restart among processes that end, refuse and answer as they like: never two down by its doing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fakes.host import FakeHost

from udaemon.control.messages import parse_answer
from udaemon.control.request import Request
from udaemon.control.rolling import RollingRestart
from udaemon.frames import FrameBuffer
from udaemon.manifest.model import Daemon, Ready, Restart
from udaemon.policy.events import RestartAsked, SpawnFailed, StopAsked, Verdict
from udaemon.policy.instance import Instance, Key, State
from udaemon.policy.questions import Question
from udaemon.policy.reasons import Trouble

COPIES = 4
KEYS = [Key("web", index) for index in range(COPIES)]
COMMAND = Daemon(name="web", command=("web",), instances=COPIES, ready=Ready(tcp=":80"), restart=Restart.ON_FAILURE)
TASK = Daemon(name="web", factory="web:create", sleep=30.0, instances=COPIES, ready=Ready(tcp=":80"))


class Client:
    """The other end of the request: what it was told, and the turns that were asked for."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []
        self.turns: list[Callable[[], None]] = []
        self._frames = FrameBuffer(1 << 20)

    def send(self, frame: bytes, *, last: bool) -> None:
        self.told += [parse_answer(payload).data for payload in self._frames.feed(frame)]

    def after(self, seconds: float, callback: Callable[[], None]) -> Callable[[], None]:
        assert seconds == 0.0
        self.turns.append(callback)
        return lambda: self.turns.remove(callback) if callback in self.turns else None

    def bug(self, what: str) -> None:
        raise AssertionError(what)


def is_up(one: Instance) -> bool:
    return one.state is State.RUNNING and one.probed.unready is None


ANY = ["ready", "spawned", "ends", "bad", "refused"]
ACTS = st.lists(
    st.one_of(
        st.tuples(st.none(), st.just("on")),
        st.tuples(st.none(), st.just("on")),
        st.tuples(st.sampled_from(KEYS), st.sampled_from(ANY)),
    ),
    max_size=40,
)
"""What happens: mostly the next step of the one under way, else anything to any."""


@settings(max_examples=300, deadline=None)
@given(daemon=st.sampled_from([COMMAND, TASK]), down=st.sets(st.sampled_from(KEYS), max_size=2), acts=ACTS)
def test_the_next_is_touched_only_while_all_that_were_restarted_stand(
    daemon: Daemon, down: set[Key], acts: list[tuple[Key | None, str]]
) -> None:
    host, client, pids = FakeHost(daemon), Client(), iter(range(100, 1000))
    for key in KEYS:
        host.run(key, next(pids))
        happen(host, key, "ready", pids)
        if key in down:
            host.happen(key, StopAsked())
            host.dies(key, code=0)
    asked = len(host.asked)
    request = Request("restart", {}, client)
    RollingRestart(request, host, KEYS).begin(None)
    restarted: list[Key] = []
    steps: list[tuple[Key | None, str]] = [(None, ""), *acts]
    for named, act in steps:
        if act:
            happen(host, named or restarted[-1], act, pids)
        over = request.over
        while client.turns:
            client.turns.pop(0)()
        for keys, event in host.asked[asked + len(restarted) :]:
            assert (event, over) == (RestartAsked(after_run=True), False)
            fallen = [str(one) for one in restarted if not is_up(host.view(one).instance)]
            assert not fallen, f"{keys} while {fallen} are down"
            restarted += keys
    assert len(restarted) == len(set(restarted)), "once each"
    outcomes = [told for told in client.told if "ok" in told]
    assert [told["ok"] for told in outcomes].count(False) <= 1
    if request.over:
        last = client.told[-1]
        assert last["failed"] == (not outcomes[-1]["ok"])
        settled = {f"web/{told['instance']}" for told in outcomes}
        assert settled | set(last["left"]) == {str(key) for key in KEYS}
        assert host.subscribers == []


def happen(host: FakeHost, key: Key, act: str, pids: Any) -> None:
    instance = host.view(key).instance
    if act == "on":
        act = "spawned" if instance.is_spawning else "ready" if instance.state is State.STARTING else "ends"
    if act == "spawned" and instance.is_spawning:
        host.forked(key, next(pids))
    elif act == "refused" and instance.is_spawning:
        host.happen(key, SpawnFailed(Trouble.CONFIG, "no such file"))
    elif act in {"ready", "bad"} and instance.pid is not None:
        host.happen(key, Verdict(Question.READY, instance.pid, act == "ready", "why"))
    elif act == "ends" and instance.pid is not None:
        host.dies(key, code=0 if instance.outdated or instance.state is State.STOPPING else 1)
