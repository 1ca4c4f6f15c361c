"""`udaemon init`: writes the files of a project that runs.

Knows nothing of what is in them.
"""

from __future__ import annotations

import os
import shlex
import sys
from contextlib import suppress

import click

from udaemon.cli.output import say
from udaemon.cli.scaffold import DIRECTIVES, SCHEMA_FILE, scaffold
from udaemon.errors import ExitCode, UdaemonError
from udaemon.manifest.complete import project_name
from udaemon.manifest.find import NAMES
from udaemon.manifest.schema import as_text
from udaemon.migrate.ustream.files import read_file
from udaemon.system import oserror
from udaemon.system.write_file import write_file
from udaemon.ui.escape import escape


@click.command(name="init")
@click.argument("directory", default=".", metavar="[DIR]")
@click.option("--format", "form", type=click.Choice(["toml", "yaml"]), default="toml", show_default=True)
@click.option("--from-ini", metavar="DIR", help="Make the manifest of ustream/daemon ini files instead.")
@click.pass_context
def command(context: click.Context, *, directory: str, form: str, from_ini: str | None) -> int:
    """Write a manifest, a task and the schema for your editor into DIR."""
    present = [name for name in NAMES if os.path.lexists(os.path.join(directory, name))]
    if present:
        raise UdaemonError(f"{os.path.join(directory, present[0])} is there already", None, ExitCode.FAILED)
    if from_ini is not None:
        return _imported(context, directory, form, from_ini)
    files = scaffold(form, project_name(os.path.realpath(directory)), as_text())
    taken = [name for name in files if os.path.lexists(os.path.join(directory, name))]
    if taken:
        raise UdaemonError(f"{os.path.join(directory, taken[0])} is there already", "name another directory")
    _make(directory)
    for name, text in files.items():
        write_file(os.path.join(directory, name), text, over=False)
    sys.stdout.write("".join(f"wrote {escape(os.path.join(directory, name))}\n" for name in files))
    where = "" if directory == "." else f"cd {shlex.quote(directory)} && "
    say(context.obj, f"start it: {where}udaemon up; after an edit: udaemon check")
    return ExitCode.OK


def _imported(context: click.Context, directory: str, form: str, from_ini: str) -> int:
    """Let the importer write the manifest, and name the schema to the editor as in any new project."""
    from udaemon.cli.commands.import_ini import command as import_ini

    made = _make(directory)
    output = os.path.join(directory, f"udaemon.{form}")
    try:
        result: int = context.invoke(import_ini, directory=from_ini, output=output)
        if os.path.lexists(output):  # or PHP refuses all of them
            write_file(output, DIRECTIVES[form] + read_file(output).decode("utf-8"), over=True)
            write_file(os.path.join(directory, SCHEMA_FILE), as_text(), over=True)
    finally:
        with suppress(OSError):  # there is something in it
            if made:
                os.rmdir(directory)
    return result


def _make(directory: str) -> bool:
    """Make a directory. Returns whether it was not there.

    Raises:
        UdaemonError: It cannot be made.
    """
    made = not os.path.isdir(directory)
    try:
        os.makedirs(directory, exist_ok=True)
    except OSError as error:
        raise UdaemonError(f"{directory} cannot be made: {oserror.reason(error)}") from None
    return made
