"""`udaemon version`."""

from __future__ import annotations

import json

from tests.cli.conftest import Udaemon

from udaemon import __version__


def test_version(udaemon: Udaemon) -> None:
    assert udaemon("version") == (0, f"udaemon {__version__}\n", "")
    assert udaemon("--version") == (0, f"udaemon {__version__}\n", "")
    assert json.loads(udaemon("version", "--json").out)["version"] == __version__
