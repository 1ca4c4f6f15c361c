"""One command in the foreground of the calling process: it lives and is stopped by the rules of a supervised one.

Knows nothing of the manifest's other daemons, and starts nothing again. The program keeps the terminal, the session
and the three standard streams of its caller.
"""

from __future__ import annotations

import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from attrs import evolve

from udaemon.child.echoes import Echoes
from udaemon.child.foreground import EXIT_INTERRUPTED
from udaemon.engines import command_spec, locks
from udaemon.engines.commands import ExecFailed, Launcher
from udaemon.engines.executing import Executing
from udaemon.engines.process import ManagedProcess
from udaemon.engines.reaper import Reaper
from udaemon.engines.reports import Reports
from udaemon.engines.zygote.protocol import Timeouts
from udaemon.errors import UdaemonError
from udaemon.manifest.model import Daemon, Manifest, Restart
from udaemon.policy import instance as life
from udaemon.policy.effects import CancelSpawn, Effect, EventName, KillTree, Publish, Signal, SignalTree, Spawn
from udaemon.policy.events import DeadlineReached, Event, Spawned, SpawnFailed, StartAsked, StopAsked
from udaemon.policy.instance import Key, State, Wanted
from udaemon.policy.reasons import Reason
from udaemon.policy.step import step
from udaemon.supervisor.loop import Loop
from udaemon.system.subreaper import subreaper
from udaemon.waits import earliest

_FROM_TERMINAL = frozenset({signal.SIGINT, signal.SIGQUIT})
"""A terminal sends these to the program as well; to pass them on would make two of one."""
_STOPS = frozenset({signal.SIGTERM, signal.SIGINT})
_TAKEN = (*_STOPS, signal.SIGHUP, signal.SIGQUIT)
_SHOWN = frozenset({EventName.HELD_UP, EventName.STOPPING, EventName.KILLING})


class ForegroundCommand:
    """A command daemon's process, from its start to the end of the last of its tree.

    Args:
        manifest: Where it is declared.
        daemon: What it is.
        key: Which copy of it.
        lock: A descriptor that holds the instance's lock; it stays the caller's.
        on_start: Called with the pid of its process.
    """

    def __init__(
        self,
        manifest: Manifest,
        daemon: Daemon,
        key: Key,
        lock: int,
        *,
        on_start: Callable[[int], object] = lambda _pid: None,
    ) -> None:
        self._on_start = on_start
        self._manifest = manifest
        self._daemon = daemon
        self._key = key
        self._lock = lock
        once = evolve(daemon, restart=Restart.NEVER, enabled=True, cron=None, sleep=0.0)
        # A schedule is for `up`, and so are steps and a stop command.
        once = evolve(once, before_start=(), after_stop=(), stop=evolve(once.stop, command=None))
        self._instance = life.declared(once, key.index)
        self._loop = Loop(lambda _what: traceback.print_exc())
        reports = Reports(self._loop, lambda _living, _event: None)
        self._reaper = Reaper(self._loop, self._happen, reports, manifest.project, tuple)
        self._executing = Executing(self._loop, self._happen, reports.listen, Timeouts().execute)
        self._refusal: str | None = None
        self._echoes = Echoes()
        self._interrupted = False
        self._interactive = sys.stdin is not None and sys.stdin.isatty()

    def run(self) -> int:
        """Run it to its end. Returns its exit code, 128 + n after a signal as shells do; 130 after Ctrl-C.

        Raises:
            UdaemonError: It cannot be executed.
        """
        with subreaper(), _caller_signals():
            try:
                for number in _TAKEN:
                    self._loop.on_signal(number, partial(self._on_signal, number))
                self._loop.add(self)
                self._happen(self._key, StartAsked())
                while not self._instance.at_rest and self._refusal is None:
                    self._loop.turn()
            finally:
                self._executing.close()
                self._reaper.close()
                self._loop.close()
        if self._refusal is not None:
            raise UdaemonError(self._refusal)
        return self._exit_code()

    @property
    def deadline(self) -> float | None:
        """The earliest moment that the instance or its descendants are waited for."""
        return earliest(self._instance.deadline, self._reaper.deadline, self._executing.deadline)

    def expire(self, now: float) -> None:
        """What ended is judged before a deadline."""
        self._reaper.expire()
        self._executing.expire(now)
        if self._instance.deadline is not None and self._instance.deadline <= now:
            self._happen(self._key, DeadlineReached())

    def _on_signal(self, number: int) -> None:
        """TERM, and INT that no terminal sent, stop it as `udaemon stop` does; the second one kills."""
        ended = self._instance.pid is None
        if number in _STOPS and self._echoes.is_echo(number, time.monotonic()):
            return
        if self._interactive and number in _FROM_TERMINAL and not ended:
            return
        self._interrupted |= number == signal.SIGINT
        if number in _STOPS or ended:
            self._happen(self._key, StopAsked(hurry=self._instance.state is State.STOPPING))
        elif (managed := self._reaper.managed.get(self._key)) is not None:
            self._reaper.signal(managed, number)

    def _happen(self, key: Key, event: Event) -> None:
        before = self._instance
        if isinstance(event, SpawnFailed) and before.wanted is Wanted.UP:
            self._refusal = event.message
            return
        if isinstance(event, Spawned):
            self._on_start(event.pid)
        self._instance, effects = step(before, event, time.monotonic())
        for effect in effects:
            self._perform(key, effect)

    def _perform(self, key: Key, effect: Effect) -> None:
        managed = self._reaper.managed.get(key)
        match effect:
            case Spawn():
                self._spawn()
            case CancelSpawn():
                self._executing.cancel(key)
            case Publish(word, message):
                self._say(word, message)
            case Signal(name) if managed is not None:
                self._reaper.signal(managed, signal.Signals[f"SIG{name}"])
            case SignalTree(name) if managed is not None:
                self._reaper.signal_tree(managed, signal.Signals[f"SIG{name}"])
            case KillTree() if managed is not None:
                self._reaper.kill(managed)

    def _spawn(self) -> None:
        declared = command_spec.command(self._manifest, self._daemon, self._key.index, output=1, keep=(self._lock,))
        command = evolve(declared, foreground=True)
        launcher = Launcher()
        try:
            started = launcher.start(command)
        except ExecFailed as error:
            self._happen(self._key, SpawnFailed(error.trouble, str(error)))
            return
        finally:
            launcher.close()
        managed = ManagedProcess(key=self._key, daemon=self._daemon, pid=started.pid, pidfd=started.pidfd)
        self._reaper.watch(managed, [locks.identity(self._lock, self._key)])
        self._executing.watch(managed, command, started)

    def _say(self, word: EventName, message: str) -> None:
        end = self._instance.exit
        gave_up = word is EventName.FAILED and end is not None and end.reason in (Reason.CONFIG, Reason.UNKILLABLE)
        if word in _SHOWN or gave_up:
            print(f"udaemon: {self._key.name}: {message}", file=sys.stderr)

    def _exit_code(self) -> int:
        end = self._instance.exit
        if self._interrupted and (end is None or not end.code):
            return EXIT_INTERRUPTED
        if end is None or (end.code is None and end.signal is None):
            return 1
        if end.signal is not None:
            return 128 + end.signal
        return end.code or int(self._instance.state is State.FAILED)


@contextmanager
def _caller_signals() -> Iterator[None]:
    """Restore the caller's signal handlers."""
    former = {number: signal.getsignal(number) for number in _TAKEN}
    wake_fd = signal.set_wakeup_fd(-1)
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(wake_fd)
