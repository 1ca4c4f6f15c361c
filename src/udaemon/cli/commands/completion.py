"""`udaemon completion`: a script that lets a shell complete verbs, options and daemons.

Knows no shell: `shells.py` has the scripts.
"""

from __future__ import annotations

import sys

import click

from udaemon.cli.shells import SCRIPTS


@click.command("completion")
@click.argument("shell", type=click.Choice(tuple(SCRIPTS)))
def command(*, shell: str) -> None:
    """Print a completion script for a shell.

    \b
    in ~/.bashrc:                    eval "$(udaemon completion bash)"
    in ~/.zshrc:                     eval "$(udaemon completion zsh)"
    in ~/.config/fish/config.fish:   udaemon completion fish | source
    """  # noqa: D301 - click's mark for lines that are kept as they are
    sys.stdout.write(SCRIPTS[shell])
