"""Data of a verb: the forms it can be asked in, JSON, and the width of the terminal if there is one.

Knows no verb and no data.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any, TextIO, cast

import click

from udaemon.cli.parameters import Callback


def data_format(*forms: str) -> Callable[[Callback], Callback]:
    """The options `--format` and `--json` of a verb that prints data; the verb gets what they say as `form`."""

    def decorate(callback: Callback) -> Callback:
        @wraps(callback)
        def with_form(*args: Any, form: str, as_json: bool, **kwargs: Any) -> Any:
            return callback(*args, form="json" if as_json else form, **kwargs)

        form = click.option("--format", "form", type=click.Choice(forms), default=forms[0], help="Form of the output.")
        as_json = click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
        return cast("Callback", form(as_json(with_form)))

    return decorate


def write_json(value: object, *, ascii_only: bool = True) -> None:
    """Write a value to standard output, for programs and people."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=ascii_only) + "\n")


def terminal_width(stream: TextIO | None = None) -> int | None:
    """Columns of a terminal, standard output if not said, or what COLUMNS says of it; None when it is no terminal."""
    stream = stream or sys.stdout
    if not stream.isatty():
        return None
    said = os.environ.get("COLUMNS", "")
    if said.isascii() and said.isdecimal() and len(said) < 6 and int(said) > 0:
        return int(said)
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except OSError:
        return 80
