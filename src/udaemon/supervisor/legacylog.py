"""Entries of a common log as the legacy library wrote them, for daemons whose log has that format.

Knows no file. What the library never told, a name or a reason, stands in entries of the same form beside its own.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

from udaemon.logs.format import LegacySeconds
from udaemon.policy.effects import EventName
from udaemon.policy.instance import Key
from udaemon.supervisor.notices import LONGEST, Notice

_RULE = b"\n" + b"-" * 20 + b"\n"
_OWN_ACCORD = frozenset({"task-stopped", "memory"})
"""Reasons with which the library had left its loop before it said so: "C-", else "C+"."""


class LegacyLog:
    """Remembers each instance's process: at its end the library named it once more.

    Args:
        pid_file: Where the pid file of an instance is.
    """

    def __init__(self, pid_file: Callable[[Key], str]) -> None:
        self._pid_file = pid_file
        self._pids: dict[Key, int] = {}
        self._seconds = LegacySeconds()

    def entries(self, notice: Notice) -> list[bytes]:
        """What a notice is in the common log."""
        at = self._seconds.at(notice.at).decode()
        entries = []
        for who, pid, text in self._told(notice):
            line = f"{at} - {who} [{pid}] - {text}".replace("\n", "\\n").encode("utf-8", "backslashreplace")
            entries.append(line[: LONGEST - len(_RULE)] + _RULE)
        return entries

    def _told(self, notice: Notice) -> Iterator[tuple[str, int, str]]:
        key = notice.key
        assert key is not None, "the supervisor's own notices are no daemon's"
        ours = os.getpid()
        if notice.event == EventName.STARTED:
            pid = self._pids[key] = notice.data["pid"]
            yield "P-", ours, "Daemon created."
            yield "P-", ours, f"fork called. child pid: {pid}."
            yield "C-", pid, "fork called."
            yield "C-", pid, f"Creating pid file! pidfileLocation: {self._pid_file(key)} | Pid is {pid}."
            return
        if notice.event == EventName.EXITED and key in self._pids:
            pid = self._pids.pop(key)
            who = "C-" if notice.data["exit"]["reason"] in _OWN_ACCORD else "C+"
            yield who, pid, "releaseDaemon called."
            yield who, pid, f"releaseDaemon unlinking pidFile! pidfileLocation: {self._pid_file(key)} | Pid is {pid}."
        yield "P-", ours, f"{key} {notice.event}: {notice.message}"
