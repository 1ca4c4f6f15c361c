"""`udaemon explain`: prints what a key or an error code means.

Knows none of them.
"""

from __future__ import annotations

import shutil
import sys

import click

from udaemon.cli.data_format import terminal_width
from udaemon.cli.parameters import WORD
from udaemon.errors import UdaemonError
from udaemon.manifest.codes import CODES
from udaemon.manifest.explain import explain, overview
from udaemon.manifest.pages import every_key
from udaemon.manifest.wording import near


@click.command(name="explain")
@click.argument("word", required=False, type=WORD, metavar="[KEY|CODE]")
def command(*, word: str | None) -> None:
    """Return what a key of the manifest or the code of an error means; without either, list them."""
    if word is None:
        sys.stdout.write(overview(width=terminal_width()))
        return
    told = explain(word, width=min(100, shutil.get_terminal_size().columns))
    if told is None:
        close = near(word, [*every_key(), *CODES])
        raise UdaemonError(f"no key and no code {word!r}", f"did you mean {close}?" if close else "see udaemon explain")
    sys.stdout.write(told)
