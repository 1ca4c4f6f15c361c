"""`udaemon completion`: a script that lets a shell complete verbs, options and daemons.

Knows no shell: click has the scripts.
"""

from __future__ import annotations

import sys

import click

_SHELLS = ("bash", "zsh", "fish")


@click.command("completion")
@click.argument("shell", type=click.Choice(_SHELLS))
@click.pass_context
def command(context: click.Context, *, shell: str) -> None:
    """Print a completion script for a shell.

    \b
    in ~/.bashrc:                    eval "$(udaemon completion bash)"
    in ~/.zshrc:                     eval "$(udaemon completion zsh)"
    in ~/.config/fish/config.fish:   udaemon completion fish | source
    """  # noqa: D301 - click's mark for lines that are kept as they are
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None
    root = context.find_root().command
    sys.stdout.write(kind(root, {}, "udaemon", "_UDAEMON_COMPLETE").source() + "\n")
