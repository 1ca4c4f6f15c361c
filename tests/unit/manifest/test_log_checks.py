"""No two daemons write to one file, nor to what another one's becomes when it is rotated."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from attrs import evolve

from udaemon.manifest.log_checks import check_logs
from udaemon.manifest.log_table import LogStderr
from udaemon.manifest.model import Daemon, Log, Manifest


def found(*daemons: Daemon) -> Iterator[tuple[object, ...]]:
    manifest = Manifest(
        file="/m/udaemon.toml", directory="/m", project="shop", daemons={one.name: one for one in daemons}
    )
    return ((one.path[1:], one.message) for one in check_logs(manifest))


def daemon(name: str, file: str | None = None, **keys: Any) -> Daemon:
    made = Daemon(name=name, command=("x",), log_dir="/log", common_log="/log/_common.log", log=Log(file=file))
    return evolve(made, **keys)


def test_daemons_with_logs_of_their_own_are_no_matter() -> None:
    two = daemon("a", instances=2, log=Log(stderr=LogStderr.SEPARATE))
    assert [*found(two, daemon("b"), daemon("c", "/log/c-${UDAEMON_INSTANCE}.log", instances=2))] == []


@pytest.mark.parametrize(
    ("first", "second", "path", "message"),
    [
        ("/log/x.log", "/log/x.log", ("b", "log", "file"), "x.log would be the log of a and b"),
        (None, "/log/a.log", ("b", "log", "file"), "a.log would be the log of a and b"),
        ("/log/b.log", None, ("b", "log-dir"), "b.log would be the log of a and b"),
        ("/log/x", "/log/x.1", ("b", "log", "file"), "x.1 is a name for the log of a, rotated"),
        ("/log/x", "/log/x.12.gz", ("b", "log", "file"), "x.12.gz is a name for the log of a, rotated"),
        ("/log/x", "/log/x.new", ("b", "log", "file"), "x.new is a name for the log of a, rotated"),
        ("/log/x.1", "/log/x", ("a", "log", "file"), "x.1 is a name for the log of b, rotated"),
        ("/log/_common.log", None, ("a", "common-log"), "_common.log is the log of a already"),
    ],
)
def test_a_file_that_is_another_ones_is_told_where_it_is_named(
    first: str | None, second: str | None, path: tuple[str, ...], message: str
) -> None:
    assert (path, message) in found(daemon("a", first), daemon("b", second))


def test_a_name_that_no_rotation_makes_is_no_matter() -> None:
    assert [*found(daemon("a", "/log/x"), daemon("b", "/log/x.1a"), daemon("c", "/log/x.1.log"))] == []
