"""A project directory with a manifest, a fake supervisor for it, and the command line called in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.fakes.host import FakeHost
from tests.fakes.service import ObedientHost, Service

from udaemon.cli.main import main
from udaemon.manifest.model import Daemon

MAILER = Daemon(name="mailer", factory="jobs.mail:create", sleep=30.0, log_dir="/srv/shop/log", instances=2)
DB = Daemon(name="db", command=("redis-server",), log_dir="/srv/shop/log")


MANIFEST = """
[daemons.mailer]
factory = "jobs.mail:create"
[daemons.db]
command = "x"
"""


class Said(NamedTuple):
    """What a call of the command line came to."""

    code: int
    out: str
    err: str


Udaemon = Callable[..., Said]


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project's directory, which is the working directory too."""
    directory = tmp_path / "shop"
    directory.mkdir()
    (directory / "udaemon.toml").write_text(
        '[daemons.mailer]\nfactory = "jobs.mail:create"\n[daemons.db]\ncommand = "x"\n'
    )
    monkeypatch.chdir(directory)
    return directory


@pytest.fixture
def udaemon(shop: Path, capfd: pytest.CaptureFixture[str]) -> Udaemon:
    """Call the command line: `udaemon("ps", "-q")`."""

    def call(*arguments: str) -> Said:
        code = main(arguments)
        out, err = capfd.readouterr()
        return Said(code, out, err)

    return call


Serve = Callable[..., Service]


@pytest.fixture
def serve(shop: Path) -> Iterator[Serve]:
    """Serve a fake host for the project: `serve(MAILER, DB, stubborn={"db"})`."""
    with ExitStack() as stack:

        def start(
            *daemons: Daemon, stubborn: Sequence[str] = (), host: FakeHost | None = None, project: str = "shop"
        ) -> Service:
            host = host or ObedientHost(*daemons, context="production", stubborn=frozenset(stubborn))
            return stack.enter_context(Service(host, str(shop / "udaemon.toml"), project))

        yield start


@pytest.fixture
def service(serve: Serve) -> Service:
    """A project of two mailers and a database, nothing of it running yet."""
    return serve(MAILER, DB)
