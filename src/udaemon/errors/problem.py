"""What is wrong in a manifest, as values, and the error that carries all of it.

Knows no rule of a manifest, and nothing of how an error is shown. Take both names from `udaemon.errors`, which loads
this when it is asked for one of them.
"""

from __future__ import annotations

from typing import NamedTuple

from udaemon.errors import ExitCode, UdaemonError


class Problem(NamedTuple):
    """One thing that is wrong in a manifest.

    `path` is the dotted key path (`daemons.mailer.sleep`). `line` and `column` count from 1 and point at the key
    where the key is wrong, at the value where the value is; both are None where no place in a file can be named.
    """

    code: str
    message: str
    hint: str | None = None
    path: str = ""
    file: str | None = None
    line: int | None = None
    column: int | None = None
    severity: str = "error"


class ManifestError(UdaemonError):
    """A manifest that cannot be used, with every problem that was found in it."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        count = len(problems)
        super().__init__(
            f"{count} problem{'s' if count != 1 else ''} in the manifest",
            exit_code=ExitCode.USAGE,
        )
        self.problems = problems
