"""Frames that somebody made up: whatever comes, no exception, no memory kept, no client that keeps the others waiting.

`UDAEMON_FUZZ_SECONDS=60` goes on for a minute each, `UDAEMON_FUZZ_SEED=N` elsewhere.
"""

from __future__ import annotations

from pathlib import Path

from tests.fakes.host import FakeHost
from tests.fuzz.frames import REPORTS, REQUESTS, pieces, streams
from tests.unit.control.talk import Talk

from udaemon.child.report import FRAME_LIMIT, REASONS, TEXT_LIMIT, FrameReader, Leaving, RunFailed
from udaemon.manifest.model import Daemon


def test_f58_no_bytes_of_a_client_reach_more_than_that_client(tmp_path: Path) -> None:
    directory = tmp_path / "run"
    directory.mkdir(mode=0o700)
    daemons = [Daemon(name=name, command=("true",), log_dir="/l") for name in ("db", "mailer")]
    talk = Talk(FakeHost(*daemons), directory)
    fed = 0
    for data in streams(REQUESTS):
        client = talk.client()
        for piece in pieces(data, fed):
            client.say(piece)
        talk.reactor.turn(0.0)
        talk.reactor.turn(0.0)
        assert talk.bugs == [], data
        client.listen()
        client.socket.close()
        talk.clients.remove(client)
        fed += 1
        if fed % 50 == 0:
            assert talk.ask("hello")["ok"] is True, data
            talk.clients.clear()
    talk.until(lambda: talk.host.subscribers == [])
    talk.close()
    assert fed > 50


def test_no_bytes_of_a_child_raise_or_are_kept_or_believed() -> None:
    fed = 0
    for data in streams(REPORTS):
        reader = FrameReader()
        for piece in pieces(data, fed):
            for report in reader.feed(piece):
                match report:
                    case RunFailed(number, error):
                        assert type(number) is int, data
                        assert 0 <= number < 2**53, data
                        assert len(error) <= TEXT_LIMIT, data
                    case Leaving(reason, message):
                        assert reason in REASONS, data
                        assert message is None or len(message) <= TEXT_LIMIT, data
            assert reader._frames.held <= FRAME_LIMIT + 4, data
        fed += 1
    assert fed > 50
