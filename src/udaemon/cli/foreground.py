"""`up` in the foreground: progress, then logs and events, until everything has stopped.

Knows no daemon and stops none: it asks the supervisor to. Logs go to stdout, what happens to stderr.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from udaemon.child.echoes import Echoes
from udaemon.child.signals import DEADLY, survive_signals
from udaemon.cli.options import GlobalOptions
from udaemon.cli.output import say
from udaemon.control.client import Client, SupervisorGone
from udaemon.control.sockets import SupervisorSilent
from udaemon.errors import ExitCode, UdaemonError
from udaemon.logs.entries import Entry
from udaemon.logs.follow import LogReader, follow
from udaemon.logs.tail import LogSource
from udaemon.system import oserror
from udaemon.ui.loglines import LogLines

_SHOWN = frozenset(
    {"exited", "failed", "killing", "log", "lost", "refused", "restarting", "started", "stopped", "warning"}
)
"""Events that somebody who watches the logs wants to see between them."""


_TERMINAL = (signal.SIGHUP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU)
"""What these do by themselves is right: when the terminal goes, all goes with it."""
_STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT)
"""What the operator stops everything with; QUIT is Ctrl-\\ of a terminal."""


class ForegroundUp:
    """A terminal that watches a supervisor and keeps it: when it ends, all ends.

    Args:
        connect: Makes a connection to the supervisor.
        readers: The logs to show, opened before anything was started.
        options: The global options.
    """

    def __init__(self, connect: Callable[[], Client], readers: Sequence[LogReader], options: GlobalOptions) -> None:
        self._connect = connect
        self._readers = readers
        self._options = options
        self._wakes, self._waker = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._interrupts: list[int] = []
        self._echoes = Echoes()
        self._stopping: list[Client] = []
        self._output_failed: list[OSError] = []
        self._drawing = False
        self._ended_well = False
        self._lost = False
        self._reader_failed = False

    @contextmanager
    def signals_held(self) -> Iterator[None]:
        """Let what asks for an end wait for `run`: once daemons run it is to stop them, and wait for that."""
        signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)
        try:
            yield
        except BaseException:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)
            raise

    def run(self, project: str, instances: Sequence[str], names: tuple[str, ...]) -> int:
        """Start what was named, show progress, then logs and events until the supervisor has ended.

        Args:
            project: The project's name.
            instances: What is expected to come up, as `mailer/0`.
            names: What the operator named, to be started.

        Raises:
            OSError: Standard output cannot be written.
        """
        with self._signals(), self._connect() as events, self._connect() as starting:
            events.post("events", follow=True)
            starting.post("up", names=names)
            try:
                self._start(starting, events, project, instances)
                with self._logs():
                    self._watch(events)
            except SupervisorGone:
                self._watch(events)
        if self._output_failed:
            raise self._output_failed[0]
        return self._exit_code()

    def _start(self, starting: Client, events: Client, project: str, instances: Sequence[str]) -> None:
        """Until every daemon has come to something or the end has begun: drawn on a terminal, else told as it comes."""
        if not sys.stderr.isatty() or self._options.quiet:
            for _ in self._outcomes(starting, events):
                pass
            return
        from rich.console import Console

        from udaemon.ui.progress import Progress

        self._drawing = True
        console = Console(stderr=True, no_color=not self._options.colors(is_terminal=True))
        with Progress(console, project, instances) as progress:
            for told in self._outcomes(starting, events):
                progress.settled(f"{told['name']}/{told['instance']}", told["message"], ok=told["ok"])
        self._drawing = False

    def _outcomes(self, starting: Client, events: Client) -> Iterator[dict[str, Any]]:
        while not self._interrupts:
            ready = self._select(starting, events)
            if events.fileno() in ready:
                self._show(events)
            if starting.fileno() in ready:
                for answer in starting.arrived():
                    if not answer.more:
                        return
                    yield answer.data

    def _watch(self, events: Client) -> None:
        """Until the supervisor has ended. Who was cut off, as a terminal that is held reads nothing, follows again."""
        following: Client | None = events
        while following is not None:
            with suppress(SupervisorGone):
                while True:
                    if following.fileno() in self._select(following):
                        self._show(following)
            following = None if self._ended_well else self._follow_again()
        for client in self._stopping:
            client.wait_for_end()  # what it says of lost output has come as an event, too
            client.close()

    def _follow_again(self) -> Client | None:
        """A new stream of events, None where the supervisor has gone."""
        with suppress(UdaemonError):
            events = self._connect()
            events.post("events", follow=True)
            return events
        return None

    def _select(self, *clients: Client) -> list[int]:
        """Wait for news; what the operator wants is done at once."""
        ready, _, _ = select.select([self._wakes, *(client.fileno() for client in clients)], [], [])
        if self._wakes in ready:
            for byte in os.read(self._wakes, 4096):
                if byte in _STOPS:
                    self._interrupt(byte)
            if self._output_failed and not self._interrupts:
                self._interrupt(signal.SIGPIPE)
        return ready

    def _interrupt(self, number: int) -> None:
        """The first signal stops everything, the next ones hurry it."""
        if self._echoes.is_echo(number, time.monotonic()):
            return
        hurry = bool(self._interrupts)
        self._interrupts.append(number)
        say(self._options, "killing what is left" if hurry else "stopping everything; once more kills at once")
        try:
            client = self._connect()
            client.be_patient()
            client.post("down", hurry=hurry)
            self._stopping.append(client)
        except SupervisorSilent as silent:
            raise UdaemonError(silent.message, "it stops everything as soon as it goes on: kill -CONT") from None
        except UdaemonError:
            pass  # it has just ended

    def _show(self, events: Client) -> None:
        for answer in events.arrived():
            for event in answer.data["events"]:
                self._ended_well |= event["event"] == "down"
                self._lost |= event["event"] == "lost"
                if event["event"] in _SHOWN and not self._drawing:
                    who = "" if event["name"] is None else f"{event['name']}/{event['instance']} "
                    say(self._options, f"{who}{event['event']}: {event['message']}")

    @contextmanager
    def _logs(self) -> Iterator[None]:
        """Follow the logs in a thread of their own: a terminal that is held must not hold up Ctrl-C."""
        stop_read, stop_write = os.pipe()
        thread = threading.Thread(target=self._follow, args=(stop_read,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            os.close(stop_write)
            thread.join()
            os.close(stop_read)

    def _follow(self, stop: int) -> None:
        sources = [reader.source for reader in self._readers]
        lines = LogLines(sources, color=self._options.colors(sys.stdout.isatty()))

        def emit(come: Sequence[tuple[LogSource, Entry]]) -> None:
            try:
                sys.stdout.buffer.write(lines.shown(come))
                sys.stdout.buffer.flush()
            except OSError as error:
                self._output_failed.append(error)
                raise

        try:
            follow(self._readers, emit, stop=stop)
        except Exception as error:  # noqa: BLE001 - whatever it is: a thread's end would go unseen
            if self._output_failed:
                os.write(self._waker, b"\0")
                return
            # Daemons do not end because their logs cannot be shown.
            self._reader_failed = True
            reason = oserror.reason(error) if isinstance(error, OSError) else f"a bug in udaemon: {error!r}"
            say(self._options, f"logs are shown no longer: {reason}; see udaemon logs", failed=True)

    @contextmanager
    def _signals(self) -> Iterator[None]:
        before = {number: signal.getsignal(number) for number in DEADLY}
        survive_signals()
        for kept in _TERMINAL:
            signal.signal(kept, before[kept])
        before_fd = signal.set_wakeup_fd(self._waker)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)
        try:
            yield
        finally:
            signal.set_wakeup_fd(before_fd)
            for number, handler in before.items():
                signal.signal(number, handler)

    def _exit_code(self) -> int:
        """130 after Ctrl-C, 128 + n after a second signal; else 0 for an end that was asked for.

        An end that lost output, or logs that could not be shown to the end, are a failure.
        """
        if signal.SIGINT in self._interrupts:
            return ExitCode.INTERRUPTED
        if len(self._interrupts) > 1:
            return 128 + self._interrupts[-1]
        if self._ended_well:
            return ExitCode.FAILED if self._lost or self._reader_failed else ExitCode.OK
        raise UdaemonError("the supervisor died, and its daemons with it", "its common log may say why")
