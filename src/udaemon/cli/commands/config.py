"""`udaemon config`: prints the manifest as it is understood, and where each value comes from.

Knows nothing of how a manifest is read.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator

import click

from udaemon.cli.load import wanted_documents
from udaemon.cli.options import GlobalOptions
from udaemon.manifest.dump import dump
from udaemon.manifest.implied import implied
from udaemon.manifest.origin import Origin, origins
from udaemon.manifest.problems import dotted
from udaemon.manifest.reference import inline
from udaemon.manifest.report import printable, shown_path
from udaemon.manifest.secrets import masked_at, masked_manifest
from udaemon.manifest.written import FORMATS, as_text


@click.command(name="config")
@click.option("--format", "form", type=click.Choice(FORMATS), default="toml", show_default=True)
@click.option("--origin", is_flag=True, help="Tell where each value comes from.")
@click.option("--running", is_flag=True, help="The manifest that runs, not the one on disk; secrets stay hidden.")
@click.option(
    "--show-secrets",
    "--show-env",
    "show_secrets",
    is_flag=True,
    help="Show what environment variables and secrets hold.",
)
@click.pass_obj
def command(options: GlobalOptions, *, form: str, origin: bool, running: bool, show_secrets: bool) -> None:
    """Print the whole manifest, with defaults merged in and variables replaced.

    What variables hold is hidden, and so is what is called a password, token, secret or key, also in arguments and
    URLs. With --show-secrets it loads as the same manifest.
    """
    if running:
        if origin or show_secrets:
            raise click.UsageError(
                "--running goes with neither --origin nor --show-secrets: a supervisor tells neither"
            )
        _write_running(options, form)
        return
    examined = wanted_documents(options)
    manifest = examined.right()
    plain = dump(manifest)
    if not origin:
        sys.stdout.write(as_text(plain if show_secrets else masked_manifest(plain), form))
        return
    added = {name: implied(daemon, os.environ) for name, daemon in manifest.daemons.items()}
    for name, variables in added.items():
        plain["daemons"][name].setdefault("env", {}).update(variables)
    given = {"project": options.project, "context": options.context}
    found = [
        one if show_secrets else one._replace(value=masked_at(one.path, one.value))
        for one in origins(plain, examined.documents, examined.top, given, added)
    ]
    sys.stdout.write(_as_json(found) if form == "json" else "".join(_lines(found, os.getcwd())))


def _write_running(options: GlobalOptions, form: str) -> None:
    from udaemon.cli.connect import connect_supervisor  # without this option no supervisor is needed

    with connect_supervisor(options) as client:
        sys.stdout.write(as_text(client.ask("config"), form))


def _lines(found: list[Origin], base: str) -> Iterator[str]:
    """Write dotted keys with a comment: TOML still."""
    told = [(f"{dotted(one.path)} = {inline(one.value)}", _words(one, base)) for one in found]
    width = min(60, max(len(left) for left, _ in told))
    for left, right in told:
        yield f"{printable(left):{width}}  # {printable(right)}\n"


def _words(one: Origin, base: str) -> str:
    place = f"{shown_path(one.file, base)}:{one.line}" if one.file else one.source
    parts = [place]
    if one.file and one.source != "own":
        parts.append(f"{one.source} {one.via}" if one.via else one.source)
    parts += [f"${{{name}}}" for name in one.variables]
    return ", ".join(parts)


def _as_json(found: list[Origin]) -> str:
    told = [{**one._asdict(), "path": dotted(one.path)} for one in found]
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"
