"""Checks, in PHP processes made for it, whether PHP has what daemons name, and whether the library is as expected.

Knows no manifest. No factory is called; a bootstrap runs, and may do anything.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from tempfile import TemporaryFile
from typing import NamedTuple

from udaemon.php import FOREGROUND, LOOK
from udaemon.system import oserror

_TO_STDERR = ("-d", "display_errors=stderr", "-d", "log_errors=0", "-d", "html_errors=0")
_LONGEST = 4096
_UNCAUGHT = re.compile("^(PHP )?Fatal error: +(Uncaught )?")


class Php(NamedTuple):
    """A PHP to ask.

    Attributes:
        interpreter: The program, and what it is always told.
        env: Its whole environment.
        cwd: The directory to run in.
        patience: Seconds that it may take.
    """

    interpreter: Sequence[str]
    env: Mapping[str, str]
    cwd: str
    patience: float


class Fault(NamedTuple):
    """What is wrong with a factory."""

    message: str
    severity: str = "error"


class _End(NamedTuple):
    """How PHP ended: its exit code, None where it took too long, and the first line of its errors."""

    code: int | None
    error: str | None


def faults(php: Php, bootstrap: str, factories: Sequence[str]) -> dict[str, Fault]:
    """What is wrong with which factory; one bootstrap is loaded once, and once more for each factory that ends PHP."""
    found: dict[str, Fault] = {}
    left = list(dict.fromkeys(factories))
    deadline = time.monotonic() + php.patience
    while left:
        end, answers = _ask(php, bootstrap, left, deadline)
        done = {answer[0]: answer[1:] for answer in answers if len(answer) == 3}
        for factory, (severity, message) in done.items():
            if severity:
                found[factory] = Fault(message, severity)
        begun = [answer[0] for answer in answers if len(answer) == 1]
        left = [factory for factory in left if factory not in done]
        if left and begun and begun[-1] not in done:
            found[left.pop(0)] = Fault(_told(end, php, begun[-1]))
        elif left:
            return found | dict.fromkeys(left, Fault(_told(end, php, os.path.basename(bootstrap))))
    return found


def library_fault(php: Php, library: str) -> str | None:
    """Why a daemon of the library cannot be kept in the foreground; None for nothing."""
    settings = (f"auto_prepend_file={FOREGROUND}", f"udaemon.library={library}", "udaemon.try=1")
    told = [word for setting in settings for word in ("-d", setting)]
    end = _run([*php.interpreter, *_TO_STDERR, *told, os.devnull], php, php.patience, ())
    return None if end.code == 0 else _told(end, php, os.path.basename(library)).removeprefix("udaemon: ")


def _ask(php: Php, bootstrap: str, factories: Sequence[str], deadline: float) -> tuple[_End, list[list[str]]]:
    with TemporaryFile() as answered:
        fd = answered.fileno()
        argv = [*php.interpreter, *_TO_STDERR, LOOK, bootstrap, str(fd), *factories]
        end = _run(argv, php, max(0.0, deadline - time.monotonic()), (fd,))
        answered.seek(0)
        lines = answered.read().decode(errors="replace").splitlines()
    return end, [answer for line in lines if isinstance(answer := _json(line), list)]


def _json(line: str) -> object:
    try:
        return json.loads(line)
    except ValueError:  # PHP was ended while it wrote, or the application writes there too
        return None


def _run(argv: Sequence[str], php: Php, patience: float, keep: tuple[int, ...]) -> _End:
    with TemporaryFile() as errors:
        try:
            process = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                env=dict(php.env),
                cwd=php.cwd,
                pass_fds=keep,
                start_new_session=True,
            )
        except OSError as error:
            return _End(-1, f"PHP cannot be started: {error.filename}: {oserror.reason(error)}")
        code: int | None = None
        try:
            code = process.wait(patience)
        except subprocess.TimeoutExpired:
            pass
        finally:
            with suppress(ProcessLookupError):  # whatever else the bootstrap started goes too
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        errors.seek(0)
        lines = errors.read(_LONGEST).decode(errors="replace").splitlines()
    return _End(code, next((line.strip() for line in lines if line.strip()), None))


def _told(end: _End, php: Php, what: str) -> str:
    """Why PHP did not come to the end."""
    if end.code is None:
        return f"loading {what} takes longer than {php.patience:g} s"
    if end.error:
        return _UNCAUGHT.sub("", end.error)
    how = f"died by signal {-end.code}" if end.code < 0 else f"left with exit code {end.code}"
    return f"PHP {how} in {what}"
