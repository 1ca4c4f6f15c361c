"""What `check -v`, `inspect` and `explain sharing` tell of what daemons share."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import MAILER, Serve, Udaemon

MANIFEST = """
[daemons.good]
factory = "good:create"
sleep = 1
[daemons.itself]
task = "good:itself"
sleep = 1
[daemons.logs]
factory = "deep:create"
sleep = 1
[daemons.green]
factory = "green:create"
sleep = 1
[daemons.alone]
factory = "good:create"
start-method = "spawn"
sleep = 1
[daemons.own]
factory = "good:create"
env.COLOR = "red"
sleep = 1
[daemons.twins]
factory = "good:create"
env.COLOR = "blue"
instances = 2
sleep = 1
[daemons.db]
command = "true"
"""


def test_check_tells_module_by_module_what_is_shared_and_why_not(udaemon: Udaemon, shop: Path) -> None:
    (shop / "udaemon.toml").write_text(MANIFEST)
    (shop / "good.py").write_text("import json\ndef create(): return print\ndef itself(): print()\n")
    (shop / "opens.py").write_text("import os\n\nlog = open(os.devnull)\n")
    (shop / "deep.py").write_text("import opens\ndef create(): return print\n")
    (shop / "green.py").write_text(
        "try:\n    import gevent\nexcept ImportError:\n    pass\ndef create(): return print\n"
    )
    said = udaemon("check", "-v")
    lines = said.err.splitlines()
    assert said.code == 0
    assert lines[1] == "good shares good and 1 library"
    assert lines[2] == "itself shares good and 1 library"
    assert lines[3].startswith("logs shares none of the project's modules")
    assert lines[4] == "  imports deep for itself (deep.py:1): imports opens, which is not shared"
    assert lines[5].startswith("  imports opens for itself (opens.py:3): ")
    assert "open" in lines[5]
    assert "own begins with nothing loaded: its env is its own, and may matter at import" in lines
    assert "twins shares good and 1 library" in lines
    assert not [line for line in lines if line.startswith(("alone", "db"))]


def test_inspect_tells_what_the_zygote_has_found(udaemon: Udaemon, serve: Serve) -> None:
    serve(MAILER)
    told = json.loads(udaemon("inspect", "mailer").out)["daemons"][0]["sharing"]
    assert told == {
        "shared": 3,
        "unshared": 1,
        "loaded": True,
        "own": [{"module": "jobs.mail", "line": 7, "reason": "calls open"}],
        "left_out": [{"module": "grpc", "reason": "it started a thread"}],
    }


def test_inspect_tells_what_a_process_was_forked_from(udaemon: Udaemon, serve: Serve) -> None:
    serve(MAILER)
    told = json.loads(udaemon("inspect", "mailer").out)["instances"][0]["zygote"]
    assert told == {"pid": 900, "loaded": False, "reason": "slow was being imported"}


def test_explain_tells_the_story(udaemon: Udaemon) -> None:
    said = udaemon("explain", "sharing")
    assert said.code == 0
    assert "start-method" in said.out
    assert "topics: sharing" in udaemon("explain").out
