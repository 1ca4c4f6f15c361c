"""The reference page of the verbs, made from their own help.

Knows no verb. `python -m udaemon.cli.reference` writes it into `docs/reference`, and `command_line.py` beside it.
"""

from __future__ import annotations

import inspect
import os.path
from collections.abc import Iterator

import click

from udaemon.cli import describe
from udaemon.cli.group import VERBS, cli

_HEAD = """\
<!-- Made by `python -m udaemon.cli.reference`; change the verbs' help instead. -->

# Command line

```
udaemon [GLOBAL OPTIONS] VERB [OPTIONS] [ARGUMENTS]
```

Data goes to standard output, everything else to standard error.
A table shows the columns that fit the terminal; where there is no terminal it shows all and cuts nothing.
`NO_COLOR` and `FORCE_COLOR` are obeyed, and `--color` decides over both.

NAME is a daemon (`mailer`: all its instances), a glob of daemons (`'mail*'`), a tag (`tag:mail`: all daemons
with it) or one instance (`mailer/1`).
T is a length of time: `5`, `500ms`, `10s`, `1m30s`, `1h`.

## Exit codes

| code | meaning                                                       |
|------|---------------------------------------------------------------|
| 0    | done; also when it was so already                             |
| 1    | failed, or problems were found                                |
| 2    | the command line or the manifest cannot be used               |
| 3    | no supervisor is running                                      |
| 4    | there is no such daemon                                       |
| 124  | a wait timed out; what was asked for goes on                  |
| 130  | Ctrl-C                                                        |

A reader of standard output that goes early (`udaemon logs | head`) is no error.
"""


def page() -> str:
    """Write the whole page."""
    with click.Context(cli, info_name="udaemon") as context:
        parts = [_HEAD, "## Global options\n", *_options(cli, context), "\n## Verbs\n"]
        for name in VERBS:
            command = cli.get_command(context, name)
            if command is not None:
                with click.Context(command, info_name=name, parent=context) as inner:
                    parts += _verb(name, command, inner)
        return "\n".join(parts)


def _verb(name: str, command: click.Command, context: click.Context) -> Iterator[str]:
    usage = " ".join(piece for piece in command.collect_usage_pieces(context) if piece != "[OPTIONS]")
    yield f"### {name}\n"
    yield f"`udaemon {name} {usage}`\n" if usage else f"`udaemon {name}`\n"
    for paragraph in inspect.cleandoc(command.help or "").split("\n\n"):
        kept = paragraph.startswith("\b\n")
        yield f"```\n{paragraph[2:]}\n```\n" if kept else f"{paragraph}\n"
    rows = list(_options(command, context))
    if rows:
        yield "\n".join(rows) + "\n"


def _options(command: click.Command, context: click.Context) -> Iterator[str]:
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context) if isinstance(parameter, click.Option) else None
        if record is not None and "--help" not in parameter.opts:
            yield f"- `{record[0]}`: {record[1]}"


if __name__ == "__main__":
    pages = {os.path.join("docs", "reference", "cli.md"): page(), describe.FILE: describe.page()}
    for name, text in pages.items():
        with open(name, "w", encoding="utf-8") as file:
            file.write(text)
