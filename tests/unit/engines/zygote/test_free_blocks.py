"""Tests of where new objects lie once the free blocks of the heap are taken."""

from __future__ import annotations

import os

import pytest

from udaemon.engines.zygote.free_blocks import take_free_blocks

PAGE = 4096


def pages(objects: list[bytes]) -> int:
    """On how many pages these begin."""
    return len({id(one) // PAGE for one in objects})


@pytest.mark.skipif("PYTHONMALLOC" in os.environ, reason="needs Python's own heap")
@pytest.mark.parametrize("size", [50, 100, 200, 400])
def test_what_is_made_after_it_lies_together(size: int) -> None:
    heap = [bytes(size) for _ in range(40_000)]
    many = 40_000 * size // (2 * PAGE)  # one on every other page or so
    heap[:: 40_000 // many] = [b""] * len(heap[:: 40_000 // many])

    strewn = pages([bytes(size) for _ in range(100)])
    take_free_blocks()
    together = pages([bytes(size) for _ in range(100)])

    assert strewn > 60
    assert together <= 100 * (size + 48) // PAGE + 2


def test_a_second_time_takes_a_row_of_each_size_at_most() -> None:
    take_free_blocks()
    kept = [bytes(100) for _ in range(10)]
    take_free_blocks()
    assert pages([bytes(100) for _ in range(20)]) <= 3
    assert kept
