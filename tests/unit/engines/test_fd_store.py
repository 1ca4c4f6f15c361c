"""The store of a process that keeps nothing for another one: what it is handed stays the caller's alone."""

from __future__ import annotations

import os

from udaemon.engines.fd_store import NO_STORE


def test_nothing_is_kept_and_nothing_is_closed() -> None:
    fd = os.open(os.devnull, os.O_RDONLY)
    before = os.listdir("/proc/self/fd")
    NO_STORE.keep("reports/web/0", fd, "7")
    NO_STORE.flush()
    NO_STORE.drop("reports/web/0")
    NO_STORE.drop("nothing of that name")
    assert os.listdir("/proc/self/fd") == before
    os.close(fd)
