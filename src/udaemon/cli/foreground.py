"""`up` in the foreground: what becomes of each daemon, logs and events, until everything has stopped.

Knows no daemon and stops none: it asks the supervisor to. How all that looks is the face's.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

from udaemon.child.dispositions import DEADLY, survive_signals
from udaemon.cli.data_format import terminal_width
from udaemon.cli.options import GlobalOptions
from udaemon.cli.screen import Face, Json, Plain, face
from udaemon.cli.stop_signals import STOPS, StopSignals
from udaemon.control.client import Client, SupervisorGone
from udaemon.control.sockets import SupervisorSilent
from udaemon.errors import ExitCode, UdaemonError
from udaemon.logs.entries import Entry
from udaemon.logs.follow import LogReader, follow
from udaemon.logs.tail import LogSource
from udaemon.system import oserror
from udaemon.system.readable import wait_readable
from udaemon.ui import jsonlines
from udaemon.ui.loglines import LogLines

_TERMINAL = (signal.SIGHUP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU)
"""What these do by themselves is right: when the terminal goes, all goes with it."""
_ENDS = frozenset({"exited", "failed", "stopped"})


class Attach(NamedTuple):
    """What the operator asked for beside a start: how things are shown, and whose end is that of all.

    `followed` are the instances, as `web/0`, of which the first that has ended for good ends all; none for no such.
    """

    as_json: bool = False
    followed: frozenset[str] = frozenset()

    def code(self, event: Mapping[str, Any]) -> int | None:
        """The exit code of `up`, where this event is the end of one that it follows; None where it is not.

        A signal is 128 + n, as in a shell; one that could not be started, or was stopped before that, has 1 and 0.
        """
        if f"{event['name']}/{event['instance']}" not in self.followed:
            return None
        data = event["data"]
        if data.get("state") not in _ENDS:
            return None
        end = data["exit"] or {}
        if end.get("signal") is not None:
            return 128 + int(end["signal"])
        if end.get("code") is not None:
            return int(end["code"])
        return int(data["state"] == "failed")


class ForegroundUp:
    """A terminal that watches a supervisor and keeps it: when it ends, all ends.

    Args:
        connect: Makes a connection to the supervisor.
        readers: The logs to show, opened before anything was started.
        options: The global options.
        attach: What was asked for beside.
    """

    def __init__(
        self,
        connect: Callable[[], Client],
        readers: Sequence[LogReader],
        options: GlobalOptions,
        attach: Attach,
    ) -> None:
        self._attach = attach
        self._code: int | None = None
        self._connect = connect
        self._readers = readers
        self._options = options
        self._stops = StopSignals()
        self._interrupts: list[int] = []
        self._stopping: list[Client] = []
        self._output_failed: list[OSError] = []
        self._face: Face = Plain(options)
        self._ended_well = False
        self._incomplete = False
        self._reader_failed = False

    @contextmanager
    def signals_held(self) -> Iterator[None]:
        """Let what asks for an end wait for `run`: once daemons run it is to stop them, and wait for that."""
        signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
        try:
            yield
        except BaseException:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
            raise

    def run(
        self,
        project: str,
        instances: Sequence[str],
        timeouts: Mapping[str, float],
        *,
        names: tuple[str, ...],
        no_deps: bool,
    ) -> int:
        """Start what was named, show what becomes of it, logs and events, until the supervisor has ended.

        Args:
            project: The project's name.
            instances: What is expected to come up, as `mailer/0`.
            timeouts: After how many seconds an instance is killed that does not stop.
            names: What the operator named, to be started.
            no_deps: Whether only that, whatever it needs.

        Raises:
            OSError: Standard output cannot be written.
        """
        with self._signals(), self._connect() as events, self._connect() as starting:
            events.post("events", follow=True)
            starting.post("up", names=names, no_deps=no_deps)
            if self._attach.as_json:
                self._face = Json(self._options, self._output_fails)
            else:
                self._face = face(self._options, project, list(instances), timeouts, self._output_fails)
            try:
                with self._logs():
                    self._watch(events, starting)
            finally:
                self._face.close()
        if self._output_failed:
            raise self._output_failed[0]
        return self._exit_code()

    def _watch(self, events: Client, starting: Client | None = None) -> None:
        """Until the supervisor has ended. Who was cut off, as a terminal that is held reads nothing, follows again."""
        following: Client | None = events
        while following is not None:
            with suppress(SupervisorGone):
                while True:
                    ready = self._select(following, *([] if starting is None else [starting]))
                    if following.fileno() in ready:
                        self._show(following)
                    if starting is not None and starting.fileno() in ready and not self._hear(starting):
                        starting = None
            following = None if self._ended_well else self._follow_again()
        for client in self._stopping:
            client.wait_for_end()  # what it says of lost output has come as an event, too
            client.close()

    def _hear(self, starting: Client) -> bool:
        """Whether there is more to come of what was started."""
        try:
            answers = starting.arrived()
        except SupervisorGone:
            return False
        for answer in answers:
            if not answer.more:
                self._face.settled()
                return False
            self._face.outcome(answer.data)
        return True

    def _follow_again(self) -> Client | None:
        """A new stream of events, None where the supervisor has gone."""
        with suppress(UdaemonError):
            events = self._connect()
            events.post("events", follow=True)
            return events
        return None

    def _select(self, *clients: Client) -> tuple[int, ...]:
        """Wait for events; a signal of the operator is handled at once."""
        ready = wait_readable(self._stops.fileno(), *(client.fileno() for client in clients))
        if self._stops.fileno() in ready:
            for number in self._stops.take():
                self._interrupt(number)
            if self._output_failed and not self._interrupts:
                self._interrupt(signal.SIGPIPE)
        return ready

    def _interrupt(self, number: int) -> None:
        """The first signal stops everything, the next ones hurry it."""
        hurry = bool(self._interrupts)
        self._interrupts.append(number)
        self._stop(hurry=hurry)

    def _stop(self, *, hurry: bool = False) -> None:
        self._face.stopping(hurry=hurry)
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
                self._incomplete |= event["event"] in {"lost", "unkillable"}
                self._face.event(event)
                if self._code is None and (code := self._attach.code(event)) is not None:
                    self._code = code
                    self._stop()

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
        color = self._options.colors(sys.stdout.isatty())
        drawn = LogLines(sources, color=color, available=terminal_width())
        shown = jsonlines.lines if self._attach.as_json else drawn.shown

        def emit(come: Sequence[tuple[LogSource, Entry]]) -> None:
            try:
                self._face.logs(shown(come))
            except OSError as error:
                self._output_failed.append(error)
                raise

        try:
            follow(self._readers, emit, stop=stop)
        except Exception as error:  # noqa: BLE001 - whatever it is: a thread's end would go unseen
            if self._output_failed:
                self._stops.wake()
                return
            # Daemons do not end because their logs cannot be shown.
            self._reader_failed = True
            reason = oserror.reason(error) if isinstance(error, OSError) else f"a bug in udaemon: {error!r}"
            self._face.say(f"logs are shown no longer: {reason}; see udaemon logs", failed=True)

    def _output_fails(self, error: OSError) -> None:
        self._output_failed.append(error)
        self._stops.wake()

    @contextmanager
    def _signals(self) -> Iterator[None]:
        before = {number: signal.getsignal(number) for number in DEADLY}
        survive_signals()
        for kept in _TERMINAL:
            signal.signal(kept, before[kept])
        if os.getpid() == 1:
            before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda _number, _frame: _reap())
        try:
            with self._stops.listening():
                yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _exit_code(self) -> int:
        """130 after Ctrl-C, 128 + n after a second signal; else that of the daemon that was followed, or 0.

        An end that lost output or left a process that cannot be killed, or logs that could not be shown, are a failure.
        """
        if signal.SIGINT in self._interrupts:
            return ExitCode.INTERRUPTED
        if len(self._interrupts) > 1:
            return 128 + self._interrupts[-1]
        if self._code is not None and not self._interrupts:
            return self._code
        if self._ended_well:
            return ExitCode.FAILED if self._incomplete or self._reader_failed else ExitCode.OK
        raise SupervisorGone("the supervisor died, and its daemons with it", "its common log may say why")


def _reap() -> None:
    """As process 1 of a container: whatever was orphaned there is our child, and a zombie until it is reaped."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass
