"""`udaemon simulate`: what would run when, and how many at once.

Knows no schedule: `policy` does. Where the project runs, its runs are taken to last as long as half of them did.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping, Sequence

import click

from udaemon.cli.connect import connect_supervisor
from udaemon.cli.data_format import data_format, terminal_width, write_json
from udaemon.cli.load import load_manifest
from udaemon.cli.options import GlobalOptions
from udaemon.cli.parameters import DAEMON, DURATION, MOMENT
from udaemon.control.snapshot import timestamp
from udaemon.errors import ExitCode, UdaemonError
from udaemon.manifest.cycles import reached
from udaemon.manifest.model import Daemon, Manifest
from udaemon.manifest.selection import Chosen, choose
from udaemon.policy.instance import Key
from udaemon.policy.simulation import Setting, Simulation, cron_times, expected, planned, simulated, staggered
from udaemon.system.timezone import local, zone

_MOST = 500_000
"""Runs that fit into a few seconds and a few hundred megabytes."""
_LISTED = 20


@click.command("simulate")
@click.argument("names", nargs=-1, type=DAEMON, metavar="[NAME...]")
@click.option("--for", "seconds", type=DURATION, default="24h", metavar="T", help="How long a time; 24h if not given.")
@click.option("--from", "start", type=MOMENT, metavar="T", help="When it begins: now, or 2026-11-24T14:00:00Z.")
@click.option("-n", "most", type=click.IntRange(min=0), default=_LISTED, metavar="N", help="List N runs, 0 for all.")
@data_format("table", "json")
@click.pass_obj
def command(
    options: GlobalOptions,
    *,
    names: tuple[str, ...],
    seconds: float,
    start: float | None,
    most: int,
    form: str,
) -> None:
    """Show what would run when, how many runs at once, and what stagger would change. Nothing is run.

    Everything is taken to start at the beginning. Jitter is left out. A run is taken to last as long as it did where
    the project runs, else for a second, and to end well: what has its runs after those of another daemon follows.

    \b
    Examples:
      udaemon simulate --for 12h
      udaemon simulate --from 2026-03-29T00:00:00 'report*' --json
    """  # noqa: D301 - click has it that the lines below are kept
    if seconds <= 0:
        raise UdaemonError("--for must be longer than nothing", "write 1h or 7d", ExitCode.USAGE)
    manifest = load_manifest(options)
    chosen = choose(manifest.daemons, names)
    daemons = _with_those_before(manifest, chosen)
    if expected(daemons, seconds) > _MOST:
        hint = "look at a shorter time, --for 1h, or at fewer daemons"
        raise UdaemonError(f"more than {_MOST:,} runs in this time", hint, ExitCode.USAGE)
    first = time.time() if start is None else start
    span, takes = (first, first + seconds), _durations(options)
    found, apart = (_simulated(manifest, which, chosen, span, takes) for which in (daemons, staggered(daemons)))
    if form == "json":
        write_json(_plain(found, apart, span))
        return
    from udaemon.ui.timeline import lines

    color = options.colors(sys.stdout.isatty())
    here = zone(local(os.environ))
    sys.stdout.writelines(lines(found, apart, span, here, terminal_width(), most=most or None, color=color))


def _with_those_before(manifest: Manifest, chosen: Chosen) -> list[Daemon]:
    """These daemons, and those after whose runs they have theirs."""
    names = reached(chosen, lambda name: (one.name for one in manifest.daemons[name].after_run))
    return [daemon for name, daemon in manifest.daemons.items() if name in names]


def _simulated(
    manifest: Manifest,
    daemons: Sequence[Daemon],
    chosen: Chosen,
    span: tuple[float, float],
    takes: Mapping[Key, float],
) -> Simulation:
    runs = planned(Setting(manifest, os.environ, cron_times(zone), takes), daemons, *span)
    return simulated((run for run in runs if run.key.index in chosen.get(run.key.name, ())), takes)


def _durations(options: GlobalOptions) -> dict[Key, float]:
    """How long half of an instance's runs took, where a supervisor can tell."""
    try:
        with connect_supervisor(options) as client:
            instances = client.ask("ps")["instances"]
    except (UdaemonError, OSError):
        return {}
    return {Key(one["name"], one["instance"]): one["runs"]["duration_p50"] or 0.0 for one in instances}


def _plain(found: Simulation, apart: Simulation, span: tuple[float, float]) -> dict[str, object]:
    return {
        "from": timestamp(span[0]),
        "to": timestamp(span[1]),
        "runs": [{"name": run.key.name, "instance": run.key.index, "at": timestamp(run.at)} for run in found.runs],
        "peak": found.peak,
        "peak_at": None if found.peak_at is None else timestamp(found.peak_at),
        "herds": [
            {"instances": [str(key) for key in herd.keys], "times": herd.times, "first_at": timestamp(herd.first_at)}
            for herd in found.herds
        ],
        "staggered": {"peak": apart.peak, "herds": len(apart.herds)},
    }
