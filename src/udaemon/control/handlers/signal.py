"""`signal`: one signal to the processes of some instances. Knows no pid: the engine sends it by pidfd."""

from __future__ import annotations

from signal import Signals

from udaemon.control.host import Host
from udaemon.control.request import Request
from udaemon.control.selection import select
from udaemon.errors import ExitCode, UdaemonError
from udaemon.manifest.wording import near


def handle(host: Host, request: Request) -> None:
    """Send it to those that have a process; answer who got it and who has none."""
    name = signal_name(request.text("signal"))
    views = select(host, request.names())
    alive = [view.key for view in views if view.instance.own_pid is not None]
    host.send_signal(alive, name)
    request.answer(
        {
            "signal": name,
            "sent": [str(key) for key in alive],
            "not_running": [str(view.key) for view in views if view.instance.own_pid is None],
        }
    )


def signal_name(text: str) -> str:
    """The name without SIG of what was given as `TERM`, `sigterm` or `15`.

    Raises:
        UdaemonError: There is no such signal.
    """
    names = {signal.name.removeprefix("SIG"): signal for signal in Signals}
    numbers = {str(int(signal)): name for name, signal in names.items()}
    name = numbers.get(text, text.upper().removeprefix("SIG"))
    if name in names:
        return name
    meant = near(name, (known.lower() for known in names))
    hint = f"did you mean {meant.upper()}?" if meant else "TERM, INT, HUP, USR1, USR2, KILL, STOP, CONT, …"
    raise UdaemonError(f"no such signal: {text[:40]}", hint, ExitCode.USAGE)
