"""Whether a process has one thread: a fork of more than one would carry locks that nobody opens any more."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAD = "import os, threading\nfrom udaemon.system.threads import is_alone\n"
LEAVES = "at = threading.Thread(target=gate.acquire, daemon=True)\n"


@pytest.mark.parametrize(
    ("code", "alone"),
    [
        ("", True),
        ("gate = threading.Lock(); gate.acquire()\n" + LEAVES + "at.start()\n", False),
        ("gate = threading.Lock()\n" + LEAVES + "at.start(); at.join()\n", True),
    ],
    ids=["one", "another", "one-that-was-joined"],
)
def test_threads_are_counted_by_the_kernel(code: str, alone: bool) -> None:
    script = HEAD + code + "print(is_alone(), flush=True)\nos._exit(0)\n"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == f"{alone}\n"
