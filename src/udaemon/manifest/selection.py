"""Which instances an operator named: a daemon, a glob of daemons, or one instance as `name/1`.

Knows no verb and no supervisor: names in, instances out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

from udaemon.errors import ExitCode, UdaemonError
from udaemon.manifest.wording import near

Chosen = dict[str, set[int]]


def choose(counts: Mapping[str, int], names: Sequence[str]) -> Chosen:
    """The numbers of the instances that `names` mean, by daemon; all of them for no name.

    Args:
        counts: How many instances each daemon has.
        names: What the operator wrote.

    Raises:
        UdaemonError: A name fits nothing; the hint says what was meant or what there is.
    """
    if not names:
        return {name: set(range(count)) for name, count in counts.items()}
    chosen: Chosen = {}
    for name in names:
        daemon, slash, index = name.partition("/")
        fitting = [known for known in counts if fnmatchcase(known, daemon)]
        if slash:
            fitting = [known for known in fitting if index.isdecimal() and int(index) < counts[known]]
        if not fitting:
            raise _unknown(name, counts)
        for known in fitting:
            chosen.setdefault(known, set()).update({int(index)} if slash else range(counts[known]))
    return chosen


def _unknown(name: str, counts: Mapping[str, int]) -> UdaemonError:
    daemon, slash, index = name.partition("/")
    if slash and daemon in counts:
        known = f"{daemon}/0" if counts[daemon] == 1 else f"{daemon}/0 to {daemon}/{counts[daemon] - 1}"
        return UdaemonError(f"no such instance: {name}", f"there is {known}", ExitCode.NO_SUCH_DAEMON)
    meant = near(daemon, counts)
    hint = f"did you mean {meant}{slash}{index}?" if meant else f"there is {', '.join(counts)}"
    return UdaemonError(f"no such daemon: {name}", hint if counts else None, ExitCode.NO_SUCH_DAEMON)
