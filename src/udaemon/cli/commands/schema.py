"""`udaemon schema`: prints the JSON Schema of the manifest.

Knows nothing of what is in it.
"""

from __future__ import annotations

import json
import sys

import click

from udaemon.cli.options import GlobalOptions
from udaemon.cli.output import say
from udaemon.errors import ExitCode, ManifestError
from udaemon.manifest.schema import as_text, json_schema, with_factories
from udaemon.system.write_file import write_file


@click.command(name="schema")
@click.option("--project", "of_project", is_flag=True, help="Add the project's own factories and their params.")
@click.option("-o", "--output", metavar="FILE", help="Write it to FILE, which is replaced as a whole.")
@click.pass_obj
def command(options: GlobalOptions, *, of_project: bool, output: str | None) -> int:
    """Print the JSON Schema of the manifest.

    With --project and a mistake in the manifest it is the plain schema, which points at the mistake in an editor too;
    the exit code is 1 then.
    """
    text, code = as_text(), ExitCode.OK
    if of_project:
        try:
            text = _of_project(options)
        except (ManifestError, TimeoutError) as error:
            why = (
                "a module takes too long to import" if isinstance(error, TimeoutError) else "the manifest has problems"
            )
            say(options, f"{why}, see udaemon check; this is the schema without the project's factories", failed=True)
            code = ExitCode.FAILED
    if output is None:
        sys.stdout.write(text)
    else:
        write_file(output, text, over=True)
    return code


def _of_project(options: GlobalOptions) -> str:
    from udaemon.check.imports import project_factories
    from udaemon.cli.load import load_manifest

    told = project_factories(load_manifest(options))
    return json.dumps(with_factories(json_schema(), told), indent=2, ensure_ascii=False) + "\n"
