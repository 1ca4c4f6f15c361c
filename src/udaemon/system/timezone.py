"""Time zones by name, and that of this machine.

Knows no schedule. Names are those of the IANA database; where the system has none, the package tzdata has one.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

LOCALTIME = "/etc/localtime"


def local(environ: Mapping[str, str]) -> str:
    """What `zone` takes for the machine's own: TZ where that is set, as tzset(3) has it, else /etc/localtime."""
    return environ.get("TZ", "").removeprefix(":") or LOCALTIME


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo:
    """A time zone by its name or by its file; one that is not there is UTC, as in the C library."""
    from zoneinfo import ZoneInfo

    try:
        if not name.startswith("/"):
            return ZoneInfo(name)
        with open(name, "rb") as file:
            return ZoneInfo.from_file(file, key=name)
    except (OSError, ValueError, LookupError):
        return ZoneInfo("UTC")
