"""Writes the command line down as data, from its own definition: a shell's Tab waits for no click.

Knows no verb. `python -m udaemon.cli.reference` writes it to `command_line.py`.
"""

from __future__ import annotations

import os.path
from collections.abc import Iterable
from pprint import pformat
from typing import TYPE_CHECKING

import click

from udaemon.cli.group import ALIASES, ANYWHERE, VERBS, cli
from udaemon.manifest.codes import CODES
from udaemon.manifest.pages import every_key
from udaemon.manifest.topics import TOPICS

if TYPE_CHECKING:
    from udaemon.cli.completion import Option, Value, Verb

_HEAD = '''\
"""The command line as data: verbs, options and what each takes, for a shell that asks what may come next.

Made by `python -m udaemon.cli.reference`; change the verbs instead. It knows no click and no shell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from udaemon.cli.completion import Option, Verb

'''
FILE = os.path.join(os.path.dirname(__file__), "command_line.py")
_FILES = {"FILE": "file", "PATH": "file", "DIR": "dir"}


def page() -> str:
    """Write the whole module."""
    asking = (tuple(cli.context_settings["help_option_names"]), None, False, "Show this message and exit.")
    tables = {
        "ALIASES: dict[str, str]": ALIASES,
        "GLOBAL: tuple[Option, ...]": (*_options(cli.params), asking),
        "ANYWHERE: tuple[Option, ...]": (*_options(ANYWHERE), asking),
        "VERBS: dict[str, Verb]": {name: _verb(name) for name in VERBS},
        "EXPLAINED: tuple[str, ...]": tuple(dict.fromkeys((*every_key(), *CODES, *TOPICS))),
    }
    told = (f"{name} = {pformat(table, width=140, compact=True, sort_dicts=False)}" for name, table in tables.items())
    return _HEAD + "\n\n".join(told) + "\n"


def _verb(name: str) -> Verb:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    own = [one for one in command.params if one not in ANYWHERE]
    arguments = [one for one in own if isinstance(one, click.Argument)]
    return VERBS[name], _options(own), tuple((_value(one), one.nargs == -1) for one in arguments)


def _options(parameters: Iterable[click.Parameter]) -> tuple[Option, ...]:
    return tuple(
        (tuple(one.opts), _value(one), one.multiple or one.count, one.help or "")
        for one in parameters
        if isinstance(one, click.Option)
    )


def _value(parameter: click.Parameter) -> Value:
    if isinstance(parameter, click.Option) and (parameter.is_flag or parameter.count):
        return None
    if isinstance(parameter.type, click.Choice):
        return tuple(parameter.type.choices)
    named: str = getattr(parameter.type, "offers", "")
    return named or _FILES.get((parameter.metavar or "").strip("[]."), "")
