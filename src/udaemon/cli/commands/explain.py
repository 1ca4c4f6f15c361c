"""`udaemon explain`: prints what a key or an error code means.

Knows none of them.
"""

from __future__ import annotations

import shutil
import sys

import click

from udaemon.cli.data_format import terminal_width
from udaemon.cli.parameters import EXPLAINED
from udaemon.errors import UdaemonError
from udaemon.manifest.codes import CODES
from udaemon.manifest.explain import explain, overview
from udaemon.manifest.pages import every_key
from udaemon.manifest.wording import did_you_mean


@click.command(name="explain")
@click.argument("word", required=False, type=EXPLAINED, metavar="[KEY|CODE]")
def command(*, word: str | None) -> None:
    """Return what a key of the manifest or the code of an error means; without either, list them."""
    if word is None:
        sys.stdout.write(overview(width=terminal_width()))
        return
    told = explain(word, width=min(100, shutil.get_terminal_size().columns))
    if told is None:
        hint = did_you_mean(word, [*every_key(), *CODES], "see udaemon explain")
        raise UdaemonError(f"no key and no code {word!r}", hint)
    sys.stdout.write(told)
