"""Where `udaemon` begins: from argv to an exit code, with one place where every error is shown.

Knows no verb. What the operator did wrong is told in a line; a bug keeps its traceback.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb and return its exit code (shared contract, section 5)."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    code = _run(arguments)
    try:
        sys.stdout.flush()
    except OSError as error:
        code = _output_failed(error)
    return code


def _run(arguments: list[str]) -> int:
    import click

    from udaemon.cli.group import cli
    from udaemon.cli.show import show_error
    from udaemon.errors import ExitCode, UdaemonError

    try:
        result = cli.main(arguments, prog_name="udaemon", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return ExitCode.USAGE
    except (KeyboardInterrupt, click.Abort):
        return ExitCode.INTERRUPTED
    except UdaemonError as error:
        show_error(error)
        return error.exit_code
    except OSError as error:
        if error.errno in {errno.EPIPE, errno.ENOSPC}:
            return _output_failed(error)
        raise
    return result if isinstance(result, int) else ExitCode.OK


def _output_failed(error: OSError) -> int:
    """Who reads no more has all he wanted; a full disk is an error. Either way nothing more is to be flushed."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if error.errno == errno.EPIPE:
        return 0
    sys.stderr.write(f"udaemon: standard output cannot be written: {error.strerror}\n")
    return 1
