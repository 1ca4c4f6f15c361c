"""Brings a project up: its run directory, its one supervisor, its daemons.

Knows nothing of how daemons run. In the foreground it is an ordinary client with a lifeline: when it ends, all ends.
"""

from __future__ import annotations

import os
import socket
from contextlib import nullcontext, suppress
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from udaemon.cli.load import load_manifest
from udaemon.cli.options import GlobalOptions
from udaemon.cli.output import say, tell_unreadable
from udaemon.cli.run_lock import client_at, is_leaving, take_lock
from udaemon.cli.waiting import ask_and_wait
from udaemon.control import claim, rundir, rundir_removal
from udaemon.control.client import Client, SupervisorGone
from udaemon.errors import ExitCode, UdaemonError
from udaemon.manifest.find import STDIN, find
from udaemon.manifest.fingerprint import fingerprint
from udaemon.manifest.model import Manifest
from udaemon.manifest.order import to_start
from udaemon.manifest.selection import Chosen, choose
from udaemon.service.manifest_reader import Source
from udaemon.service.spawn_supervisor import SupervisorProcess

if TYPE_CHECKING:
    from udaemon.cli.foreground import ForegroundUp


class Start(NamedTuple):
    """What is to be started.

    Attributes:
        began: When that was asked for, in monotonic seconds.
        names: What was named; without, all that starts by itself.
        no_deps: Only that, whatever it needs.
        wait: Whether to wait until it is there for what it is for, and fail where it is not.
        timeout: Seconds to wait for that, None for as long as it takes.
    """

    began: float
    names: tuple[str, ...] = ()
    no_deps: bool = False
    wait: bool = False
    timeout: float | None = None


def bring_up(
    launch: SupervisorProcess,
    options: GlobalOptions,
    start: Start,
    *,
    detach: bool,
    as_json: bool = False,
    exit_code_from: str | None = None,
) -> int:
    """Read the manifest, see that one supervisor runs it, start what is to be started, and stay or leave.

    Returns:
        The exit code of `up`.
    """
    manifest = load_manifest(options, to_run=True)
    chosen = choose(manifest.daemons, start.names)
    followed = _followed(manifest, exit_code_from)
    base = rundir.base(os.environ, os.geteuid())
    name = rundir.directory_name(manifest.project, manifest.file)
    fd = rundir.make(base, name)
    left = os.listdir(fd)
    try:
        lock = take_lock(fd, manifest.project, detach=detach)
        if lock is None:
            rundir.release(fd)
            return _join(_connect(fd), manifest, options, start)
        try:
            claimed = _claim(name, manifest.project, options, detach=detach)
            if options.project is None and not isinstance(claimed, Client):
                _refuse_under_another_name(name, manifest)
        except UdaemonError:
            rundir_removal.remove(os.path.join(base, name), fd, keep=left)
            raise
        if isinstance(claimed, Client):
            rundir_removal.remove(os.path.join(base, name), fd)
            return _join(claimed, manifest, options, start)
        attached = None if detach else _attached(fd, manifest, chosen, options, as_json=as_json, followed=followed)
        try:
            with nullcontext() if attached is None else attached.signals_held():
                launch.go(
                    manifest,
                    _source(options),
                    os.path.join(base, name),
                    autostart=not start.names,
                    lock=lock,
                    claim=None if claimed is None else claimed.fileno(),
                    with_lifeline=not launch.kept,
                )
        except BaseException:  # all or nothing
            launch.close()
            if not left:  # whose daemons these are has ended before it could end them
                from udaemon.service import strays

                strays.end_holders(os.path.join(base, name, "locks"))
            rundir_removal.remove(os.path.join(base, name), fd, keep=left)
            raise
        os.close(lock)
        if claimed is not None:
            claimed.close()
        rundir.release(fd)
        if attached is not None:
            timeouts = {
                f"{one.name}/{n}": one.stop.timeout for one in manifest.daemons.values() for n in range(one.instances)
            }
            expected = to_start(manifest.daemons, chosen, named=bool(start.names), no_deps=start.no_deps)
            try:
                return attached.run(manifest.project, expected, timeouts, names=start.names, no_deps=start.no_deps)
            except SupervisorGone:
                from udaemon.service import strays  # the logger ends them, unless it was killed, too

                strays.end_of(fd, os.path.join(base, name, "locks"))
                raise
        client = _connect(fd)
        say(options, f"{manifest.project} runs, supervised by pid {client.ask('hello', brief=True)['pid']}")
        return _start(client, options, start)
    finally:
        os.close(fd)


def _source(options: GlobalOptions) -> Source | None:
    """Where the manifest can be read from again; what came from standard input cannot."""
    files = find(options.files, os.environ, os.getcwd())
    return None if STDIN in files else Source(files, options.project, options.context, options.profiles)


def _claim(name: str, project: str, options: GlobalOptions, *, detach: bool) -> socket.socket | Client | None:
    """The claim to the project's name, None where there is none to be had, or a supervisor elsewhere that has it.

    Its run directory is another: `XDG_RUNTIME_DIR` differs, or somebody took the directory away.
    """
    if not claim.SUPPORTED:
        return None
    try:
        while (claimed := claim.take(name, os.geteuid())) is None:
            connection = claim.connect(name, os.geteuid())
            other = None if connection is None else Client(connection)
            with suppress(SupervisorGone):  # then it has ended, or another one listens
                if other is not None and not detach:
                    pid = other.ask("hello")["pid"]
                    raise UdaemonError(f"{project} is already running, pid {pid}", "see udaemon ps, or use up -d")
                if other is not None and not is_leaving(other):
                    return Client(claim.connect(name, os.geteuid()) or _gone())
    except claim.Squatted as error:
        say(options, f"warning: {claim.squatted(error, project).message}; only the run directory's lock counts")
        return None
    return claimed


def _refuse_under_another_name(name: str, manifest: Manifest) -> None:
    """See that the manifest runs under no other project's name, which a variable in it may have moved.

    Called with our own claim in our hands: of two that begin at once, one sees the other at least.

    Raises:
        UdaemonError: It does, and nobody has asked for that with `-p`.
    """
    others = [one.project for one in claim.taken(os.geteuid(), rundir.hash8(manifest.file)) if one.directory != name]
    if others:
        where = os.path.relpath(manifest.file)
        message = f"{where} runs already, as {' and '.join(others)}, and its project would be {manifest.project} now"
        raise UdaemonError(message, f"udaemon -p {manifest.project} up runs it a second time, beside that")


def _gone() -> socket.socket:
    raise SupervisorGone


def _followed(manifest: Manifest, name: str | None) -> frozenset[str]:
    chosen = choose(manifest.daemons, (name,)) if name is not None else {}
    return frozenset(f"{daemon}/{index}" for daemon, indices in chosen.items() for index in indices)


def _attached(
    fd: int, manifest: Manifest, chosen: Chosen, options: GlobalOptions, *, as_json: bool, followed: frozenset[str]
) -> ForegroundUp:
    """What shows a project in the foreground. The logs are taken as they are now, so that the first line is seen."""
    from udaemon.cli.foreground import Attach, ForegroundUp  # the logs' readers are of no use to `up -d`
    from udaemon.control.log_answer import told_logs
    from udaemon.logs.follow import LogReader
    from udaemon.logs.tail import LogSource

    daemons = [manifest.daemons[name] for name in chosen]
    sources = [
        LogSource.told(log) for each in daemons for log in told_logs(each, manifest.context, range(each.instances))
    ]
    readers = [LogReader(source, on_trouble=partial(tell_unreadable, options)) for source in sources]
    return ForegroundUp(lambda: _connect(fd), readers, options, Attach(as_json, followed))


def _join(client: Client, manifest: Manifest, options: GlobalOptions, start: Start) -> int:
    """The project runs already: put into effect what has changed, and start what was named or starts by itself."""
    told = client.ask("hello")
    say(options, f"{manifest.project} is already running, pid {told['pid']}")
    if told["fingerprint"] != fingerprint(manifest):
        _apply(client, manifest, options)
    return _start(client, options, start, autostart=not start.names)


def _apply(client: Client, manifest: Manifest, options: GlobalOptions) -> None:
    """Have the supervisor read the manifest anew. It does so as it was told when it was started."""
    ask_and_wait(client, options, "apply")
    if client.ask("hello")["fingerprint"] != fingerprint(manifest):
        say(
            options,
            "what runs was read from other files, or with other options or variables; "
            "udaemon down and udaemon up put this manifest into effect",
        )


def _start(client: Client, options: GlobalOptions, start: Start, *, autostart: bool = False) -> int:
    """Ask for the start, and tell what becomes of each. Only with --wait is one that does not come up a failure."""
    with client:
        code = ask_and_wait(
            client,
            options,
            "up",
            began=start.began,
            names=start.names,
            ready=start.wait,
            timeout=start.timeout,
            autostart=autostart,
            no_deps=start.no_deps,
        )
    return code if start.wait else ExitCode.OK


def _connect(fd: int) -> Client:
    client = client_at(fd)
    if client is None:
        raise UdaemonError("the supervisor does not listen", "its common log may say why")
    return client
