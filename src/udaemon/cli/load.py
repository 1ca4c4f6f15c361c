"""The manifest that the global options mean.

Knows no verb. Importing it costs what reading a manifest costs: verbs that may do without import it when they must.
"""

from __future__ import annotations

import os

from udaemon.cli.options import GlobalOptions
from udaemon.cli.output import write_stderr
from udaemon.manifest.model import Manifest
from udaemon.manifest.read import Examined, examine

_TOLD = {"shell-syntax"}
"""Warnings for those who never ask `check`; all others are about what works."""


def wanted_documents(options: GlobalOptions) -> Examined:
    """Read it with what is wrong in it.

    Raises:
        UdaemonError: There is none.
    """
    return examine(
        options.files,
        environ=os.environ,
        project=options.project,
        context=options.context,
        profiles=options.profiles,
    )


def load_manifest(options: GlobalOptions, *, to_run: bool = False) -> Manifest:
    """Read it, and warn of commands that will do something else than they say.

    Args:
        options: The global options.
        to_run: Whether its daemons are to run: then nobody may write what root runs.

    Raises:
        UdaemonError: There is none, or it has errors.
    """
    examined = wanted_documents(options)
    if to_run and examined.understood is not None:
        from udaemon.check.module_files import check_module_files
        from udaemon.check.pythons import check_pythons

        found = examined.understood
        examined = examined.with_more([*check_module_files(found), *check_pythons(found)])
    manifest = examined.right()
    warnings = [problem for problem in examined.problems if problem.code in _TOLD]
    if warnings and not options.quiet:
        from udaemon.manifest.report import as_lines  # a manifest that is right says nothing

        write_stderr(as_lines(warnings, os.getcwd()))
    return manifest
