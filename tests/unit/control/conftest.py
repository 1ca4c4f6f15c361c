"""A project with two daemons, and a server that speaks for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.fakes.host import FakeHost
from tests.unit.control.talk import Talk

from udaemon.manifest.model import Daemon

Serve = Callable[..., Talk]

MAILER = Daemon(name="mailer", factory="jobs.mail:create", sleep=30.0, log_dir="/srv/shop/log", instances=2)
DB = Daemon(name="db", command=("redis-server",), log_dir="/srv/shop/log")


@pytest.fixture
def host() -> FakeHost:
    return FakeHost(MAILER, DB, context="production")


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    talks: list[Talk] = []

    def make(host: FakeHost, **options: Any) -> Talk:
        directory = tmp_path / f"run{len(talks)}"
        directory.mkdir(mode=0o700)
        talks.append(Talk(host, directory, **options))
        return talks[-1]

    yield make
    for talk in talks:
        talk.close()


@pytest.fixture
def talk(serve: Serve, host: FakeHost) -> Talk:
    return serve(host)
