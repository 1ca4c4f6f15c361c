"""`udaemon schema`: prints the JSON Schema of the manifest.

Knows nothing of what is in it.
"""

from __future__ import annotations

import json
import os
import sys

import click

from udaemon.cli.options import GlobalOptions
from udaemon.errors import UdaemonError
from udaemon.manifest.schema import as_text, json_schema, with_factories


@click.command(name="schema")
@click.option("--project", "of_project", is_flag=True, help="Add the project's own factories and their params.")
@click.pass_obj
def command(options: GlobalOptions, *, of_project: bool) -> None:
    """Print the JSON Schema of the manifest."""
    if not of_project:
        sys.stdout.write(as_text())
        return
    from udaemon.cli.imports import project_factories
    from udaemon.manifest.read import load

    manifest = load(
        options.files,
        environ=os.environ,
        project=options.project,
        context=options.context,
        profiles=options.profiles,
    )
    try:
        told = project_factories(manifest)
    except TimeoutError:
        raise UdaemonError("a module takes too long to import", "see udaemon check") from None
    sys.stdout.write(json.dumps(with_factories(json_schema(), told), indent=2, ensure_ascii=False) + "\n")
