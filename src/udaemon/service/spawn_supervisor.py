"""How `up` hands a project over to a supervisor in a process of its own, and hears that it stands.

Knows no daemon. The manifest goes through a socket, because it may hold secrets that no file and no argv must show.
"""

from __future__ import annotations

import gc
import os
import pickle
import signal
import socket
import sys
from contextlib import suppress
from functools import partial
from types import ModuleType, TracebackType
from typing import TYPE_CHECKING, Self

from udaemon.child.dispositions import ALL_SIGNALS, FOR_A_SUPERVISOR, PYTHON_IGNORES, survive_signals
from udaemon.child.environment import callers, interpreter
from udaemon.child.lifeline import Lifeline
from udaemon.child.stack import at_the_bottom, go_on
from udaemon.child.title import set_title
from udaemon.service.handoff import await_ready, ended, refuse
from udaemon.system.descriptors import close_others
from udaemon.system.readable import wait_readable

if TYPE_CHECKING:
    from udaemon.engines.zygote.prefork import PreforkedZygote
    from udaemon.manifest.model import Manifest
    from udaemon.service.manifest_reader import Source

_WAIT_FOR_HANDOFF = (
    "import sys; from udaemon.service.spawn_supervisor import main_executed; main_executed(int(sys.argv[1]))"
)
_KEEP = _WAIT_FOR_HANDOFF.replace("main_executed", "main_kept")


class SupervisorProcess:
    """A supervisor's process that loads its code while the manifest is still being read, and then waits to be told.

    It ends by itself if it is told nothing. Use it as a context manager; after `go` it goes on without us.

    Args:
        young: This process has loaded next to nothing and has one thread: the supervisor can be forked from it, which
            spares it the beginning of an interpreter.
        kept: It gets a keeper, who starts another one when it dies; the process is the keeper's then.
    """

    def __init__(self, *, young: bool = False, kept: bool = False) -> None:
        ours, theirs = socket.socketpair()
        self._told = ours
        self._is_ready = False
        self.kept = kept
        with theirs:
            self._pid = _fork(theirs, kept=kept) if young else _execute(theirs.fileno(), kept=kept)

    def go(
        self,
        manifest: Manifest,
        source: Source | None,
        directory: str,
        *,
        autostart: bool,
        lock: int,
        claim: int | None,
        with_lifeline: bool,
    ) -> None:
        """Tell it what to supervise, and return when it answers on its socket.

        Args:
            manifest: What it shall run.
            source: Where that was read from, None where it cannot be read again.
            directory: The run directory, made and checked.
            autostart: Whether to start at once the daemons that start by themselves.
            lock: An fd that holds the run directory's lock; the supervisor gets a copy.
            claim: An fd that listens under the project's name, if there is one; likewise.
            with_lifeline: Whether it shall stop everything when this process ends, however it ends.

        Raises:
            UdaemonError: It did not come to stand.
        """
        ready_read, ready_write = os.pipe()
        lifeline = Lifeline.own() if with_lifeline else None
        named = {
            "lock": lock,
            "ready": ready_write,
            "claim": claim,
            "lifeline": None if lifeline is None else lifeline.fd,
        }
        fds = {name: fd for name, fd in named.items() if fd is not None}
        with suppress(BrokenPipeError, ConnectionResetError):
            socket.send_fds(self._told, [b"\0"], list(fds.values()))
            self._told.sendall(pickle.dumps((pickle.dumps((manifest, source, directory)), autostart, tuple(fds))))
        self._told.close()
        os.close(ready_write)
        if lifeline is not None:
            lifeline.let_go()
        try:
            await_ready(ready_read)
        except EOFError:
            raise ended(self._pid) from None
        finally:
            os.close(ready_read)
        self._is_ready = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        """Send it away unless it stands."""
        self.close()

    def close(self) -> None:
        """Send it away unless it stands."""
        self._told.close()
        if not self._is_ready:
            self._is_ready = True
            os.kill(self._pid, signal.SIGTERM if self.kept else signal.SIGKILL)  # a keeper passes it on
            os.kill(self._pid, signal.SIGCONT)
            os.waitpid(self._pid, 0)


_early: list[SupervisorProcess] = []


def is_kept(*, detach: bool) -> bool:
    """Whether a supervisor gets a keeper: its daemons outlive it, and whoever started it where that is not process 1.

    With process 1 of a container, which is `up` in the foreground there, the kernel ends everything itself.
    """
    return detach or os.getpid() == 1


def spawn_early(*, kept: bool) -> None:
    """Begin before the command line is read: it looks as if a supervisor will be needed, and a keeper or none."""
    _early.append(SupervisorProcess(young=True, kept=kept))


def launched(*, kept: bool) -> SupervisorProcess:
    """The launch that began early, or one that begins now."""
    if _early and _early[-1].kept != kept:
        cancel()
    return _early.pop() if _early else SupervisorProcess(kept=kept)


def cancel() -> None:
    """End an early launch that nobody wanted."""
    while _early:
        _early.pop().close()


def main_executed(fd: int) -> None:
    """Stand by in an interpreter that was executed for it."""
    os._exit(at_the_bottom(partial(_wait_for_handoff, fd)))


def main_kept(fd: int) -> None:
    """The same, with a keeper."""
    os._exit(at_the_bottom(partial(_keep, fd)))


def main_again(fd: int) -> None:
    """Take the place of a supervisor that has died, or is about to leave."""
    os._exit(at_the_bottom(partial(_go_on_with, fd)))


def main_renewed(fd: int) -> None:
    """Be the keeper that was executed in place of another one."""
    os._exit(_keep_on(fd))


def _keep(fd: int) -> int:
    """Be a keeper, and fork the supervisor that waits for its handoff: first, for it has more to load."""
    set_title("keeper")
    _leave_the_caller()
    signal.pthread_sigmask(signal.SIG_BLOCK, FOR_A_SUPERVISOR)  # until it has handlers
    try:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        pid = os.fork()
    except OSError as error:
        return refuse(fd, error)
    if pid == 0:
        os.setsid()
        ours.close()
        go_on(partial(_wait_for_handoff, fd, theirs.detach()))  # or the frames that it leaves would close it
    theirs.close()
    wait_readable(ours.fileno(), fd)  # while the manifest is read, others need the processors
    os.close(fd)
    gc.enable()  # it lives long; whoever forked us was in a hurry
    from udaemon.system.subreaper import become_subreaper

    become_subreaper()
    from udaemon.service.keeper import Keeper
    from udaemon.service.standby import start_supervisor

    return Keeper(start_supervisor).run(pid, ours)


def _keep_on(fd: int) -> int:
    from udaemon.service.keeper import Keeper
    from udaemon.service.keeper_state import left
    from udaemon.service.standby import start_supervisor

    set_title("keeper")
    return Keeper(start_supervisor).go_on_with(left(fd))


def _go_on_with(fd: int) -> int:
    preforked = _load()
    from udaemon.service.main import main_again as go_on_with

    return go_on_with(fd, preforked)


def _wait_for_handoff(fd: int, keeper: int | None = None) -> int:
    """Be a supervisor's process, before it knows of what: leave the caller's surroundings, and load the code.

    Args:
        fd: The other end of what `SupervisorProcess` tells it through.
        keeper: The other end of the keeper's socket.
    """
    try:
        preforked = _load(fd)
    except OSError as error:
        return refuse(fd, error)
    from udaemon.service.main import main

    return main(fd, preforked, keeper)


def _load(busy: int | None = None) -> PreforkedZygote:
    gc.disable()  # nothing that is loaded becomes garbage, and to look for some costs a tenth of the time
    set_title("supervisor")
    _leave_the_caller()
    # What daemons need, too; only then is there something for the zygote to share.
    from udaemon.engines.zygote.prefork import prefork_zygote

    return prefork_zygote(busy)


def _leave_the_caller() -> None:
    """Nothing of the shell we were started from may reach the daemons: signals, session, directory, umask."""
    for number in set(ALL_SIGNALS) - set(PYTHON_IGNORES):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    survive_signals()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)  # until it supervises something they may end it
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    os.umask(0o022)
    os.chdir("/")


def _fork(theirs: socket.socket, *, kept: bool) -> int:
    """A child that stands by, with its end of the connection."""
    pid = os.fork()
    if pid == 0:
        go_on(partial(_main_forked, theirs.detach(), kept))  # or the frames that it leaves would close it
    return pid


def _main_forked(fd: int, kept: bool) -> int:
    os.setsid()
    close_others({0, 1, 2, fd})
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    os.close(null)
    if not sys.flags.safe_path:
        del sys.path[0]  # where the script lies is no place to import from
    sys.argv[1:] = []
    sys.unraisablehook = sys.__unraisablehook__
    sys.modules["__main__"] = ModuleType("__main__")  # `spawn` would run the script in the daemons' children
    return _keep(fd) if kept else _wait_for_handoff(fd)


def _execute(fd: int, *, kept: bool) -> int:
    """The same for a caller that has threads or has loaded much."""
    actions = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in (0, 1)]
    argv = [*interpreter(), "-P", "-c", _KEEP if kept else _WAIT_FOR_HANDOFF, str(fd)]
    os.set_inheritable(fd, True)
    return os.posix_spawn(sys.executable, argv, callers(), file_actions=actions, setsid=True)
