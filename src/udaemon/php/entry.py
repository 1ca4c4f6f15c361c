"""Where the PHP library is, and the command that keeps a daemon of it in the foreground.

Knows no manifest and starts nothing; `foreground.php` says what the settings mean.
"""

from __future__ import annotations

import os.path
import sys
from collections.abc import Iterable, Iterator, Sequence

from udaemon.php import FOLLOW, FOREGROUND

_FILE = "src/Ustream/Daemon/Daemon.php"
_UNDER = ("", "ustream/daemon", "vendor/ustream/daemon")
"""Where the library may be in a directory that a person names: its own, Composer's vendor, or the project's."""


def command(
    words: Sequence[str], interpreter: Sequence[str], library: str | None, *, report: int | None = None
) -> list[str]:
    """What to execute in place of a command that goes into the background.

    Args:
        words: The command as one would type it: the interpreter, the entry script and its arguments.
        interpreter: How that begins.
        library: The library's Daemon.php, None where it was not found.
        report: A descriptor to be told of the error that ends PHP.
    """
    if library is None and sys.platform == "linux":
        return [sys.executable, "-P", "-m", FOLLOW, *words]
    settings = [f"auto_prepend_file={FOREGROUND}"]
    settings.append("disable_functions=pcntl_fork" if library is None else f"udaemon.library={library}")
    if report is not None:
        settings.append(f"udaemon.report={report}")
    told = [word for setting in settings for word in ("-d", setting)]
    return [*interpreter, *told, *words[len(interpreter) :]]


def find_library(entry: str, named: str | None = None) -> str | None:
    """The library's Daemon.php: in the place that was named, or under `vendor/` from the entry's directory up."""
    if named is not None:
        places: Iterable[str] = (named, *(os.path.join(named, under, _FILE) for under in _UNDER))
    else:
        places = (os.path.join(up, _UNDER[-1], _FILE) for up in upward(os.path.dirname(entry)))
    return next((place for place in places if os.path.isfile(place)), None)


def upward(directory: str) -> Iterator[str]:
    """A directory and those above it."""
    here, above = "", os.path.realpath(directory)
    while here != above:
        here, above = above, os.path.dirname(above)
        yield here
