"""`config`: the manifest that is in effect, as tables with what is secret hidden. Knows no file."""

from __future__ import annotations

from udaemon.control.host import Host
from udaemon.control.request import Request
from udaemon.manifest.dump import dump
from udaemon.manifest.secrets import masked_manifest


def handle(host: Host, request: Request) -> None:
    """Answer with what `udaemon config --format json` printed when it was read."""
    request.answer(masked_manifest(dump(host.manifest)))
