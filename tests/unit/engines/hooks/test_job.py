"""An event to be told, as it crosses to the runner, and the answer."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from udaemon.engines.hooks.job import LONGEST_REASON, Job, answer, answered, ask, job_of
from udaemon.frames import HEADER


def test_a_job_comes_through_as_it_was() -> None:
    job = Job(7, '{"a": "ä"}', 10.0, 3, ["hook", "-v"], "/srv", {"A": "1"}, "https://a/", {"X": "y"})
    assert job_of(ask(job)[HEADER:]) == job


def test_an_answer_comes_back_with_a_short_reason() -> None:
    assert answered(answer(7, ok=False, reason="x" * 5000)[HEADER:]) == (7, False, "x" * LONGEST_REASON)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=4)))
def test_what_is_no_answer_is_not_taken_for_one(value: object) -> None:
    sound = isinstance(value, list) and len(value) == 3 and isinstance(value[0], int)
    if sound:
        assert len(answered(json.dumps(value).encode())) == 3
    else:
        with pytest.raises(ValueError, match="no answer"):
            answered(json.dumps(value).encode())


def test_it_is_lost_only_after_all_its_tries() -> None:
    assert Job(1, "", 10.0).longest > 10.0
    assert Job(1, "", 10.0, retries=3).longest > 4 * 10.0
