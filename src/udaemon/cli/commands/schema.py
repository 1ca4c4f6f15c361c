"""`udaemon schema`: prints the JSON Schema of the manifest.

Knows nothing of what is in it.
"""

from __future__ import annotations

import sys

import click

from udaemon.manifest.schema import as_text


@click.command(name="schema")
def command() -> None:
    """Print the JSON Schema of the manifest."""
    sys.stdout.write(as_text())
