"""`udaemon import-ini`: makes a manifest of a directory of the PHP library's ini files, or shows how PHP reads one.

Knows nothing of ini syntax.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping, Sequence

import click
from attrs import evolve

from udaemon.cli.data_format import write_json
from udaemon.cli.options import GlobalOptions
from udaemon.cli.output import write_stderr
from udaemon.errors import ExitCode, UdaemonError
from udaemon.manifest.keys import keys_of
from udaemon.manifest.model import Daemon
from udaemon.manifest.references import NAME_PATTERN
from udaemon.migrate.ustream import files, php_settings
from udaemon.migrate.ustream.emit import emit
from udaemon.migrate.ustream.importing import guesses, import_files
from udaemon.migrate.ustream.names import daemon_name, old_log, old_pid
from udaemon.migrate.ustream.plan import Imported, Settings, Wishes
from udaemon.migrate.ustream.reader import Php, read
from udaemon.migrate.ustream.report import as_data, as_text, shown
from udaemon.migrate.ustream.result import Note
from udaemon.ui.escape import escape
from udaemon.units import counted


@click.command(name="import-ini")
@click.argument("directory", metavar="[DIR]", required=False)
@click.option("--show", metavar="FILE", help="Print how PHP reads one file, as JSON, and import nothing.")
@click.option("-o", "--output", metavar="FILE", help="Manifest to write, - for standard output; default udaemon.toml.")
@click.option("--format", "form", type=click.Choice(["toml", "yaml"]), help="Its format; default as its name says.")
@click.option("--context", "context_name", metavar="NAME", help="The context your entry script passes.")
@click.option("--run-dir", metavar="DIR", help="Where old scripts look for pid files.")
@click.option("--instances", multiple=True, metavar="NAME=N", help="How many copies of a daemon were launched.")
@click.option("--map", "map_file", metavar="FILE", help="Rules from PHP factories to Python ones.")
@click.option(
    "--bridge",
    type=click.Choice(["php", "php-runner"]),
    help="Keep PHP: whole daemons, or a runner asked for each run.",
)
@click.option("--entry", metavar="FILE", help="The PHP script that starts a daemon by its --id.")
@click.option("--bootstrap", metavar="FILE", help="The PHP file that makes your classes known, for php-runner.")
@click.option("--library", metavar="DIR", help="Where the PHP library is, if not under vendor/.")
@click.option("--php-ini", metavar="FILE", help="The php.ini of your daemons, for ${memory_limit} and the like.")
@click.option("--php", type=click.Choice(["5", "8"]), help="Read as this PHP; default 8, or 5 if only that can.")
@click.option("--constant", "constants", multiple=True, metavar="NAME=VALUE", help="A constant of your PHP code.")
@click.option("--keep-log-paths", is_flag=True, help="Write out the log paths that the library would take.")
@click.option("--verify", is_flag=True, help="Read the manifest back and tell what differs from PHP.")
@click.option("--dry-run", is_flag=True, help="Print the manifest and write nothing.")
@click.option("--force", is_flag=True, help="Write over an existing manifest.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.pass_obj
def command(
    options: GlobalOptions,
    *,
    directory: str | None,
    show: str | None,
    output: str | None,
    form: str | None,
    context_name: str | None,
    run_dir: str | None,
    instances: tuple[str, ...],
    map_file: str | None,
    bridge: str | None,
    entry: str | None,
    bootstrap: str | None,
    library: str | None,
    php_ini: str | None,
    php: Php | None,
    constants: tuple[str, ...],
    keep_log_paths: bool,
    verify: bool,
    dry_run: bool,
    force: bool,
    as_json: bool,
) -> int:
    """Make a manifest of a directory of ustream/daemon ini files.

    Each file becomes a daemon. What PHP reads otherwise than the eye is reported with its line. A file that PHP refuses
    is reported, the others are imported, and the exit code is 1.
    """
    given, found = _pairs("--constant", constants), php_settings.settings(php_ini)
    if show is not None:
        return _show(show, given, found, php or "8")
    if directory is None:
        raise click.UsageError("name a directory of ini files, or one file with --show")
    context = _context(context_name or options.context)
    _belongs("--entry", entry, "php", bridge)
    _belongs("--library", library, "php", bridge)
    _belongs("--bootstrap", bootstrap, "php-runner", bridge)
    path, form = _written_as(output, form)
    base = os.path.dirname(os.path.abspath(path)) if path != "-" else os.getcwd()
    wishes = Wishes(
        context=context,
        run_dir=run_dir,
        instances={name: _count(name, text) for name, text in _pairs("--instances", instances).items()},
        rules=files.read_rules(map_file),
        bridge=php_settings.bridge(entry, library, base) if bridge == "php" else None,
        bootstrap=php_settings.bootstrap(directory, bootstrap, base) if bridge == "php-runner" else None,
        keep_log_paths=keep_log_paths,
        keys=frozenset(key.name for key in keys_of(Daemon)),
    )
    texts = files.ini_files(directory)
    known = php_settings.constants(texts.values(), given)
    imports = import_files(texts, wishes, constants=known, settings=found, php=php or "auto")
    _unknown_names(imports, wishes)
    good = sum(one.result.ok for one in imports)
    title = f"Imported by `udaemon import-ini` from {directory}: {good} of {counted(len(imports), 'file')}."
    text = emit(imports, wishes, title=title, form=form)
    to_disk = bool(good) and not dry_run and path != "-"
    if to_disk:
        files.write(path, text, force=force)
    general = php_settings.general(wishes.bridge, wishes.bootstrap, base)
    _tell(imports, text, path if to_disk else None, directory, general, as_json=as_json, quiet=options.quiet)
    if verify and good:
        if (to_disk or dry_run) and os.path.isfile(path):
            text = files.read_file(path).decode("utf-8", "replace")
        write_stderr("\n".join(files.verified(imports, path, text, os.environ)) + "\n")
    return ExitCode.OK if good == len(imports) else ExitCode.FAILED


def _written_as(output: str | None, form: str | None) -> tuple[str, str]:
    """The manifest's file and its format, each by the other where only one is given."""
    path = output or f"udaemon.{form or 'toml'}"
    return path, form or ("yaml" if path.endswith((".yaml", ".yml")) else "toml")


def _show(path: str, given: Mapping[str, str], settings: Settings, php: Php) -> int:
    """Print how PHP reads one file."""
    text = files.read_file(path)
    result = read(text, constants=php_settings.constants([text], given), environ=settings.found, php=php)
    result = evolve(result, notes=(*result.notes, *guesses(result, settings)))
    write_json(shown(path, result))
    return ExitCode.OK


def _belongs(option: str, value: str | None, to: str, bridge: str | None) -> None:
    """See that an option of one bridge is not given for another."""
    if value is not None and bridge != to:
        raise click.UsageError(f"{option} goes with --bridge {to}")


def _tell(
    imports: Sequence[Imported],
    text: str,
    path: str | None,
    directory: str,
    general: Sequence[Note],
    *,
    as_json: bool,
    quiet: bool,
) -> None:
    """Data to stdout, talk to stderr: the manifest is data where it is not written to a file."""
    place = directory.rstrip("/") or "/"
    if as_json:
        data = as_data(imports, path, directory, general)
        if path is None:
            data["manifest"] = text
        write_json(data)
        return
    if path is None:
        sys.stdout.write(text)
        if not quiet:
            write_stderr(_printable(as_text(imports, None, place, general)))
    else:
        sys.stdout.write(_printable(as_text(imports, path, place, general)))


def _printable(text: str) -> str:
    """The text without what a terminal would obey or could not show, as a file's name may hold."""
    return "\n".join(escape(line) for line in text.split("\n"))


def _pairs(option: str, texts: Sequence[str]) -> dict[str, str]:
    pairs = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not name or not equals:
            raise click.UsageError(f"{option} takes NAME=VALUE, not {text!r}")
        pairs[name] = value
    return pairs


def _count(name: str, text: str) -> int:
    if not re.fullmatch("[1-9][0-9]{0,3}", text):
        raise click.UsageError(f"--instances {name}={text}: write a number from 1 to 9999")
    return int(text)


def _context(name: str | None) -> str | None:
    if name and not re.fullmatch(NAME_PATTERN[1:-1], name):
        hint = "write 1 to 63 of a-z, 0-9, - and _, beginning with a letter or digit"
        if re.search("[A-Za-z0-9]", name):
            near = daemon_name(name, ())
            hint = f"--context {near} will do; the library's files were {old_pid('ID', name)} and {old_log('ID', name)}"
        raise UdaemonError(f"{name!r} cannot be a context here", hint, ExitCode.USAGE)
    return name or None


def _unknown_names(imports: Sequence[Imported], wishes: Wishes) -> None:
    names = {name for one in imports for name in (one.identifier, one.name)}
    for name in wishes.instances:
        if name not in names:
            raise UdaemonError(f"--instances {name}: there is no {name}.ini", exit_code=ExitCode.USAGE)
