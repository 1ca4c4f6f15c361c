"""The entry point of `udaemon`: from argv to an exit code, with one place where every error is shown.

Knows no verb. What the operator did wrong is one line; a bug keeps its traceback.
"""

from __future__ import annotations

import errno
import gc
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from types import ModuleType

from udaemon.child.environment import be_utf8
from udaemon.child.stack import at_the_bottom

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sys import UnraisableHookArgs

_NEVER_IN_A_SHORT_VERB = 200_000
_SHORT_OF = {errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE}
_NO_THREAD = "can't start new thread"
"""What Python says where clone(2) says EAGAIN."""


def _script() -> None:
    """Run the `udaemon` command, then exit without the interpreter's finalization.

    That, and collecting garbage while importing, are a fifth of what a short verb costs. A verb that has something to
    clean up does so before it returns.
    """
    gc.disable()  # until a supervisor has begun, which is the longer way
    _open_standard_streams()
    be_utf8()
    sys.unraisablehook = _keep_interrupt
    try:
        spawn_supervisor = _begin_early() if _asks_for_up(sys.argv[1:]) else None
        gc.set_threshold(_NEVER_IN_A_SHORT_VERB, 10, 10)
        gc.enable()
        code = main()
        if spawn_supervisor is not None:
            spawn_supervisor.cancel()
    except KeyboardInterrupt:  # before a verb's own time, or after it
        code = 130
    with suppress(OSError):
        sys.stderr.flush()
    os._exit(code)


script = partial(at_the_bottom, _script)
"""The same as the bottom of what is forked from it: a supervisor, a zygote, its daemons."""


def _keep_interrupt(dropped: UnraisableHookArgs, /) -> None:
    from udaemon.cli.interrupts import raise_again  # hardly ever needed

    raise_again(dropped)


def _asks_for_up(arguments: Sequence[str]) -> bool:
    if "up" not in arguments:  # every other verb is spared even this
        return False
    from udaemon.cli.verb import verb_of

    return verb_of(arguments) == "up"


def _begin_early() -> ModuleType:
    """Start a supervisor's process, which loads its code while we load ours."""
    from udaemon.service import spawn_supervisor

    detached = any(word in {"-d", "--detach"} for word in sys.argv)
    with suppress(OSError):  # it is tried again when it is needed, and then told
        spawn_supervisor.spawn_early(kept=spawn_supervisor.is_kept(detach=detached))
    return spawn_supervisor


def _open_standard_streams() -> None:
    """Put /dev/null where the caller closed one: else the next file that is opened takes its number (stdio(3))."""
    while (fd := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(fd, True)
    os.close(fd)
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, mode, closefd=False))


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb and return its exit code (docs/reference/contract.md, "Exit codes")."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    code: int | None = None
    try:
        code = _fast(arguments)
        if code is None:
            code = _run(arguments)
        sys.stdout.flush()
    except KeyboardInterrupt:
        code = 130
    except OSError as error:
        if error.errno in _SHORT_OF:
            return _refused(error)
        if error.errno not in {errno.EPIPE, errno.ENOSPC, errno.EIO}:
            raise
        code = _output_failed(error, code or 0)
    except RuntimeError as error:
        if error.args != (_NO_THREAD,):
            raise
        return _refused(OSError(errno.EAGAIN, _NO_THREAD))
    return code


def _fast(arguments: list[str]) -> int | None:
    """What scripts and shells ask most often goes without click; None where it has to go the ordinary way after all."""
    if asked := os.environ.get("_UDAEMON_COMPLETE"):
        from udaemon.cli.shells import answer

        return 0 if answer(asked, os.environ) else 1
    if arguments[:1] == ["completion"] and len(arguments) == 2:
        from udaemon.cli.shells import answer

        return 0 if answer(f"{arguments[1]}_source", {}) else None
    if "ps" in arguments and {"--json", "-q", "json"} & set(arguments):
        from udaemon.cli.fast import ps

        return ps(arguments)
    if "up" in arguments or "down" in arguments:
        from udaemon.cli.fast import down, up

        code = up(arguments)
        return down(arguments) if code is None else code
    return None


def _run(arguments: list[str]) -> int:
    import click

    from udaemon.cli.group import cli
    from udaemon.errors import ExitCode, UdaemonError

    color = None
    try:
        with cli.make_context("udaemon", arguments) as context:
            color = context.params["color"]
            result = cli.invoke(context)
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        from udaemon.cli.output import write_stderr

        write_stderr(f"{error.format_message()}\n")
        return ExitCode.USAGE
    except (click.ClickException, UdaemonError) as error:
        from udaemon.cli.output import show_error

        return show_error(error, color)
    except FileNotFoundError:
        from udaemon.cli.fast import has_directory
        from udaemon.cli.output import show_error

        if has_directory():
            raise

        hint = "somebody removed it; cd to one that is there"
        return show_error(UdaemonError("the working directory is gone", hint, ExitCode.USAGE), color)
    return result if isinstance(result, int) else ExitCode.OK


def _refused(error: OSError) -> int:
    """The system is short of processes, threads, memory or descriptors, and whoever is short of it can do nothing."""
    from udaemon.cli.output import show_error
    from udaemon.errors import UdaemonError
    from udaemon.system import oserror

    return show_error(UdaemonError(f"the system refused what this needs: {oserror.named_reason(error)}"))


def _output_failed(error: OSError, code: int) -> int:
    """EPIPE: the reader closed early, which is no error; a full disk is one. Either way nothing more is flushed.

    `code` is that of the verb, as far as it came.
    """
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.close(null)
    if error.errno == errno.EPIPE:
        return code
    from udaemon.cli.output import write_stderr
    from udaemon.system import oserror

    write_stderr(f"udaemon: standard output cannot be written: {oserror.reason(error)}\n")
    return 1
