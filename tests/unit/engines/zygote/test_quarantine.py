"""What a zygote does not import, and until when."""

from __future__ import annotations

from udaemon.engines.zygote.quarantine import Quarantine


def test_what_failed_is_tried_again_in_new_code_and_what_harmed_is_not() -> None:
    quarantine = Quarantine()
    quarantine.failed({"a": "ValueError"})
    quarantine.harmful("b", "it forked")
    assert quarantine.left_out == {"a": "ValueError", "b": "it forked"}
    quarantine.stale()
    assert quarantine.left_out == {"b": "it forked"}


def test_after_mishaps_in_a_row_a_kind_of_zygote_is_unlucky() -> None:
    quarantine = Quarantine()
    for _ in range(2):
        quarantine.mishap()
    assert not quarantine.unlucky
    quarantine.mishap()
    assert quarantine.unlucky
    quarantine.success()
    assert not quarantine.unlucky


def test_code_that_changes_often_makes_a_kind_of_zygote_restless() -> None:
    quarantine = Quarantine()
    for _ in range(3):
        assert not quarantine.restless
        quarantine.stale()
    assert quarantine.restless
    quarantine.success()
    assert not quarantine.restless
    assert not quarantine.unlucky
