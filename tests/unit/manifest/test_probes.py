"""What a daemon is asked: addresses as they are written, and one way in a table."""

from __future__ import annotations

from typing import Any

import pytest

from udaemon.manifest.probes import URL, Address, Health, Probe, Ready, check_probe, way
from udaemon.manifest.problems import Wrong


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ("db:5432", "db:5432"),
        (":5432", ":5432"),
        (5432, ":5432"),
        ("5432", ":5432"),
        ("[::1]:80", "[::1]:80"),
        ("127.0.0.1:65535", "127.0.0.1:65535"),
    ],
)
def test_an_address_is_a_host_and_a_port(value: object, address: str) -> None:
    assert Address().parse(value) == address
    assert Address().parse(Address().dump(address)) == address


@pytest.mark.parametrize(
    "value", ["", "db", "db:", ":0", ":65536", 0, 70000, "::1:80", "a b:1", "http://a:1", True, None]
)
def test_what_is_no_address_is_told(value: object) -> None:
    with pytest.raises(Wrong) as wrong:
        Address().parse(value)
    assert wrong.value.code in {"bad-address", "wrong-type", "no-value"}


@pytest.mark.parametrize("value", ["ftp://a/", "http:", "http://user:pass@a/", "http://a b/", "a/health"])
def test_what_is_no_url_is_told(value: str) -> None:
    with pytest.raises(Wrong, match="is no URL"):
        URL.parse(value)
    assert URL.parse("https://a:1/b?c=d") == "https://a:1/b?c=d"


@pytest.mark.parametrize(
    ("probe", "expected"),
    [
        (Ready(), None),
        (Ready(tcp=":1"), "tcp"),
        (Ready(notify=True), "notify"),
        (Ready(uptime=5.0), "uptime"),
        (Ready(uptime=0.0), None),  # as where nothing is said: at once
        (Health(http="http://a/"), "http"),
        (Health(exec=("a",)), "exec"),
        (Health(file="/x"), "file"),
    ],
)
def test_the_way_is_the_key_that_is_there(probe: Probe, expected: str | None) -> None:
    assert way(probe) == expected


@pytest.mark.parametrize(
    ("own", "codes"),
    [
        ({"tcp": ":1"}, []),
        ({"tcp": ":1", "period": "1s"}, []),
        ({"tcp": ":1", "notify": False}, []),
        ({"tcp": ":1", "http": "http://a"}, [("two-probes", "http")]),
        ({"period": "1s"}, [("no-probe", "ready")]),
        ({}, [("no-probe", "ready")]),
        ({"tpc": ":1"}, []),  # a misspelt way is told as that
        (5, []),
    ],
)
def test_a_table_asks_one_thing(own: Any, codes: list[tuple[str, str]]) -> None:
    found = list(check_probe(own, Ready, ("daemons", "a", "ready")))
    assert [(one.code, one.path[-1]) for one in found] == codes


def test_health_knows_no_uptime() -> None:
    [finding] = check_probe({"period": "1s"}, Health, ("health",))
    assert "uptime" not in (finding.hint or "")
