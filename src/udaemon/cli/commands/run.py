"""`udaemon run`: one daemon in this terminal, without a supervisor.

Knows nothing of how it is run: `udaemon.runner` does, for programs too.
"""

from __future__ import annotations

import atexit
import gc

import click

from udaemon.cli.load import load_manifest
from udaemon.cli.options import GlobalOptions
from udaemon.cli.parameters import ONE_DAEMON, Duration
from udaemon.runner import run_declared

_DEFAULT_GC = (700, 10, 10)


@click.command("run")
@click.argument("name", type=ONE_DAEMON, metavar="NAME")
@click.option("--once", is_flag=True, help="One run of the task, then end.")
@click.option("--instance", type=click.IntRange(min=0), metavar="I", help="Which copy to be; default 0.")
@click.option("--sleep", type=Duration(), metavar="T", help="In place of the manifest's `sleep`.")
@click.option("--min-sleep", type=Duration(), metavar="T", help="In place of the manifest's `min-sleep`.")
@click.option("--memory-limit", metavar="SIZE", help="In place of the manifest's `memory-limit`; -1 for none.")
@click.option("--files", is_flag=True, help="Write log and pid file as under `udaemon up`, and show nothing here.")
@click.pass_obj
def command(
    options: GlobalOptions,
    /,
    *,
    name: str,
    once: bool,
    instance: int | None,
    files: bool,
    **changes: float | str | None,
) -> int:
    """Run one daemon in this terminal, without a supervisor.

    NAME is a daemon, or one instance (mailer/1).
    Output stays here, nothing is restarted, and the exit code is the daemon's own. Ctrl-C stops it after the run under
    way, a second Ctrl-C kills. An instance that runs already is not started again.

    What belongs to a supervisor is left out: it waits for no daemon and for no lock, does no before-start and no
    after-stop, and tells no command and no webhook of `on`.
    """
    name, slash, index = name.partition("/")
    if slash and (instance is not None or not (index.isascii() and index.isdecimal() and len(index) < 10)):
        raise click.UsageError(f"'{name}/{index}' is no instance, or one beside --instance")
    manifest = load_manifest(options, to_run=True)
    gc.set_threshold(*_DEFAULT_GC)  # a short verb's is not for a daemon
    return run_declared(
        manifest,
        name,
        instance=int(index) if slash else instance or 0,
        once=once,
        changes=changes,
        listeners={},
        files=files,
        at_end=atexit._run_exitfuncs,  # noqa: SLF001 - the command leaves without interpreter finalisation
    )
