"""What `up` in the foreground was asked for beside a start: how it shows things, and whose end is its own.

Knows no supervisor.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

_ENDS = frozenset({"exited", "failed", "stopped"})


class Attach(NamedTuple):
    """What the operator asked for.

    `followed` are the instances, as `web/0`, of which the first that has ended for good ends all; none for no such.
    """

    as_json: bool = False
    followed: frozenset[str] = frozenset()

    def code(self, event: Mapping[str, Any]) -> int | None:
        """The exit code of `up`, where this event is the end of one that it follows; None where it is not.

        A signal is 128 + n, as in a shell; one that could not be started, or was stopped before that, has 1 and 0.
        """
        if f"{event['name']}/{event['instance']}" not in self.followed:
            return None
        data = event["data"]
        if data.get("state") not in _ENDS:
            return None
        end = data["exit"] or {}
        if end.get("signal") is not None:
            return 128 + int(end["signal"])
        if end.get("code") is not None:
            return int(end["code"])
        return int(data["state"] == "failed")
