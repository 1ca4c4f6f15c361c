"""`udaemon config`: prints the manifest as it is understood, and where each value comes from.

Knows nothing of how a manifest comes to be understood.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import click

from udaemon.cli.options import GlobalOptions
from udaemon.manifest.dump import dump
from udaemon.manifest.implied import implied
from udaemon.manifest.origin import Origin, origins
from udaemon.manifest.problems import BadManifest, dotted
from udaemon.manifest.read import examine
from udaemon.manifest.reference import inline
from udaemon.manifest.report import printable, shown_path
from udaemon.manifest.written import FORMATS, as_text

MASK = "********"


@click.command(name="config")
@click.option("--format", "form", type=click.Choice(FORMATS), default="toml", show_default=True)
@click.option("--origin", is_flag=True, help="Tell where each value comes from.")
@click.option("--show-env", is_flag=True, help="Show what environment variables hold.")
@click.pass_obj
def command(options: GlobalOptions, *, form: str, origin: bool, show_env: bool) -> None:
    """Print the whole manifest, with defaults merged in and variables replaced.

    With --show-env it loads as the same manifest.
    """
    examined = examine(
        options.files, environ=os.environ, project=options.project, context=options.context, profiles=options.profiles
    )
    if examined.manifest is None:
        raise BadManifest(examined.problems, examined.sources)
    plain = dump(examined.manifest)
    if not origin:
        sys.stdout.write(as_text(plain if show_env else _masked(plain), form))
        return
    added = {name: implied(daemon, os.environ) for name, daemon in examined.manifest.daemons.items()}
    for name, variables in added.items():
        plain["daemons"][name].setdefault("env", {}).update(variables)
    given = {"project": options.project, "context": options.context}
    found = [
        one if show_env or "env" not in one.path[:-1] else one._replace(value=MASK)
        for one in origins(plain, examined.documents, examined.top, given, added)
    ]
    sys.stdout.write(_as_json(found) if form == "json" else "".join(_lines(found, os.getcwd())))


def _masked(value: Any) -> Any:
    """Hide what variables hold; their names stay."""
    if not isinstance(value, Mapping):
        return value
    return {
        name: dict.fromkeys(part, MASK) if name == "env" and isinstance(part, Mapping) else _masked(part)
        for name, part in value.items()
    }


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
