"""The names of a log's rotated files, and the renames that make room for a new one.

Knows nothing of lines or of who writes. Every state that a kill between two of its steps can leave is one from which
the rotation is simply done again: no file is ever the only holder of something that another rename overwrites.

`x.log` is rotated while `x.log.new` already holds what comes after it. So `x.log.new` without `x.log` is a rotation
that lacks its last rename, and both together are one that has not begun or only shifted older files.
"""

from __future__ import annotations

import contextlib
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Hook = Callable[[str], None]
    """Told before each step; a test ends the process there."""

ZIPPED = ".gz"


def ignore(_step: str) -> None:
    """The hook of production: nothing."""


def new_name(path: str) -> str:
    """Where the first lines after a rotation are written before it."""
    return path + ".new"


def zip_name(path: str) -> str:
    """Where a compressed file is built before it gets its name."""
    return path + ".zip"


def backup(path: str, number: int) -> str | None:
    """The rotated file of that number, compressed or not; None where there is none. 1 is the youngest."""
    plain = f"{path}.{number}"
    for name in (plain, plain + ZIPPED):
        if os.path.lexists(name):
            return name
    return None


def make_room(path: str, backups: int, hook: Hook = ignore) -> None:
    """Free the name of backup 1: shift the others by one up to the first gap, dropping the oldest if there is none.

    The gap is what makes it safe to do again: a shift that was cut short has left exactly one.

    Raises:
        OSError: The directory does not let itself be changed.
    """
    names: list[str] = []
    while len(names) < backups and (name := backup(path, len(names) + 1)) is not None:
        names.append(name)
    hook("drop the oldest")
    if len(names) == backups:
        names.pop()
        # Not by a rename over it: ext4 writes the younger one to the disk first then (auto_da_alloc, ext4(5)).
        _remove(path, backups)
    for number in range(len(names), 0, -1):
        hook(f"shift {number}")
        name = names[number - 1]
        os.rename(name, f"{path}.{number + 1}{ZIPPED if name.endswith(ZIPPED) else ''}")


def rotate(path: str, backups: int, hook: Hook = ignore) -> None:
    """Make `path` the youngest backup and `path.new`, which must exist, the file itself.

    Raises:
        OSError: The directory does not let itself be changed.
    """
    if backups and os.path.lexists(path):
        make_room(path, backups, hook)
        hook("set aside")
        os.rename(path, f"{path}.1")
    hook("take the new one")
    os.rename(new_name(path), path)


def recover(path: str, backups: int) -> None:
    """End what a killed logger left half done.

    Raises:
        OSError: The directory does not let itself be changed.
    """
    with contextlib.suppress(FileNotFoundError):
        os.unlink(zip_name(path))
    for number in range(1, backups + 1):
        plain = f"{path}.{number}"
        # The compressed one gets its name only when it is whole; the plain one then only waited to be removed.
        if os.path.lexists(plain + ZIPPED) and os.path.lexists(plain):
            os.unlink(plain)
    name = new_name(path)
    if os.path.isfile(name) and not os.path.islink(name):  # else it is none of ours, and no log is to become it
        rotate(path, backups)


def _remove(path: str, number: int) -> None:
    for name in (f"{path}.{number}", f"{path}.{number}{ZIPPED}"):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)
