"""F68, F72: random numbers that differ in each process, and native crashes that are seen."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.process.child import Child
from tests.process.engine_bench import Bench

NUMPY = """
_state = 7
def seed(value=None):
    global _state
    import os
    _state = int.from_bytes(os.urandom(8), "big") if value is None else value
def random():
    global _state
    _state = _state * 6364136223846793005 + 1442695040888963407 & 2**64 - 1
    return _state
"""

DRAW = """
import random, secrets, ssl, tempfile, uuid
import numpy.random
import udaemon
def create():
    def task():
        print(random.random(), numpy.random.random(), uuid.uuid4(), uuid.uuid1(), secrets.token_hex(8),
            next(tempfile._get_candidate_names()), ssl.RAND_bytes(8).hex())
        raise udaemon.StopTask
    return task
"""


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.close()


def test_f68_random_numbers_differ_in_daemons_instances_and_after_restarts(bench: Bench) -> None:
    """A stand-in for numpy: all that matters is that its state is the module's, and nobody seeds it in a fork."""
    (bench.directory / "numpy").mkdir()
    bench.module("numpy/__init__", "")
    bench.module("numpy/random", NUMPY)
    bench.module("draw", DRAW)
    keys = [bench.daemon(name, factory="draw:create") for name in ("a", "b", "c")]
    rows = []
    for key in (*keys, *keys):
        bench.run(key)
        rows.append(bench.output(key).splitlines()[-1].split())

    for column in zip(*rows, strict=True):
        assert len(set(column)) == len(column), column


@pytest.mark.parametrize("form", ["def create(): return work", "async def create() -> None: work()"])
def test_f72_the_python_stack_of_a_native_crash_is_in_the_log(form: str, tmp_path: Path) -> None:
    code = f"import ctypes\ndef work(): ctypes.string_at(0)\n{form}\n"
    with Child(tmp_path, code, is_task=form.startswith("async")) as child:
        assert child.end() == -signal.SIGSEGV
        assert child.lines[0] == "Fatal Python error: Segmentation fault"
        assert any(line.endswith(f'{tmp_path}/job.py", line 2 in work') for line in child.lines)


@pytest.mark.parametrize("when", ["import faulthandler; faulthandler.disable()", "def unused(): ..."])
def test_f72_who_wants_no_stack_gets_none(when: str, tmp_path: Path) -> None:
    code = f"{when}\nimport ctypes\ndef create(): return lambda: ctypes.string_at(0)\n"
    with Child(tmp_path, code) as child:
        assert child.end() == -signal.SIGSEGV
        assert bool(child.output) == ("unused" in when)


def test_f72_the_users_own_file_is_used(tmp_path: Path) -> None:
    code = f"""
import ctypes, faulthandler
own = open({str(tmp_path / "crash")!r}, "w")
faulthandler.enable(own)
def create(): return lambda: ctypes.string_at(0)
"""
    with Child(tmp_path, code) as child:
        assert child.end() == -signal.SIGSEGV
        assert child.output == b""
    assert "Segmentation fault" in (tmp_path / "crash").read_text()
