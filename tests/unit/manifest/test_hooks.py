"""The table `on`: each form of a hook, how tables lie over one another, and what is never shown."""

from pathlib import Path

import pytest

from udaemon.manifest.hooks import ExecHook, Hooks, Listeners, Webhook
from udaemon.manifest.problems import Wrong
from udaemon.manifest.read import load
from udaemon.manifest.secrets import masked, masked_at, masked_url

DEFAULTS = """
[on]
failed = { exec = "all" }

[defaults.on]
failed = { webhook = "https://chat.example/x", retries = 1 }
start = "jobs:up"

[daemons.a]
command = "true"
on = { failed = { exec = "page --now" } }

[daemons.b]
command = "true"
"""


def test_a_hook_of_a_daemon_takes_the_place_of_that_of_the_defaults_as_a_whole(tmp_path: Path) -> None:
    (tmp_path / "udaemon.toml").write_text(DEFAULTS)
    manifest = load([str(tmp_path / "udaemon.toml")], environ={})
    a, b = manifest.daemons["a"].on, manifest.daemons["b"].on
    assert a == Listeners(failed=(ExecHook(exec=("page", "--now")),), start=("jobs:up",))
    assert b == Listeners(failed=(Webhook(webhook="https://chat.example/x", retries=1),), start=("jobs:up",))
    assert manifest.on == Listeners(failed=(ExecHook(exec=("all",)),))


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("a:b", ("a:b",)),
        ({"exec": ["p", "q"], "timeout": "1m"}, (ExecHook(exec=("p", "q"), timeout=60.0),)),
        (["a:b", {"exec": "p"}], ("a:b", ExecHook(exec=("p",)))),
        (
            {"webhook": "http://[::1]:80/x", "headers": {"X-A": "b"}, "retries": 0},
            (Webhook(webhook="http://[::1]:80/x", headers={"X-A": "b"}, retries=0),),
        ),
        ([], ()),
    ],
)
def test_each_form_is_read_and_written_as_the_same(value: object, read: tuple[object, ...]) -> None:
    assert Hooks().parse(value) == read
    assert Hooks().parse(Hooks().dump(Hooks().parse(value))) == read


@pytest.mark.parametrize(
    "url",
    [
        "",
        "x",
        "ftp://h/",
        "http://",
        "http:///x",
        "http://h:0/",
        "http://h:99999/",
        "http://h/a b",
        "http://h/\r\nX: y",
    ],
)
def test_what_is_no_url_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ExceptionGroup) as caught:
        Hooks().parse({"webhook": url})
    (wrong,) = caught.value.exceptions
    assert isinstance(wrong, Wrong)
    assert (wrong.code, wrong.message) == ("bad-url", "is no URL of the web")


def test_a_header_cannot_end_its_line() -> None:
    with pytest.raises(ExceptionGroup):
        Hooks().parse({"webhook": "http://h/", "headers": {"X": "a\r\nY: b"}})


def test_nothing_but_where_a_webhook_leads_is_shown() -> None:
    url = "https://me:pw@[::1]:8443/T0KEN?x=1#y"
    assert masked_url(url) == "https://[::1]:8443/********"
    assert masked_url("https://a.example/") == "https://a.example"
    hook = {"webhook": url, "headers": {"X-Any": "value"}, "retries": 3}
    hidden = {"webhook": "https://[::1]:8443/********", "headers": {"X-Any": "********"}, "retries": 3}
    assert masked({"failed": [hook]}) == {"failed": [hidden]}
    path = ("daemons", "a", "on", "failed", 0)
    assert masked_at((*path, "webhook"), url) == masked_at(("on", "failed", 0, "webhook"), url) == hidden["webhook"]
    assert masked_at((*path, "headers", "X-Any"), "value") == "********"
    assert "T0KEN" not in repr(Webhook(webhook=url, headers={"X-Any": "value"}))
    assert "value" not in repr(Webhook(webhook=url, headers={"X-Any": "value"}))
