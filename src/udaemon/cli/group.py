"""The verbs: a table from name to one line of help, and the click group that imports a verb when it is called.

Knows no verb's options. `udaemon --help` imports none of them.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

import click

from udaemon import __version__
from udaemon.cli.options import GlobalOptions
from udaemon.cli.options import color as color_choice
from udaemon.cli.parameters import NAME
from udaemon.errors import ExitCode, UdaemonError

SECTIONS = {
    "Run": {
        "up": "Start the project's daemons, and watch them or leave them in the background.",
        "down": "Stop everything, the supervisor too.",
        "start": "Start daemons.",
        "stop": "Stop daemons.",
        "restart": "Stop daemons and start them anew.",
        "apply": "Put an edit of the manifest into effect.",
        "scale": "Change how many instances of a daemon there are, until the next apply.",
        "pause": "Let daemons begin no run.",
        "resume": "Let daemons that were paused begin runs again.",
        "kick": "Have daemons run now, whatever their schedule says.",
        "signal": "Send a signal to daemons.",
        "wait": "Wait until a daemon is ready, is stopped, or had a good run.",
        "reexec": "Have the installed version take over, without a daemon noticing.",
        "run": "Run one daemon in this terminal, without a supervisor.",
    },
    "Look": {
        "ps": "Show what every instance is doing.",
        "status": "Show all that one wants to know of a daemon.",
        "logs": "Show what daemons wrote.",
        "events": "Show what happened.",
        "inspect": "Show everything known of a daemon, as JSON.",
        "graph": "Show which daemon needs which.",
        "ls": "List the projects that run.",
    },
    "Manifest": {
        "init": "Write the files of a new project.",
        "check": "Check manifests and tell every problem.",
        "diff": "Show what an edit of the manifest would change of what runs.",
        "config": "Print the whole manifest, and where each value comes from.",
        "simulate": "Show what would run when, and how many at once.",
        "explain": "Say what a key of the manifest or the code of an error means.",
        "schema": "Print the JSON Schema of the manifest.",
    },
    "Move": {
        "import-ini": "Make a manifest of a directory of ustream/daemon ini files.",
        "doctor": "Tell what this machine offers, and what is wrong with the project's directories.",
        "completion": "Print a completion script for a shell.",
        "version": "Show the version.",
    },
}
"""A verb `x-y` is the click command `command` in `udaemon.cli.commands.x_y`; its `obj` is a `GlobalOptions`."""

VERBS = {verb: told for verbs in SECTIONS.values() for verb, told in verbs.items()}

ALIASES = {"reload": "apply"}
"""Second names of verbs; help and completion show the first."""

_OTHER_WORDS = {
    "attach": "udaemon logs -f NAME follows what it writes; a daemon has no terminal",
    "exec": "udaemon run NAME runs a daemon here; its environment is that of udaemon config",
    "kill": "udaemon signal KILL NAME, or udaemon stop NAME -t 0",
    "list": "udaemon ps shows daemons, udaemon ls projects",
    "monit": "udaemon ps; a screen that stays is not there yet",
    "reread": "udaemon diff reads the manifest and shows what an edit would change",
    "rm": "take it out of the manifest",
    "tail": "udaemon logs -f NAME",
    "top": "udaemon ps; a screen that stays is not there yet",
    "update": "udaemon apply puts an edit into effect",
}
"""What other programs call their verbs, and what serves here."""


class Verbs(click.Group):
    """A group whose commands are looked up in the table, and which knows what was meant."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Every verb, in the table's order."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import one verb."""
        verb = ALIASES.get(cmd_name, cmd_name)
        if verb not in VERBS:
            return None
        command: click.Command = import_module(f"udaemon.cli.commands.{_module(verb)}").command
        taken = {name for parameter in command.params for name in parameter.opts}
        command.params += [option for option in ANYWHERE if taken.isdisjoint(option.opts)]
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the verb, or say which one is near."""
        if args and not args[0].startswith("-") and args[0] not in (*self.list_commands(ctx), *ALIASES):
            from udaemon.manifest.wording import near

            if args[0] in _OTHER_WORDS:
                raise UdaemonError(f"no verb {args[0]!r}", _OTHER_WORDS[args[0]], ExitCode.USAGE)
            meant = near(args[0], self.list_commands(ctx))
            raise click.UsageError(f"no verb {args[0]!r}" + (f"; did you mean {meant!r}?" if meant else ""), ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the verbs with the table's help, by what they are for."""
        for section, verbs in SECTIONS.items():
            with formatter.section(section):
                formatter.write_dl([(f"{name:<{max(map(len, VERBS))}}", told) for name, told in verbs.items()])


def _module(name: str) -> str:
    return name.replace("-", "_")


def _said_after(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    """What was said after the verb counts as if it had been said before it."""
    if value:
        options: GlobalOptions = context.obj
        more = {"quiet": True} if parameter.name == "quiet" else {"verbose": options.verbose + value}
        context.obj = options._replace(**more)


ANYWHERE = (
    click.Option(
        ["-q", "--quiet"], is_flag=True, help="Say nothing but errors.", expose_value=False, callback=_said_after
    ),
    click.Option(["-v", "--verbose"], count=True, help="Say more.", expose_value=False, callback=_said_after),
)
"""Global options that a verb takes too, unless it has one of that name itself."""


@click.group(
    cls=Verbs,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    subcommand_metavar="VERB [ARGS]...",
)
@click.option("-f", "--file", "files", multiple=True, metavar="FILE", help="Manifest; repeat it to layer, - is stdin.")
@click.option("-p", "--project", type=NAME, metavar="NAME", help="Project name in place of the manifest's.")
@click.option(
    "--context", "context_name", type=NAME, metavar="NAME", help="Context in place of the manifest's, as production."
)
@click.option(
    "--profile", "profiles", multiple=True, metavar="NAME", help="Profile whose daemons are wanted; repeat it."
)
@click.option("--color", type=click.Choice(["auto", "always", "never"]), help="Whether to colour what is shown.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
@click.option("-v", "--verbose", count=True, help="Say more.")
@click.version_option(__version__, message="udaemon %(version)s")
@click.pass_context
def cli(
    context: click.Context,
    *,
    files: tuple[str, ...],
    project: str | None,
    context_name: str | None,
    profiles: tuple[str, ...],
    color: str | None,
    quiet: bool,
    verbose: int,
) -> None:
    """Declare every daemon in one manifest, run them all, and see what each one did."""
    context.obj = GlobalOptions(files, project, context_name, color_choice(color, os.environ), quiet, verbose, profiles)
    if context.invoked_subcommand is None:
        from udaemon.cli.overview import overview

        overview(context.obj)
