"""Which supervisors run: those of this session's run directories, and those that have claimed their project's name.

Knows no manifest's contents: the path of one is enough. In every client verb, so it imports as little as they do.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from udaemon.control import claim, rundir
from udaemon.control.client import Client
from udaemon.control.sockets import ANSWERS_WITHIN, connect


def running(
    manifest: str | None = None,
    project: str | None = None,
    *,
    everywhere: bool = False,
    within: float = ANSWERS_WITHIN,
) -> Iterator[tuple[str, Client]]:
    """Connect to each supervisor that answers, and tell its project's name.

    Args:
        manifest: Only those that were started from this file.
        project: Only those of projects with this name.
        everywhere: Those of other sessions of this user, too, whose run directory is elsewhere.
        within: Seconds for connecting to one, and for each of its answers.
    """
    found: set[str] = set()
    base = rundir.base(os.environ, os.geteuid())
    for path in rundir.candidates(base, manifest, project):
        try:
            client = client_in(path, within)
        except OSError:
            continue
        if client is not None:
            found.add(os.path.basename(path))
            yield os.path.basename(path)[:-9], client
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
            connection.settimeout(within)
            yield one.project, Client(connection)


def meant(
    manifest: str | None = None, project: str | None = None, within: float = ANSWERS_WITHIN
) -> list[tuple[str, Client]]:
    """Connect to each supervisor that a verb may mean, in whatever session it was started.

    Of those that only have a name in common, the ones of this session are meant, if there are any.
    """
    found = list(running(manifest, project, everywhere=manifest is not None, within=within))
    return found or list(running(manifest, project, everywhere=True, within=within))


def client_in(directory: str, within: float = ANSWERS_WITHIN) -> Client | None:
    """Connect to the supervisor of a run directory; None where none answers.

    Raises:
        OSError: There is no such directory.
        UdaemonError: It belongs to somebody else, or others may use it.
    """
    fd = rundir.open_directory(directory)
    try:
        connection = connect(fd, within)
    finally:
        os.close(fd)
    return None if connection is None else Client(connection, directory)
