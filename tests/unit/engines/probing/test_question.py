"""A question as it crosses to the prober."""

from __future__ import annotations

import json

from udaemon.engines.probing.question import Asked


def test_a_question_comes_through_as_it_was() -> None:
    asked = Asked(7, "exec", ["check", "-v"], 10.0, 1.0, 0.5, 3, 1, True, "/srv", {"A": "ä"})
    assert Asked(*json.loads(json.dumps(asked))) == asked
