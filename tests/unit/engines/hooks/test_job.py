"""An event to be told, as it crosses to the runner."""

from __future__ import annotations

import json

from udaemon.engines.hooks.job import Job


def test_a_job_comes_through_as_it_was() -> None:
    job = Job(7, '{"a": "ä"}', 10.0, 3, ["hook", "-v"], "/srv", {"A": "1"}, "https://a/", {"X": "y"})
    assert Job(*json.loads(json.dumps(job))) == job


def test_it_is_lost_only_after_all_its_tries() -> None:
    assert Job(1, "", 10.0).longest > 10.0
    assert Job(1, "", 10.0, retries=3).longest > 4 * 10.0
