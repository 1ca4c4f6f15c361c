"""`udaemon schema`: prints the JSON Schema of the manifest.

Knows nothing of what is in it.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile

import click

from udaemon.cli.options import GlobalOptions
from udaemon.cli.output import say
from udaemon.errors import ExitCode, ManifestError, UdaemonError
from udaemon.manifest.schema import as_text, json_schema, with_factories
from udaemon.system import oserror


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
        replace(output, text)
    return code


def replace(path: str, text: str) -> None:
    """Put a file with this text in the place of another: who reads it meanwhile sees the old one or the new one."""
    directory, name = os.path.split(os.path.abspath(path))
    try:
        with tempfile.NamedTemporaryFile(
            "w", dir=directory, prefix=f".{name}.", encoding="utf-8", delete=False
        ) as file:
            file.write(text)
        os.chmod(file.name, 0o644)
        os.replace(file.name, path)
    except OSError as error:
        raise UdaemonError(f"{path} cannot be written: {oserror.reason(error)}") from None


def _of_project(options: GlobalOptions) -> str:
    from udaemon.cli.imports import project_factories
    from udaemon.cli.load import load_manifest

    told = project_factories(load_manifest(options))
    return json.dumps(with_factories(json_schema(), told), indent=2, ensure_ascii=False) + "\n"
