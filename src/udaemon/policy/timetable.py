"""What a daemon's keys come to for one of its instances: the timetable that it goes by.

Knows no clock, process or file.
"""

from __future__ import annotations

from binascii import crc32
from collections.abc import Mapping

from udaemon.manifest.cron import resolve
from udaemon.manifest.exclusions import end_of, start_of
from udaemon.manifest.model import Daemon
from udaemon.manifest.schedule import Catch, Overlap
from udaemon.policy.calendar import Rule, Timetable
from udaemon.policy.exclusions import spans_of
from udaemon.policy.plan import Place
from udaemon.system.timezone import local
from udaemon.system.timezone import zone as find_zone

_WHOLE = 2.0**32


def timetable(place: Place, daemon: Daemon, index: int, environ: Mapping[str, str]) -> Timetable | None:
    """The timetable of an instance, None where a bare `sleep` says all.

    Args:
        place: Where it is declared.
        daemon: What is declared.
        index: Which instance.
        environ: The environment that says in which time zone this machine is.
    """
    if daemon.after_run:
        return None
    begins_later = not runs_on_start(daemon) and daemon.sleep > 0
    bounded = bool(daemon.exclusions or daemon.begins or daemon.until)
    if daemon.cron is None and not (daemon.jitter or daemon.stagger or begins_later or bounded):
        return None
    seed = crc32(f"{place.project}/{daemon.name}/{index}".encode())
    name = f"{daemon.name}-{place.context}-{index}" if place.context else f"{daemon.name}-{index}"
    misfire, zone = daemon.misfire, daemon.timezone or local(environ)
    return Timetable(
        cron="" if daemon.cron is None else resolve(daemon.cron, seed),
        zone=zone,
        sleep=daemon.sleep,
        rule=Rule(
            shift=seed / _WHOLE if daemon.stagger else 0.0,
            jitter=daemon.jitter,
            queues=daemon.overlap is Overlap.QUEUE,
            catches={Catch.SKIP: 0, Catch.RUN_ONCE: 1, Catch.ALL: misfire.max}[misfire.run],
            within=misfire.within,
        ),
        run_on_start=runs_on_start(daemon),
        stamp=None if place.stamps is None else f"{place.stamps}/{name}",
        spans=_spans(daemon, zone) if bounded else (),
    )


def _spans(daemon: Daemon, zone: str) -> tuple[tuple[float, float], ...]:
    """When nothing of a daemon is due."""
    return spans_of(
        (span for one in daemon.exclusions for span in one.spans()),
        start_of(daemon.begins) if daemon.begins else None,
        end_of(daemon.until) if daemon.until else None,
        find_zone(zone),
    )


def runs_on_start(daemon: Daemon) -> bool:
    """Whether its first run is at once when it starts."""
    return daemon.cron is None if daemon.run_on_start is None else daemon.run_on_start
