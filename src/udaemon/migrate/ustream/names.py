"""Names of daemons and of the library's files, made from the name of an ini file.

Knows nothing of what is in the file.
"""

from __future__ import annotations

import re
from collections.abc import Container

_STRANGE = re.compile(r"[^a-z0-9_-]+")
_LONGEST = 63


def daemon_name(identifier: str, taken: Container[str]) -> str:
    """A name a manifest takes, as near to the library's id as can be; a number is added where it is taken."""
    plain = _STRANGE.sub("-", identifier.lower()).strip("-").lstrip("_")[:_LONGEST] or "daemon"
    name, number = plain, 2
    while name in taken:
        suffix = f"-{number}"
        name, number = plain[: _LONGEST - len(suffix)] + suffix, number + 1
    return name


def old_log(identifier: str, context: str | None) -> str:
    """The log file the library wrote: a dotted part of the id is lost, else one of the context."""
    stem, dot, _ = identifier.rpartition(".")
    if context in {None, "", "0"}:
        return f"{stem if dot else identifier}.log"
    if dot:
        return f"{stem}-{context}.log"
    return (
        f"{identifier}-{context}".rpartition(".")[0] + ".log" if "." in str(context) else f"{identifier}-{context}.log"
    )


def old_pid(identifier: str, context: str | None) -> str:
    """The pid file the library wrote; without a context a dash dangles."""
    return f"{identifier}-{context or ''}.pid"
