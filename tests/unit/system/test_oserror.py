"""An error of the system in words, with its name or without."""

from __future__ import annotations

import errno

import pytest

from udaemon.system import oserror


@pytest.mark.parametrize(
    ("error", "reason", "name"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device", "ENOSPC"),
        (FileNotFoundError(errno.ENOENT, "No such file or directory", "/x"), "No such file or directory", "ENOENT"),
        (OSError(errno.EINVAL, "not a regular file", "/x"), "not a regular file", "EINVAL"),
        (OSError(9999, "Unknown error 9999"), "Unknown error 9999", "9999"),
        (OSError("a text alone"), "a text alone", "?"),
        (OSError(), "", "?"),
    ],
)
def test_an_error_is_told_with_its_name_or_without(error: OSError, reason: str, name: str) -> None:
    assert oserror.reason(error) == reason
    assert oserror.name(error) == name
    assert oserror.named_reason(error) == f"{reason} ({name})"
