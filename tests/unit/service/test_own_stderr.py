"""Our own stderr: zygotes write to a common log before we do, and all of it comes back to the terminal at the end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from udaemon.service.own_stderr import OwnStderr


@contextmanager
def terminal(tmp_path: Path) -> Iterator[Path]:
    """A file that is our stderr meanwhile."""
    kept, path = os.dup(2), tmp_path / "terminal"
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND)
    os.dup2(fd, 2)
    os.close(fd)
    try:
        yield path
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def test_zygotes_write_to_the_log_before_we_do(tmp_path: Path) -> None:
    first, second = tmp_path / "first.log", tmp_path / "second.log"
    with terminal(tmp_path) as seen:
        own = OwnStderr(lambda path: os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND))
        before = len(os.listdir("/proc/self/fd"))
        own.lead_to([str(first), str(second)])
        os.write(own.fd, b"a zygote\n")
        os.write(2, b"seen by who started us\n")
        own.take()
        os.write(2, b"a traceback\n")
        own.lead_to([str(second), str(first)])  # it is still one of those that are used
        os.write(2, b"the next one\n")
        own.lead_to([str(second)])
        os.write(2, b"into another log\n")
        os.write(own.fd, b"so do zygotes\n")
        assert len(os.listdir("/proc/self/fd")) == before
        assert not os.get_inheritable(own.fd)
        back = os.open(seen, os.O_WRONLY | os.O_APPEND)
        own.give_back(back)
        os.close(back)
        os.write(2, b"seen again\n")
    assert first.read_text() == "a zygote\na traceback\nthe next one\n"
    assert second.read_text() == "into another log\nso do zygotes\n"
    assert seen.read_text() == "seen by who started us\nseen again\n"


def test_a_project_without_a_log_leaves_it_where_it_is(tmp_path: Path) -> None:
    with terminal(tmp_path) as seen:
        own = OwnStderr(lambda path: os.open(path, os.O_WRONLY))
        own.lead_to([])
        own.take()
        os.write(2, b"here\n")
        own.give_back(2)
    assert seen.read_text() == "here\n"
