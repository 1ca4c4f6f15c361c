"""The files that one pattern of `include` means.

Knows no format and no manifest: which directory a pattern starts in is an argument.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

MOST = 1000
"""Files that one pattern gives."""

_MAGIC = re.compile(r"[*?\[]")


class NotIncluded(Exception):
    """Why a pattern gives no files; words for after the name of the key, and the right form."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


def files_of(pattern: str, whole: str) -> list[str]:
    """The files of a pattern, in the order of their names.

    A pattern is one of pathlib: `**` stands for any number of directories. Hidden files and directories are left out
    unless it names them, as editors keep their own there; directories that it fits are no files. A link that leads
    nowhere is given, too: whoever opens it learns which one it is.

    Args:
        pattern: As it is written.
        whole: The same as an absolute path.

    Raises:
        NotIncluded: It is no pattern, it names a file that is not there, or a directory; or that cannot be looked into.
    """
    if _MAGIC.search(pattern) is None:
        if os.path.isdir(whole):
            raise NotIncluded(f"{pattern} is a directory", f'write "{pattern.rstrip("/")}/*.toml"')
        if not os.path.exists(whole):
            link = os.path.islink(whole)
            gone = f"{pattern} is a link to {os.readlink(whole)}, which is not there" if link else None
            raise NotIncluded(gone or f"there is no file {pattern}")
        return [whole]
    if any("**" in part and part != "**" for part in pattern.split("/")):
        raise NotIncluded("** stands alone between slashes", 'write "**/*.toml"')
    return _matches(whole)


def _matches(whole: str) -> list[str]:
    from pathlib import Path  # most manifests include nothing

    parts = whole.strip("/").split("/")
    fixed = next(at for at, part in enumerate(parts) if _MAGIC.search(part))
    start = Path("/", *parts[:fixed])
    if os.path.isdir(start) and not os.access(start, os.R_OK | os.X_OK):  # a name may be too long for any
        raise NotIncluded(f"{start} cannot be looked into: Permission denied")
    hidden = any(part.startswith(".") for part in parts[fixed:])
    found = _found(start, "/".join(parts[fixed:]))
    wanted = (
        file
        for file in found
        if (hidden or not any(part.startswith(".") for part in file.parts[fixed + 1 :])) and not file.is_dir()
    )
    return sorted({str(file) for file in islice(wanted, MOST + 1)})


def _found(start: Path, pattern: str) -> Iterator[Path]:
    """What fits a pattern; a name that no file can have (ENAMETOOLONG) is had by none."""
    with suppress(OSError):
        yield from start.glob(pattern)
