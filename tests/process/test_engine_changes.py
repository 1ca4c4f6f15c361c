"""The real engine while what is declared changes: daemon and plan come with each start, slots are anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.process.engine_bench import PATIENCE, Bench

from udaemon.manifest.model import StartMethod
from udaemon.policy.events import Exited, Ready

STOPS = "import udaemon\ndef create():\n  def task():\n    print({word!r})\n    raise udaemon.StopTask\n  return task"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.close()


@pytest.mark.parametrize("method", ["zygote", "spawn"])
def test_a_daemon_writes_its_runs_into_its_slot_also_in_a_region_that_was_added(bench: Bench, method: str) -> None:
    bench.module("first", STOPS.format(word="first"))
    first = bench.daemon("a", factory="first:create")
    second = bench.daemon("b", factory="first:create", start_method=StartMethod(method))
    bench.run(first)
    bench.in_a_further_region(second)
    bench.run(second)
    slot = bench.scoreboard.read("b/0")
    assert slot is not None
    assert slot.count == 1


def test_a_start_goes_by_the_manifest_of_its_moment_and_the_zygote_of_the_former_is_ended(bench: Bench) -> None:
    for word in ("first", "second"):
        bench.module(word, STOPS.format(word=word))
    key = bench.daemon("mailer", factory="first:create")
    bench.run(key)
    [before] = bench.zygotes()
    bench.daemon("mailer", factory="second:create")
    bench.declare_anew()
    bench.run(key)
    assert bench.output(key) == "first\nsecond\n"
    bench.reactor.run_until(lambda: before not in bench.zygotes(), PATIENCE)
    assert len(bench.zygotes()) == 1


def test_a_plan_that_changes_nothing_for_the_zygote_keeps_it(bench: Bench) -> None:
    bench.module("first", STOPS.format(word="first"))
    key = bench.daemon("mailer", factory="first:create")
    bench.run(key)
    before = bench.zygotes()
    bench.daemon("mailer", factory="first:create", sleep=7.0, umask=0o077)
    bench.declare_anew()
    bench.run(key)
    assert bench.zygotes() == before


def test_an_instance_that_is_no_more_leaves_no_zygote(bench: Bench) -> None:
    bench.module("first", STOPS.format(word="first"))
    key = bench.daemon("mailer", factory="first:create")
    bench.run(key)
    bench.engine.forget(key)
    bench.reactor.run_until(lambda: bench.zygotes() == [], PATIENCE)
    assert bench.zygotes() == []


def test_the_zygote_of_the_next_start_is_ready_before_that(bench: Bench) -> None:
    bench.module("first", "def create():\n  return lambda: None")
    key = bench.daemon("mailer", factory="first:create", sleep=60.0)
    bench.start(key)
    bench.until(key, Ready)
    [before] = bench.zygotes()
    bench.daemon("mailer", factory="first:create", sleep=60.0, preload=("json",))
    bench.declare_anew()
    bench.engine.reconfigure(key, *bench.declared(key))
    bench.reactor.run_until(lambda: before not in bench.zygotes(), PATIENCE)
    assert len(bench.zygotes()) == 1
    assert bench.told(key, Exited) == []
