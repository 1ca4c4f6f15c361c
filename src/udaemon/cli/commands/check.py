"""`udaemon check`: reports every problem of a manifest, and whether what it names can be imported.

Knows nothing of what can be wrong.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from udaemon.check.cgroups import check_cgroups
from udaemon.check.directories import check_directories
from udaemon.check.imports import Imported, check_imports
from udaemon.check.module_files import check_module_files
from udaemon.check.programs import check_php, check_programs
from udaemon.check.pythons import check_pythons
from udaemon.cli.data_format import terminal_width
from udaemon.cli.load import wanted_documents
from udaemon.cli.options import GlobalOptions
from udaemon.cli.output import write_stderr
from udaemon.errors import ExitCode, Problem, UdaemonError
from udaemon.manifest.find import NAMES
from udaemon.manifest.locate import has_errors
from udaemon.manifest.read import Examined
from udaemon.manifest.report import as_json, as_lines, as_text, count, shown_path
from udaemon.ui.checked import Checked, plain, table
from udaemon.units import counted

FORMATS = ["text", "concise", "json", "github", "sarif"]
_UNREADABLE = {"unreadable", "unsafe", "too-big"}


@click.command(name="check")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option(
    "--no-import",
    is_flag=True,
    help="Do not import factories and listeners, ask PHP, or look for programs and directories.",
)
@click.pass_obj
def command(options: GlobalOptions, *, paths: tuple[str, ...], form: str, no_import: bool) -> int:
    """Check manifests and report every problem.

    PATH is a manifest or a directory with one; without PATH it is the project's own. Factories are imported in a
    process of its own, so that nothing of them stays. With -v it prints what that costs, and which modules daemons
    share and which not, and why.
    """
    examined = [_check(files, options, importing=not no_import) for files in _asked(paths, options)]
    problems = [problem for one in examined for problem in one.problems]
    _show(form, examined, problems, options)
    if any(problem.code in _UNREADABLE for problem in problems):
        return ExitCode.USAGE
    return ExitCode.FAILED if has_errors(problems) else ExitCode.OK


def _asked(paths: Sequence[str], options: GlobalOptions) -> list[tuple[str, ...]]:
    """Return the manifests, each as the files that make it."""
    return [(_in_directory(path) if os.path.isdir(path) else path,) for path in paths] or [options.files]


def _in_directory(path: str) -> str:
    present = [name for name in NAMES if os.path.lexists(os.path.join(path, name))]
    if len(present) != 1:
        found = f"has {' and '.join(present)}" if present else "has no manifest"
        raise UdaemonError(f"{path} {found}", "name a file", ExitCode.USAGE)
    return os.path.join(path, present[0])


def _check(files: tuple[str, ...], options: GlobalOptions, *, importing: bool) -> Examined:
    examined = wanted_documents(options._replace(files=files))
    if options.verbose:
        for file in examined.absent:
            write_stderr(f"env-file {shown_path(file, os.getcwd())} is not there, and need not be\n")
    if examined.understood is None or not importing:
        return examined
    pythons = list(check_pythons(examined.understood))
    imported = check_imports(examined.understood, without={str(finding.path[1]) for finding in pythons})
    if options.verbose:
        from udaemon.cli.sharing import sharing_lines

        write_stderr(_cost(imported) + "".join(sharing_lines(examined.understood, os.getcwd())))
    manifest = examined.understood
    found = [
        *check_cgroups(manifest),
        *check_directories(manifest),
        *check_module_files(manifest),
        *pythons,
        *imported.findings,
        *check_php(manifest),
        *check_programs(manifest),
    ]
    return examined.with_more(found)


def _cost(imported: Imported) -> str:
    return (
        f"imported {counted(imported.count, 'callable')}: {imported.seconds:.2f} s of CPU, "
        f"{imported.memory / 1024**2:.0f} MiB in the largest process\n"
    )


def _show(form: str, examined: Sequence[Examined], problems: Sequence[Problem], options: GlobalOptions) -> None:
    sources = {file: text for one in examined for file, text in one.sources.items()}
    base = os.getcwd()
    if form == "json":
        sys.stdout.write(as_json(problems))
    elif form == "concise":
        sys.stdout.write(as_lines(problems, base))
    elif form in {"github", "sarif"}:
        from udaemon.manifest.sarif import as_github, as_sarif  # urllib and all: seldom asked for

        sys.stdout.write(as_github(problems, base) if form == "github" else as_sarif(problems, base))
    else:
        columns = None if options.quiet else terminal_width()
        color = options.colors(sys.stdout.isatty())
        sys.stdout.write(as_text(problems, sources, base, color=color, total=columns is None, columns=columns))
        checked = [] if options.quiet else [_checked(one, base) for one in examined]
        sys.stdout.write("".join(map(plain, checked)) if columns is None else table(checked, columns, color=color))


def _checked(one: Examined, base: str) -> Checked:
    named = [
        *([] if one.understood is None else [one.understood.file]),
        *(document.file for document in one.documents if document.own),
        *(problem.file for problem in one.problems if problem.file),
    ]
    return Checked(
        file=shown_path(named[0], base) if named else "the manifest",
        good=one.manifest is not None,
        daemons=0 if one.manifest is None else len(one.manifest.daemons),
        problems=count(one.problems),
    )
