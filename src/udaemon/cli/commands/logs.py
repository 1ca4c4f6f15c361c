"""`udaemon logs`: what daemons wrote, from their files; no supervisor is needed for it.

Knows nothing of how lines are stored or shown.
"""

from __future__ import annotations

import errno
import heapq
import sys
from collections.abc import Iterator, Sequence
from itertools import groupby, islice

import click

from udaemon.cli.connect import connect_supervisor
from udaemon.cli.data_format import terminal_width
from udaemon.cli.interrupts import interrupts
from udaemon.cli.options import GlobalOptions
from udaemon.cli.output import say, tell_unreadable
from udaemon.cli.parameters import DAEMON, MOMENT
from udaemon.control.log_answer import told_logs
from udaemon.control.sockets import SupervisorSilent
from udaemon.errors import ExitCode, NotRunning, UdaemonError
from udaemon.logs.entries import Entry, stamp_of
from udaemon.logs.follow import LogReader, follow
from udaemon.logs.interleave import Wanted, history_of
from udaemon.logs.tail import LogSource
from udaemon.manifest.selection import choose
from udaemon.system import oserror
from udaemon.ui.loglines import LogLines

_BATCH = 2000
"""Lines written together."""

_LIBRARY_LOG = b"Log file: /"


@click.command("logs")
@click.argument("names", nargs=-1, type=DAEMON, metavar="[NAME]...")
@click.option("-f", "--follow", "following", is_flag=True, help="Go on with each line as it comes, until Ctrl-C.")
@click.option("-n", "--tail", "last", type=click.IntRange(min=0), help="Only the last so many lines of each daemon.")
@click.option("--since", type=MOMENT, help="Only lines from then on: 10m, 2h, 2026-11-24T14:00:00Z, @1795521600.")
@click.option("-t", "--timestamps", is_flag=True, help="Show when each line was captured.")
@click.option("--raw", is_flag=True, help="Pass control bytes on to the terminal.")
@click.pass_obj
def command(
    options: GlobalOptions,
    *,
    names: tuple[str, ...],
    following: bool,
    last: int | None,
    since: float | None,
    timestamps: bool,
    raw: bool,
) -> ExitCode:
    """Show what daemons wrote, all of it or from a moment on, the lines of several in the order of their times.

    NAME is a daemon, a glob ('mail*'), a tag (tag:mail) or one instance (mailer/1).
    """
    chosen = _chosen(options, names)
    lines = LogLines(
        [source for source, _ in chosen],
        color=options.colors(sys.stdout.isatty()),
        raw=raw,
        timestamps=timestamps,
        available=terminal_width(),
    )
    unreadable: list[OSError] = []

    def on_trouble(source: LogSource, error: OSError) -> None:
        unreadable.append(error)
        tell_unreadable(options, source, error)

    readers = [LogReader(source, following=following, on_trouble=on_trouble) for source, _ in chosen]
    try:
        wanted = dict(chosen)
        for batch in _merged(readers, wanted, last, b"" if since is None else stamp_of(since)):
            _write(lines.shown(batch))
        if following:
            _follow(readers, lines, wanted)
    finally:
        for reader in readers:
            reader.close()
    return ExitCode.FAILED if unreadable else ExitCode.OK


def _chosen(options: GlobalOptions, names: Sequence[str]) -> list[tuple[LogSource, Wanted]]:
    """The logs that the names mean, each with what is wanted of it.

    Asks the supervisor, whose manifest may be an older one; without one that answers, reads the manifest.

    Raises:
        UdaemonError: A name fits nothing.
    """
    try:
        with connect_supervisor(options) as client:
            found = client.ask("logs", names=names)["logs"]
    except (NotRunning, SupervisorSilent) as error:
        if isinstance(error, SupervisorSilent):
            say(options, f"{error.message}; these logs are those that the manifest names")
        from udaemon.cli.load import load_manifest

        manifest = load_manifest(options)
        chosen = choose(manifest.daemons, names)
        daemons = [daemon for daemon in manifest.daemons.values() if daemon.name in chosen]
        found = [one for daemon in daemons for one in told_logs(daemon, manifest.context, chosen[daemon.name])]
    sources: list[tuple[LogSource, Wanted]] = []
    for log in found:
        source = LogSource.told(log)
        sources.append((source, _only(source, set(log["chosen"]))))
        if log.get("php") and (path := _of_library(source)) is not None:
            own = LogSource(log["name"], path, log["instances"])
            sources.append((own, _only(own, set(log["chosen"]))))
    return sources


def _of_library(source: LogSource) -> str | None:
    """The log that a daemon of the PHP library writes itself: it says at its start which file that is."""
    try:
        reader = LogReader(source, following=False)
    except OSError:  # reported when the log itself is read
        return None
    try:
        said = list(reader.history(last=1, since=b"", wanted=lambda entry: entry.text.startswith(_LIBRARY_LOG)))
    finally:
        reader.close()
    return said[0].text.removeprefix(_LIBRARY_LOG[:-1]).decode("utf-8", "replace").strip() if said else None


def _everything(_entry: Entry) -> bool:
    return True


def _only(source: LogSource, indices: set[int]) -> Wanted:
    if source.instance is not None or len(indices) == source.instances:
        return _everything
    return lambda entry: entry.instance in indices


def _merged(
    readers: Sequence[LogReader], wanted: dict[LogSource, Wanted], last: int | None, since: bytes
) -> Iterator[list[tuple[LogSource, Entry]]]:
    """The lines that are there, by their times, in batches."""
    of_daemons = groupby(readers, key=lambda reader: reader.source.name)
    logs = [[(reader, wanted[reader.source]) for reader in its_own] for _, its_own in of_daemons]
    rows = [history_of(its_own, last=last, since=since) for its_own in logs]
    merged = heapq.merge(*rows, key=lambda row: row.key) if len(rows) > 1 else iter(rows[0] if rows else ())
    while batch := [(source, entry) for _, source, entry in islice(merged, _BATCH)]:
        yield batch


def _follow(readers: Sequence[LogReader], lines: LogLines, wanted: dict[LogSource, Wanted]) -> None:
    def emit(come: Sequence[tuple[LogSource, Entry]]) -> None:
        _write(lines.shown([(source, entry) for source, entry in come if wanted[source](entry)]))

    try:
        with interrupts() as stop:
            follow(readers, emit, stop=stop, output=sys.stdout.fileno())
    except OSError as error:
        if error.errno != errno.EMFILE:
            raise
        hint = "other programs of yours watch too many files; see /proc/sys/fs/inotify"
        raise UdaemonError(f"logs cannot be followed: {oserror.reason(error)}", hint) from None


def _write(data: bytes) -> None:
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
