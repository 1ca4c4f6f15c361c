"""Connects a verb to its supervisor: from the global options to a connected client.

Knows no verb. It reads no manifest: the path of one is enough to find the run directory.
"""

from __future__ import annotations

import os

from udaemon.cli.options import GlobalOptions
from udaemon.control.client import Client
from udaemon.control.running import meant
from udaemon.errors import ExitCode, NotRunning, UdaemonError
from udaemon.manifest.find import find


def connect_supervisor(options: GlobalOptions) -> Client:
    """Connect to the one supervisor that the options mean.

    Raises:
        UdaemonError: None runs, or several do.
    """
    manifest = manifest_of(options)
    found = meant(manifest, options.project)
    if len(found) == 1:
        return found[0][1]
    for _name, client in found:
        client.close()
    if found:
        names = ", ".join(name for name, _client in found)
        if manifest is None:
            message, hint = f"several projects are called {options.project}", "say which with -f"
        else:
            message, hint = f"several projects run from this manifest: {names}", "say which with -p"
        raise UdaemonError(message, hint, ExitCode.USAGE)
    raise NotRunning(_nobody(options, manifest))


def manifest_of(options: GlobalOptions) -> str | None:
    """The first file of the manifest; None where only the project's name is known.

    Raises:
        UdaemonError: There is none.
    """
    try:
        return find(options.files, os.environ, os.getcwd())[0]
    except (UdaemonError, FileNotFoundError):  # the latter where the working directory is gone
        if options.project is None or options.files:
            raise
        return None


def _nobody(options: GlobalOptions, manifest: str | None) -> str:
    if manifest is None:
        return f"no supervisor is running for project {options.project}"
    import shlex

    files = "".join(f" -f {shlex.quote(file)}" for file in options.files)
    project = f" -p {options.project}" if options.project else ""
    return f"no supervisor is running for {near(manifest)}; start one with: udaemon{files}{project} up"


def near(file: str) -> str:
    """A file's path from the working directory where it lies below that."""
    path = os.path.relpath(file)
    return file if path.startswith("..") else path
