"""`udaemon doctor`: shows what this machine offers, and what is wrong with the project's directories.

Knows nothing of how that is found out.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator

import click

from udaemon.cli.host import Fact, directories, host_facts
from udaemon.cli.load import load_manifest
from udaemon.cli.options import GlobalOptions
from udaemon.errors import ExitCode, ManifestError, UdaemonError
from udaemon.manifest.report import printable

_TINT = {"good": "\033[32m", "missing": "\033[33m", "bad": "\033[1;31m"}


@click.command(name="doctor")
@click.option("--json", "as_json", is_flag=True, help="Print a list for programs.")
@click.pass_obj
def command(options: GlobalOptions, *, as_json: bool) -> int:
    """Show what this machine offers and what is wrong with the project's directories."""
    facts = [*host_facts(), *_project(options)]
    if as_json:
        sys.stdout.write(json.dumps([fact._asdict() for fact in facts], indent=2, ensure_ascii=False) + "\n")
    else:
        colored = options.colors(sys.stdout.isatty())
        wide = max(len(fact.topic) for fact in facts)
        for fact in facts:
            state = f"{_TINT[fact.state]}{fact.state:7}\033[0m" if colored else f"{fact.state:7}"
            sys.stdout.write(f"{state}  {fact.topic:{wide}}  {printable(fact.text)}\n")
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
        yield Fact("manifest", "good", f"{manifest.file}, {number} daemon{'s' if number != 1 else ''}")
        yield from directories(manifest, os.environ)
