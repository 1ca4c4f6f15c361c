"""Where the supervisor of a project is: by its manifest, its name or its run directory.

Knows nothing of what it is asked.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from udaemon.control.client import Client
from udaemon.control.running import client_in, running
from udaemon.errors import ExitCode, NotRunning, UdaemonError
from udaemon.manifest.find import find
from udaemon.manifest.measures import LONGEST_DURATION
from udaemon.waits import bounded

Path = str | os.PathLike[str]


def seconds(timeout: float | None) -> float | None:
    """A time to wait, as far as one can be waited for."""
    if timeout is not None and not 0 <= timeout <= LONGEST_DURATION:  # NaN is neither
        raise ValueError("a time-out is 0 to 315360000 seconds (ten years), or None for no limit")
    return timeout


def finder(manifest: Path | None, project: str | None, run_dir: Path | None, timeout: float) -> Callable[[], Client]:
    """What connects to the supervisor; a manifest is looked for only once."""
    timeout = bounded(seconds(timeout)) or 0.0
    if run_dir is not None:
        if manifest is not None or project is not None:
            raise ValueError("name the run directory, or a manifest and a project")
        return lambda: _in_directory(os.fspath(run_dir), timeout)
    file: str | None = None
    if manifest is not None or project is None:
        file = find([] if manifest is None else [os.fspath(manifest)], os.environ, os.getcwd())[0]
    return lambda: _one(file, project, timeout)


def _in_directory(directory: str, timeout: float) -> Client:
    try:
        client = client_in(directory, timeout)
    except OSError as error:
        raise NotRunning(f"no supervisor is running in {directory}: {error.strerror}") from None
    if client is None:
        raise NotRunning(f"no supervisor is running in {directory}")
    return client


def _one(file: str | None, project: str | None, timeout: float) -> Client:
    found = list(running(file, project, everywhere=file is not None, within=timeout))
    if len(found) == 1:
        return found[0][1]
    for _name, client in found:
        client.close()
    if found:
        names = ", ".join(name for name, _client in found)
        raise UdaemonError(f"several projects run: {names}", "say which with project=", ExitCode.USAGE)
    raise NotRunning(f"no supervisor is running for {file or f'project {project}'}", "udaemon up -d starts one")
