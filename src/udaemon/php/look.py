"""Asks PHP, in a process made for it, whether it has what a daemon names.

Knows no manifest. The factory is not called; the bootstrap runs, and may do anything.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from tempfile import TemporaryFile

from udaemon.php import RUNNER

_TO_STDERR = ("-d", "display_errors=stderr", "-d", "log_errors=0", "-d", "html_errors=0")
_LONGEST = 4096


def fault(
    interpreter: Sequence[str], bootstrap: str, factory: str, *, env: Mapping[str, str], cwd: str, patience: float
) -> str | None:
    """What is wrong with a factory; None for nothing.

    Args:
        interpreter: The PHP to run, and what it is always told.
        bootstrap: The file that makes the classes known.
        factory: The callable.
        env: Its whole environment.
        cwd: The directory to run in.
        patience: Seconds that it may take.
    """
    with TemporaryFile() as told:
        try:
            process = subprocess.Popen(
                [*interpreter, *_TO_STDERR, RUNNER, bootstrap, factory],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=told,
                env=dict(env),
                cwd=cwd,
                start_new_session=True,
            )
        except OSError as error:
            return f"PHP cannot be started: {error.filename}: {error.strerror}"
        try:
            code = process.wait(patience)
        except subprocess.TimeoutExpired:
            return f"loading {os.path.basename(bootstrap)} takes longer than {patience:g} s"
        finally:
            with suppress(ProcessLookupError):  # whatever else the bootstrap started goes too
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        told.seek(0)
        lines = told.read(_LONGEST).decode(errors="replace").splitlines()
    if code == 0:
        return None
    how = f"died by signal {-code}" if code < 0 else f"left with exit code {code}"
    return next((line for line in lines if line.strip()), f"PHP {how} in {os.path.basename(bootstrap)}")
