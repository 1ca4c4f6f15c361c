"""What a helper says, as it comes to the supervisor, which believes nothing else."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from udaemon.engines.verdict import LONGEST_REASON, verdict, verdict_of
from udaemon.frames import HEADER


def test_a_verdict_comes_back_with_a_short_reason() -> None:
    assert verdict_of(verdict(7, ok=False, reason="x" * 5000)[HEADER:]) == (7, False, "x" * LONGEST_REASON)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=4)))
def test_what_is_no_verdict_is_not_taken_for_one(value: object) -> None:
    sound = isinstance(value, list) and len(value) == 3 and isinstance(value[0], int)
    if sound:
        assert len(verdict_of(json.dumps(value).encode())) == 3
    else:
        with pytest.raises(ValueError, match="no verdict"):
            verdict_of(json.dumps(value).encode())
