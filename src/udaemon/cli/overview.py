"""What `udaemon` alone prints: what this project is, and the verbs that one needs next.

Knows no verb's options. It never fails: what cannot be known is said to be so.
"""

from __future__ import annotations

import sys

from udaemon.cli.connect import connect_supervisor, near
from udaemon.cli.options import GlobalOptions
from udaemon.errors import ManifestError, NotRunning, UdaemonError
from udaemon.ui.escape import escape
from udaemon.units import counted

_NOWHERE = (
    ("init", "write a manifest and a first task into this directory"),
    ("import-ini DIR", "make a manifest of ustream/daemon ini files"),
    ("explain", "list the keys that a manifest may have"),
    ("doctor", "tell what this machine offers"),
    ("ls", "list the projects that run"),
    ("--help", "every verb"),
)
_DOWN = (
    ("check", "look for mistakes in the manifest"),
    ("up", "start everything here; Ctrl-C stops it"),
    ("up -d", "start everything in the background"),
    ("run NAME", "run one daemon in this terminal"),
    ("config", "print the manifest with all defaults"),
    ("--help", "every verb"),
)
_UP = (
    ("ps", "what every instance is doing"),
    ("logs -f", "what daemons write"),
    ("status NAME", "all there is to know of one"),
    ("restart NAME", "stop it and start it anew"),
    ("down", "stop everything"),
    ("--help", "every verb"),
)


def overview(options: GlobalOptions) -> None:
    """Write it to standard output."""
    headline, verbs = _situation(options)
    width = max(len(verb) for verb, _ in verbs)
    lines = [escape(headline), "", *(f"  udaemon {verb:<{width}}  {told}" for verb, told in verbs)]
    sys.stdout.write("\n".join(lines) + "\n")


def _situation(options: GlobalOptions) -> tuple[str, tuple[tuple[str, str], ...]]:
    """What is the case here, and the verbs that go with it."""
    try:
        with connect_supervisor(options) as client:
            told = client.ask("hello")
    except NotRunning:
        return _declared(options), _DOWN
    except UdaemonError as error:
        return error.message, _NOWHERE
    states = ", ".join(f"{count} {state}" for state, count in told["states"].items()) or "no daemon"
    return f"{told['project']} runs from {near(told['manifest'])}: {states}", _UP


def _declared(options: GlobalOptions) -> str:
    from udaemon.cli.load import load_manifest

    try:
        manifest = load_manifest(options)
    except ManifestError as error:
        count = len(error.problems)
        return f"the manifest has {counted(count, 'problem')}: udaemon check shows them"
    except (UdaemonError, OSError) as error:
        return f"the manifest cannot be read: {error}"
    count = len(manifest.daemons)
    daemons = counted(count, "daemon")
    return f"{manifest.project} does not run: {daemons} in {near(manifest.file)}"
