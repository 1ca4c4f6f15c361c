"""Each key by the name that it is explained under, and its place in the documentation."""

from __future__ import annotations

from udaemon.manifest.pages import anchor, every_key, key_page


def test_a_key_that_stands_in_both_tables_is_the_daemons_and_the_other_has_a_name_of_its_own() -> None:
    keys = every_key()
    assert {"env", "top.env", "sleep", "stop.timeout", "project"} <= keys.keys()
    assert keys["env"].doc != keys["top.env"].doc
    assert "top.project" not in keys


def test_its_page_is_at_an_anchor_without_dots() -> None:
    assert anchor("stop.timeout") == "key-stop-timeout"
    assert key_page("stop.timeout").endswith("#key-stop-timeout")
