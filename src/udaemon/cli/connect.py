"""Which supervisor a verb speaks to: from the global options to a connected client.

Knows no verb. It reads no manifest: the path of one is enough to find the run directory.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from udaemon.cli.options import GlobalOptions
from udaemon.control import claim, rundir
from udaemon.control.client import Client
from udaemon.control.sockets import ANSWERS_WITHIN, connect
from udaemon.errors import ExitCode, UdaemonError
from udaemon.manifest.find import find


def connect_supervisor(options: GlobalOptions) -> Client:
    """Connect to the one supervisor that the options mean.

    Raises:
        UdaemonError: None runs, or several do.
    """
    manifest = _manifest(options)
    found = list(_running(manifest, options.project, everywhere=manifest is not None))
    if len(found) == 1:
        return found[0][1]
    for _name, client in found:
        client.close()
    if found:
        names = ", ".join(name for name, _client in found)
        raise UdaemonError(f"several projects run from this manifest: {names}", "say which with -p", ExitCode.USAGE)
    raise UdaemonError(_nobody(options, manifest), exit_code=ExitCode.NOT_RUNNING)


def all_supervisors(*, everywhere: bool = False) -> Iterator[Client]:
    """Connect to every supervisor that answers: of this session's run directories, or of all sessions of this user."""
    for _name, client in _running(None, None, everywhere=everywhere):
        yield client


def _manifest(options: GlobalOptions) -> str | None:
    """The first file of the manifest; None where only the project's name is known."""
    try:
        return find(options.files, os.environ, os.getcwd())[0]
    except UdaemonError:
        if options.project is None or options.files:
            raise
        return None


def _running(manifest: str | None, project: str | None, *, everywhere: bool) -> Iterator[tuple[str, Client]]:
    """Those whose run directory is where ours would be; `everywhere`, those that have claimed their name, too."""
    found: set[str] = set()
    base = rundir.base(os.environ, os.geteuid())
    for path in rundir.candidates(base, manifest, project):
        try:
            fd = rundir.open_directory(path)
        except OSError:
            continue
        try:
            connection = connect(fd, ANSWERS_WITHIN)
        finally:
            os.close(fd)
        if connection is not None:
            found.add(os.path.basename(path))
            yield os.path.basename(path)[:-9], Client(connection)
    if not everywhere:
        return
    uid = os.geteuid()
    for one in claim.taken(uid, None if manifest is None else rundir.hash8(manifest), project):
        if one.directory in found:
            continue
        try:
            connection = claim.connect(one.directory, uid)
        except claim.Squatted:
            continue
        if connection is not None:
            yield one.project, Client(connection)


def _nobody(options: GlobalOptions, manifest: str | None) -> str:
    if manifest is None:
        return f"no supervisor is running for project {options.project}"
    files = "".join(f" -f {file}" for file in options.files)
    project = f" -p {options.project}" if options.project else ""
    near = os.path.relpath(manifest)
    shown = manifest if near.startswith("..") else near
    return f"no supervisor is running for {shown}; start one with: udaemon{files}{project} up"
