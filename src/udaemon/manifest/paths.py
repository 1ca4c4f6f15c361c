"""One rule for every path that somebody writes: `~/` is the home directory, all else starts at a directory.

Knows no key and opens nothing. Imports only os: every client verb asks this on its way to the run directory.
"""

from __future__ import annotations

import os
from collections.abc import Mapping


def absolute(path: str, directory: str, environ: Mapping[str, str]) -> str:
    """Resolve a path that is written somewhere whose relative paths start at `directory`."""
    return os.path.normpath(os.path.join(directory, at_home(path, environ)))


def at_home(path: str, environ: Mapping[str, str]) -> str:
    """Put the home directory in place of a leading `~/`; another user's, `~name/`, is not looked up."""
    if path != "~" and not path.startswith("~/"):
        return path
    return (environ.get("HOME") or _home()) + path[1:]


def _home() -> str:
    """The home directory where no variable tells it, as systemd services have none."""
    import pwd  # seldom needed

    try:
        return pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        return "/"
