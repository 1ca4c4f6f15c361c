"""The verb `logs`: where they are."""

from __future__ import annotations

from tests.unit.control.talk import Talk


def test_logs_tells_where_they_are(talk: Talk) -> None:
    assert talk.ask("logs", names=["mailer"])["data"] == {
        "logs": [{"name": "mailer", "instances": 2, "path": "/srv/shop/log/mailer-production.log", "chosen": [0, 1]}],
        "common": ["/srv/shop/log/events.log"],
    }
