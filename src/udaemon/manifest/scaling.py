"""A manifest with other numbers of instances than its files say: what `scale` puts in place of the one in effect.

Knows no instance and no supervisor. The numbers hold until the files are read again, as `apply` does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from attrs import evolve

from udaemon.errors import ExitCode, UdaemonError
from udaemon.manifest.checks import same_pid_file
from udaemon.manifest.model import MOST_INSTANCES, Manifest
from udaemon.manifest.selection import choose


class Scaled(NamedTuple):
    """A daemon with the number of its instances before and after."""

    name: str
    before: int
    after: int


def scale(manifest: Manifest, numbers: Mapping[str, int]) -> tuple[Manifest, tuple[Scaled, ...]]:
    """Give daemons these numbers of instances. Returns the manifest that says so, and each that was named.

    Args:
        manifest: In effect now.
        numbers: By name, glob or tag.

    Raises:
        UdaemonError: A name fits nothing, two of them give one daemon two numbers, or it cannot have so many.
    """
    wanted: dict[str, int] = {}
    choose(manifest.daemons, [*numbers])  # all at once: there is a bound for globs
    for name, number in numbers.items():
        if "/" in name:
            hint = f"a daemon is scaled: {name.partition('/')[0]}={number}"
            raise UdaemonError(f"{name} is one instance", hint, ExitCode.USAGE)
        if not 0 <= number <= MOST_INSTANCES:
            raise UdaemonError(
                f"{name}={number}: a daemon has 0 to {MOST_INSTANCES} instances", exit_code=ExitCode.USAGE
            )
        for known in choose(manifest.daemons, [name]):
            if wanted.setdefault(known, number) != number:
                raise UdaemonError(f"{known} cannot have {wanted[known]} and {number} instances", None, ExitCode.USAGE)
    told = tuple(Scaled(name, manifest.daemons[name].instances, number) for name, number in wanted.items())
    daemons = {
        name: evolve(daemon, instances=wanted[name]) if name in wanted else daemon
        for name, daemon in manifest.daemons.items()
    }
    declared = {one.name: one.before for one in told} | dict(manifest.scaled)
    others = {
        name: declared[name] for name, one in daemons.items() if declared.get(name, one.instances) != one.instances
    }
    after = evolve(manifest, daemons=daemons, scaled=others)
    for finding in same_pid_file(after):
        raise UdaemonError(finding.message, "the one or the other needs another name", ExitCode.USAGE)
    return after, told
