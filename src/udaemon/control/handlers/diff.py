"""`diff`: what differs between the manifest on disk and what runs.

Knows nothing of how a difference is put into effect.
"""

from __future__ import annotations

from typing import Any

from udaemon.control.host import Host
from udaemon.control.request import Request
from udaemon.errors import UdaemonError
from udaemon.manifest.changes import Changes, compare
from udaemon.manifest.model import Manifest


def handle(host: Host, request: Request) -> None:
    """Answer with what `described` gives; a manifest that cannot be used is an error with its problems."""

    def on_read(read: Manifest | UdaemonError) -> None:
        if isinstance(read, UdaemonError):
            raise read
        request.answer(described(compare(host.manifest, read), host.manifest))

    host.read_manifest(lambda read: request.guard(lambda: on_read(read)))


def described(changes: Changes, before: Manifest) -> dict[str, Any]:
    """Changes as JSON: `{added, resting, removed, changed: [{name, applies, changes}], renamed, manifest, unchanged}`.

    `resting` are those of `added` that do not start by themselves.
    """
    return {
        "added": list(changes.added),
        "resting": list(changes.resting),
        "removed": list(changes.removed),
        "changed": [
            {"name": one.name, "applies": one.applies, "changes": [change._asdict() for change in one.changes]}
            for one in changes.changed
        ],
        "renamed": [pair._asdict() for pair in changes.renamed],
        "manifest": [change._asdict() for change in changes.manifest],
        "unchanged": len(before.daemons) - len(changes.removed) - len(changes.changed),
    }
