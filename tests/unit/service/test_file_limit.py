"""Room in the descriptor table: raised as far as is needed and allowed, and refused before anything has begun."""

from __future__ import annotations

import errno
import resource
from collections.abc import Iterator

import pytest

from udaemon.errors import UdaemonError
from udaemon.service.file_limit import raise_file_limit, reason

LIMIT = resource.RLIMIT_NOFILE


@pytest.fixture
def hard() -> Iterator[int]:
    """The hard limit of this process, with the soft one at 256 for the test."""
    soft, hard = resource.getrlimit(LIMIT)
    if hard != resource.RLIM_INFINITY and hard < 4096:
        pytest.skip("the limit of this machine is too low to try anything")
    resource.setrlimit(LIMIT, (256, hard))
    yield hard
    resource.setrlimit(LIMIT, (soft, hard))


def test_it_is_raised_for_all_instances_and_what_it_was_is_told(hard: int) -> None:
    assert raise_file_limit(100) == (256, hard)
    assert resource.getrlimit(LIMIT) == (100 * 5 + 400, hard)


def test_where_there_is_room_it_is_left_alone(hard: int) -> None:
    resource.setrlimit(LIMIT, (4096, hard))
    assert raise_file_limit(100) is None
    assert resource.getrlimit(LIMIT) == (4096, hard)


def test_what_can_never_fit_is_refused_at_once(hard: int) -> None:
    if hard == resource.RLIM_INFINITY:
        pytest.skip("there is no limit here")
    with pytest.raises(UdaemonError, match="instances need"):
        raise_file_limit(hard)
    assert resource.getrlimit(LIMIT) == (256, hard)


def test_where_not_all_that_is_wanted_is_allowed_as_much_as_is_allowed_is_taken(hard: int) -> None:
    if hard == resource.RLIM_INFINITY:
        pytest.skip("there is no limit here")
    fits = (hard - 40) // 5
    assert raise_file_limit(fits) == (256, hard)
    assert resource.getrlimit(LIMIT) == (hard, hard)


def test_what_the_system_refuses_is_told_with_its_place() -> None:
    refused = [
        (OSError(errno.EISDIR, "Is a directory", "/run/x/scoreboard"), "/run/x/scoreboard: Is a directory (EISDIR)"),
        (
            OSError(errno.ENOSPC, "No space left on device", "/run/x/journal"),
            "/run/x: No space left on device (ENOSPC)",
        ),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), "Cannot allocate memory (ENOMEM)"),
        (OSError(errno.EBADF, "Bad file descriptor", 7), "Bad file descriptor (EBADF)"),
    ]
    assert [reason(error, "/run/x") for error, _ in refused] == [told for _, told in refused]
