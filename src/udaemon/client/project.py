"""A running project, to ask and to steer from a program.

Knows no terminal. Each method makes a connection of its own: a project that was stopped and started
anew meanwhile answers all the same, and threads need not take turns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from time import monotonic
from typing import Any, Literal

from udaemon.client.finding import Path, finder, seconds
from udaemon.client.values import Event, Instance, Outcome, Supervisor, read
from udaemon.control.client import Client, SupervisorGone
from udaemon.control.drift import marked
from udaemon.control.sockets import ANSWERS_WITHIN
from udaemon.errors import UdaemonError, WaitTimedOut
from udaemon.system.readable import wait_readable
from udaemon.waits import bounded

Until = Literal["ready", "stopped", "run-ok"]


class NotDone(UdaemonError):
    """Some instances did not become what was asked for.

    Attributes:
        outcomes: What came of each instance, of those that did, too.
    """

    def __init__(self, outcomes: Sequence[Outcome]) -> None:
        failed = [outcome for outcome in outcomes if not outcome.ok]
        more = f", and {len(failed) - 1} more" if len(failed) > 1 else ""
        super().__init__(f"{failed[0]}{more}" if failed else "nothing came of it")
        self.outcomes = tuple(outcomes)


def connect(
    manifest: Path | None = None,
    *,
    project: str | None = None,
    run_dir: Path | None = None,
    timeout: float = ANSWERS_WITHIN,
) -> Project:
    """Find the running supervisor of a project.

    Args:
        manifest: The file it was started from. Without this and `run_dir` it is looked for as on the command line:
            `UDAEMON_FILE`, or `udaemon.toml` or `udaemon.yaml` in the working directory or a parent.
        project: The project's name, where several run from one manifest, or where there is no manifest here.
        run_dir: The run directory itself, in place of both.
        timeout: Seconds within which the supervisor must answer, here and in each method; the work that it is asked
            to do may take longer.

    Raises:
        NotRunning: None runs.
        UdaemonError: There is no manifest, several projects run from it, or the supervisor does not answer.
    """
    found = Project(finder(manifest, project, run_dir, timeout))
    found.supervisor()
    return found


class Project:
    """A running project, from `connect`.

    Names are as on the command line: a daemon, a glob (`mail*`), a tag (`tag:mail`) or one instance (`mailer/1`).
    Every method raises `NotRunning` when the supervisor has ended, `NoSuchDaemon` when a name fits nothing, and
    `UdaemonError` for whatever else the supervisor refuses.
    """

    def __init__(self, client: Callable[[], Client]) -> None:
        self._client = client

    def supervisor(self) -> Supervisor:
        """Tell who supervises it, since when, and what is declared."""
        return read(self._ask("hello"), Supervisor)

    def instances(self, *names: str) -> tuple[Instance, ...]:
        """Return how the instances are, all of them without names: what `udaemon ps` shows."""
        told = marked(self._ask("ps", names=names, files=True))
        return tuple(read(one, Instance) for one in told["instances"])

    def start(self, *names: str, timeout: float | None = None) -> tuple[Outcome, ...]:
        """Start daemons, and wait until they run; one that runs already is left as it is.

        Args:
            names: At least one; `"*"` is all.
            timeout: Seconds to wait; the start goes on then. None to wait for as long as it takes.

        Raises:
            NotDone: Some did not come up.
            WaitTimedOut: It takes longer.
        """
        return self._ask_and_wait("start", names=_some(names), wait_timeout=seconds(timeout))

    def stop(self, *names: str, stop_timeout: float | None = None, timeout: float | None = None) -> tuple[Outcome, ...]:
        """Stop daemons, and wait until they have; one that does not run is left as it is.

        Args:
            names: At least one; `"*"` is all.
            stop_timeout: Seconds that each gets before it is killed, in place of the manifest's `stop.timeout`.
            timeout: Seconds to wait; the stop goes on then. None to wait for as long as it takes.

        Raises:
            NotDone: Some could not be stopped.
            WaitTimedOut: It takes longer.
        """
        return self._ask_and_wait(
            "stop", names=_some(names), timeout=seconds(stop_timeout), wait_timeout=seconds(timeout)
        )

    def restart(self, *names: str, rolling: bool = False, timeout: float | None = None) -> tuple[Outcome, ...]:
        """Have daemons run in new processes, and wait until they do.

        Args:
            names: At least one; `"*"` is all.
            rolling: One instance at a time, after its run; the next one once it is ready; until one fails.
            timeout: Seconds to wait; the restart goes on then, a rolling one with the instance under way only. None
                to wait for as long as it takes.

        Raises:
            NotDone: Some did not come up.
            WaitTimedOut: It takes longer.
        """
        return self._ask_and_wait("restart", names=_some(names), rolling=rolling, wait_timeout=seconds(timeout))

    def diff(self) -> Mapping[str, Any]:
        """Tell what an edit of the manifest would change: what `udaemon diff --json` prints.

        Raises:
            ManifestError: It has errors.
        """
        with closing(self._client()) as client:
            client.be_patient()
            changes: Mapping[str, Any] = client.ask("diff")
            return changes

    def apply(self, *, now: bool = False, timeout: float | None = None) -> tuple[Outcome, ...]:
        """Have what runs be as the manifest on disk says. Returns what became of those that start, restart or stop.

        Args:
            now: Do not wait for the end of runs.
            timeout: Seconds to wait; the change goes on then. None to wait for as long as it takes.

        Raises:
            ManifestError: It has errors; nothing has changed.
            NotDone: Some did not come up.
            WaitTimedOut: It takes longer.
        """
        return self._ask_and_wait("apply", now=now, wait_timeout=seconds(timeout))

    def scale(
        self, instances: Mapping[str, int], *, now: bool = False, timeout: float | None = None
    ) -> tuple[Outcome, ...]:
        """Have daemons have other numbers of instances, until the next `apply`.

        Args:
            instances: How many each shall have, by its name.
            now: Do not wait for the end of runs.
            timeout: Seconds to wait; the change goes on then. None to wait for as long as it takes.

        Raises:
            NotDone: Some did not come up.
            WaitTimedOut: It takes longer.
        """
        _some(tuple(instances))
        return self._ask_and_wait("scale", instances=dict(instances), now=now, wait_timeout=seconds(timeout))

    def pause(self, *names: str) -> tuple[Outcome, ...]:
        """Let runs that go on end, and begin no more until `resume`.

        Raises:
            NotDone: Some have no runs.
        """
        return self._ask_about_runs("pause", names)

    def resume(self, *names: str) -> tuple[Outcome, ...]:
        """Begin runs again after `pause`.

        Raises:
            NotDone: Some have no runs.
        """
        return self._ask_about_runs("resume", names)

    def kick(self, *names: str) -> tuple[Outcome, ...]:
        """Have daemons run now, whatever their schedule says; where a run goes on there is one more after it.

        Raises:
            NotDone: Some have no runs, or do not run.
        """
        return self._ask_about_runs("kick", names)

    def wait(self, *names: str, until: Until = "ready", timeout: float | None = None) -> tuple[Outcome, ...]:
        """Wait until daemons are ready, have stopped, or have had a good run.

        Args:
            names: At least one; `"*"` is all.
            until: What is waited for.
            timeout: Seconds to wait; None to wait for as long as it takes.

        Raises:
            NotDone: It cannot come any more: a daemon gave up, for one.
            WaitTimedOut: It takes longer.
        """
        return self._ask_and_wait("wait", names=_some(names), until=until, timeout=seconds(timeout))

    def signal(self, signal: str, *names: str) -> tuple[str, ...]:
        """Send a signal (`"HUP"`) to the processes of daemons. Returns the instances that got it (`"mailer/0"`)."""
        return tuple(self._ask("signal", signal=signal, names=_some(names))["sent"])

    def events(self, *names: str, follow: bool = False, timeout: float | None = None) -> Iterator[Event]:
        """Return what happened of late; with `follow` go on with what happens, until the supervisor ends.

        Args:
            names: Whose events; without, all of them and the supervisor's own.
            follow: Go on.
            timeout: With `follow`, seconds to wait for the next event.

        Raises:
            WaitTimedOut: Nothing has happened for so long.
        """
        seconds(timeout)
        with closing(self._client()) as client:
            client.be_patient()
            client.post("events", names=names, follow=follow)
            more = True
            while more:
                try:
                    answers = _next_answers(client, timeout)
                except SupervisorGone:
                    return
                for answer in answers:
                    more = answer.more
                    yield from (read(event, Event) for event in answer.data["events"])

    def down(self, *, stop_timeout: float | None = None) -> None:
        """Stop everything, the supervisor too, and wait until it has ended.

        Args:
            stop_timeout: Seconds that each daemon gets before it is killed, in place of the manifest's.
        """
        with closing(self._client()) as client:
            client.be_patient()
            for _told in client.stream("down", timeout=seconds(stop_timeout)):
                pass
            client.wait_for_end()

    def _ask(self, verb: str, **args: Any) -> Any:
        with closing(self._client()) as client:
            return client.ask(verb, **args)

    def _ask_and_wait(self, verb: str, **args: Any) -> tuple[Outcome, ...]:
        with closing(self._client()) as client:
            client.be_patient()
            return _outcomes(one for one in client.stream(verb, **args) if "name" in one)

    def _ask_about_runs(self, verb: str, names: Sequence[str]) -> tuple[Outcome, ...]:
        return _outcomes(self._ask(verb, names=_some(names))["outcomes"])


def _outcomes(told: Iterable[Any]) -> tuple[Outcome, ...]:
    outcomes = tuple(read(one, Outcome) for one in told)
    if not all(outcome.ok for outcome in outcomes):
        raise NotDone(outcomes)
    return outcomes


def _next_answers(client: Client, timeout: float | None) -> Sequence[Any]:
    deadline = None if timeout is None else monotonic() + timeout
    while True:
        left = bounded(None if deadline is None else deadline - monotonic())
        if not wait_readable(client.fileno(), timeout=left):
            if deadline is not None and monotonic() >= deadline:
                raise WaitTimedOut(f"nothing has happened for {timeout:g} s")
        elif answers := client.arrived():  # a long one comes in pieces
            return answers


def _some(names: Sequence[str]) -> Sequence[str]:
    if not names:
        raise ValueError("name at least one daemon; '*' is all of them")
    return names
