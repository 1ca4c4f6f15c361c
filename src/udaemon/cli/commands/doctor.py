"""`udaemon doctor`: shows what this machine offers, and what is wrong with the project's directories.

Knows nothing of how that is found out.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import click

from udaemon.cli.data_format import terminal_width, write_json
from udaemon.cli.host import Fact, directories, host_facts
from udaemon.cli.load import load_manifest
from udaemon.cli.options import GlobalOptions
from udaemon.errors import ExitCode, ManifestError, UdaemonError
from udaemon.units import counted


@click.command(name="doctor")
@click.option("--json", "as_json", is_flag=True, help="Print a list for programs.")
@click.pass_obj
def command(options: GlobalOptions, *, as_json: bool) -> int:
    """Show what this machine offers and what is wrong with the project's directories."""
    facts = [*host_facts(), *_project(options)]
    if as_json:
        write_json([fact._asdict() for fact in facts], ascii_only=False)
    else:
        from udaemon.ui.facts import lines

        sys.stdout.writelines(lines(facts, terminal_width(), color=options.colors(sys.stdout.isatty())))
    return ExitCode.FAILED if any(fact.state == "bad" for fact in facts) else ExitCode.OK


def _project(options: GlobalOptions) -> Iterator[Fact]:
    try:
        manifest = load_manifest(options)
    except ManifestError as error:
        yield Fact("manifest", "bad", f"{error.message}: see udaemon check")
    except UdaemonError as error:
        yield Fact("manifest", "missing", error.message)
    else:
        number = len(manifest.daemons)
        yield Fact("manifest", "good", f"{manifest.file}, {counted(number, 'daemon')}")
        yield from directories(manifest, os.environ)
