"""`udaemon inspect` against a fake supervisor."""

from __future__ import annotations

import json

from tests.cli.conftest import Serve, Udaemon

from udaemon.manifest.model import Daemon


def test_everything_is_told_but_no_secret(udaemon: Udaemon, serve: Serve) -> None:
    serve(Daemon(name="db", command=("x",), env={"DB_PASSWORD": "hunter2"}))
    udaemon("start", "db")
    said = udaemon("inspect", "db")
    told = json.loads(said.out)
    assert (said.code, said.err) == (0, "")
    assert list(told) == ["daemons", "instances", "events"]
    assert told["daemons"][0]["env"] == ["DB_PASSWORD", "PYTHONUNBUFFERED"]
    assert told["daemons"][0]["command"] == ["x"]
    assert told["instances"][0]["pid"] == 101
    assert "hunter2" not in said.out


def test_secrets_in_arguments_and_messages_are_hidden(udaemon: Udaemon, serve: Serve) -> None:
    words = ("serve", "--password", "hunter2", "--token=hunter2", "postgres://me:hunter2@db/x", "--port", "80")
    serve(Daemon(name="token", command=words))
    shown = json.loads(udaemon("inspect", "token").out)["daemons"][0]
    assert shown["name"] == "token"
    mask = "********"
    assert shown["command"] == [
        "serve", "--password", mask, f"--token={mask}", f"postgres://me:{mask}@db/x", "--port", "80"
    ]  # fmt: skip
