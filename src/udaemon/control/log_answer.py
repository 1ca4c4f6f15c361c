"""What the verb `logs` tells of a daemon's files; without a supervisor a client tells itself the same.

Knows nothing of what is in them.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from udaemon.manifest.log_files import log_files
from udaemon.manifest.model import Daemon


def told_logs(daemon: Daemon, context: str, chosen: Collection[int]) -> list[dict[str, Any]]:
    """Each file of these instances. What is as usual is left out."""
    return [
        {
            "name": daemon.name,
            "instances": daemon.instances,
            "path": file.path,
            "chosen": [*chosen] if file.instance is None else [file.instance],
            **({} if daemon.log.prefixed else {"prefixed": False}),
            **({} if file.instance is None else {"instance": file.instance}),
            **({"errors": True} if file.errors else {}),
            # The library keeps a log of its own, and says in this one where.
            **({"php": True} if daemon.kind == "php.entry" and not file.errors else {}),
        }
        for file in log_files(daemon, context)
        if file.instance is None or file.instance in chosen
    ]
