"""`udaemon status` against a fake supervisor."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import DB, MAILER, Serve, Udaemon

from udaemon.manifest.log_table import Log
from udaemon.manifest.model import Daemon


def test_a_daemon_has_its_log_and_its_place_on_its_card(
    udaemon: Udaemon, serve: Serve, shop: Path, tmp_path: Path
) -> None:
    (shop / "log").mkdir()
    (shop / "log" / "db-production.log").write_text("".join(f"line {number}\n" for number in range(9)))
    serve(Daemon(name="db", command=("redis",), log_dir=str(shop / "log")))
    udaemon("start", "db")
    said = udaemon("status", "db")
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("db  running for ")
    assert "declared    udaemon.toml:3\n" in said.out
    assert "line 3" not in said.out
    assert "last lines  line 4\n            line 5\n" in said.out


def test_an_apps_own_json_stands_on_the_card_as_it_wrote_it(udaemon: Udaemon, serve: Serve, shop: Path) -> None:
    (shop / "log").mkdir()
    (shop / "log" / "db-production.log").write_text('{"name":"a","line":"x"}\n[3] hi\n')
    serve(Daemon(name="db", command=("redis",), log_dir=str(shop / "log"), log=Log(timestamps=False)))
    udaemon("start", "db")
    assert 'last lines  {"name":"a","line":"x"}\n            [3] hi\n' in udaemon("status", "db").out


def test_without_a_name_it_is_the_project(udaemon: Udaemon, serve: Serve) -> None:
    serve(MAILER, DB)
    udaemon("start", "db")
    said = udaemon("status")
    assert said.code == 0
    assert said.out.startswith("shop  2 stopped, 1 running\n")
    assert "db/0 started:" in said.out


def test_what_nobody_declares_is_no_card(udaemon: Udaemon, serve: Serve) -> None:
    serve(DB)
    assert udaemon("status", "nope").code == 4


def test_the_events_on_a_card_are_its_own(udaemon: Udaemon, serve: Serve) -> None:
    serve(Daemon(name="d1", command=("x",)), Daemon(name="d2", command=("x",)))
    udaemon("start", "d1")
    first, second = udaemon("status", "d*").out.split("\n\n")
    assert "started: pid" in first
    assert "started: pid" not in second
