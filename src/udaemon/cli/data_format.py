"""Where data goes: the forms it can be asked in, and the width of the terminal if there is one.

Knows no verb and no data.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any, TextIO, TypeVar

import click

_Callback = TypeVar("_Callback", bound=Callable[..., Any])


def data_format(*forms: str) -> Callable[[_Callback], _Callback]:
    """The options `--format` and `--json` of a verb that prints data; the verb gets both as `form` and `as_json`."""

    def decorate(callback: _Callback) -> _Callback:
        form = click.option("--format", "form", type=click.Choice(forms), default=forms[0], help="Form of the output.")
        as_json = click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
        return form(as_json(callback))

    return decorate


def terminal_width(stream: TextIO | None = None) -> int | None:
    """Columns of a terminal, standard output if not said, or what COLUMNS says of it; None when it is no terminal."""
    stream = stream or sys.stdout
    if not stream.isatty():
        return None
    said = os.environ.get("COLUMNS", "")
    if said.isdigit() and int(said) > 0:
        return int(said)
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except OSError:
        return 80
