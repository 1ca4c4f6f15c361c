"""One declared daemon in the process that calls, in the foreground: what `udaemon run` does, for programs too.

Knows nothing of the loop and of the command line. The instance's lock is taken as a supervisor takes it: there is never
a second copy.
"""

from __future__ import annotations

import fcntl
import os
import shlex
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from typing import Any

from attrs import evolve

from udaemon.child.environment import apply_environment, surroundings
from udaemon.child.foreground import run_here
from udaemon.child.recorder import Listener, Listeners, listed
from udaemon.control import claim, rundir
from udaemon.control.client import Client
from udaemon.engines import locks
from udaemon.engines.child_spec import spec_of
from udaemon.errors import ExitCode, NoSuchDaemon, UdaemonError
from udaemon.manifest.find import find
from udaemon.manifest.keys import Named, Table, keys_of
from udaemon.manifest.merge import meaningless
from udaemon.manifest.model import Daemon, Manifest
from udaemon.manifest.own_instance import for_instance
from udaemon.manifest.problems import BadManifest, Wrong
from udaemon.manifest.read import load
from udaemon.manifest.report import as_text
from udaemon.manifest.wording import did_you_mean
from udaemon.policy.instance import Key
from udaemon.supervisor.alone import kept_files


class Runner:
    """Runs the daemons of a manifest one at a time, each in the foreground of the calling process.

    What is said in more than one place counts in this order: the arguments of `run_daemon`, the file `config`, the
    daemon's own table, `defaults`.

    Args:
        manifest: The manifest; without, it is looked for as on the command line.
        config: A second file of the same form; what it says stands above the manifest.
        project: Stands above the manifest's `project`.
        context: Stands above the manifest's `context`; "" for none.
        profiles: Daemons that belong to profiles are there only for these.

    Raises:
        UdaemonError: There is no manifest; or it has errors, all of them in `problems` and in the notes.
    """

    def __init__(
        self,
        manifest: str | os.PathLike[str] | None = None,
        *,
        config: str | os.PathLike[str] | None = None,
        project: str | None = None,
        context: str | None = None,
        profiles: Collection[str] = (),
    ) -> None:
        named = [] if manifest is None else [os.fspath(manifest)]
        layers = [*find(named, os.environ, os.getcwd()), *([] if config is None else [os.fspath(config)])]
        try:
            self.manifest = load(layers, environ=os.environ, project=project, context=context, profiles=profiles)
        except BadManifest as error:
            error.add_note(as_text(error.problems, error.sources, os.getcwd()))
            raise

    def run_daemon(
        self,
        name: str,
        *,
        instance: int = 0,
        once: bool = False,
        factory: str | None = None,
        task: str | None = None,
        sleep: float | str | None = None,
        min_sleep: float | str | None = None,
        memory_limit: int | str | None = None,
        memory_threshold: float | None = None,
        on_start: Listeners = (),
        on_task_done: Listeners = (),
        on_task_failed: Listeners = (),
    ) -> int:
        """Run one daemon until it ends or TERM, QUIT or INT asks it to.

        Call it in the main thread. The process's directory, umask and environment become the daemon's and stay so.

        Args:
            name: Which daemon.
            instance: Which copy of it to be.
            once: End after one run.
            factory: "package.module:function", in place of the manifest's.
            task: The same.
            sleep: Seconds or "1m30s", in place of the manifest's.
            min_sleep: The same.
            memory_limit: Bytes or "256M", in place of the manifest's; -1 for no limit.
            memory_threshold: Percent, in place of the manifest's.
            on_start: Called with a `TaskEvent` before the first run, after the manifest's listeners: one or several.
            on_task_done: The same, after each run that returned.
            on_task_failed: The same, with the exception of a run.

        Returns:
            The daemon's exit code; 130 after Ctrl-C.

        Raises:
            UdaemonError: There is no such daemon or instance, an argument is wrong, or it runs already.
        """
        changes = {
            "factory": factory,
            "task": task,
            "sleep": sleep,
            "min_sleep": min_sleep,
            "memory_limit": memory_limit,
            "memory_threshold": memory_threshold,
        }
        listeners = {
            "start": listed(on_start),
            "task_done": listed(on_task_done),
            "task_failed": listed(on_task_failed),
        }
        return run_declared(self.manifest, name, instance=instance, once=once, changes=changes, listeners=listeners)


def run_declared(
    manifest: Manifest,
    name: str,
    *,
    instance: int,
    once: bool,
    changes: Mapping[str, object],
    listeners: Mapping[str, tuple[Listener, ...]],
    at_end: Callable[[], object] = lambda: None,
    files: bool = False,
) -> int:
    """Run one daemon. Returns its exit code.

    Args:
        manifest: Where it is declared.
        name: Which daemon.
        instance: Which copy of it to be.
        once: End after one run.
        changes: Keys of a daemon, as attributes of `Daemon`, with plain values in place of the manifest's; None
            for no change.
        listeners: Further ones for each kind of event.
        at_end: Called while no other copy can start yet.
        files: Keep its log and its pid file as a supervisor does; nothing is shown here then.

    Raises:
        UdaemonError: There is no such daemon or instance, a change is wrong, or it runs already.
    """
    daemon = _changed(_declared(manifest, name, instance), changes)
    if daemon.command is not None and any(listeners.values()):
        raise UdaemonError(f"{name} is a command, which tells no events", exit_code=ExitCode.USAGE)
    if daemon.python is not None:
        hint = f"udaemon up -d {name} and udaemon logs -f {name} run it in its own"
        raise UdaemonError(f"{name} is for another Python than this one: {daemon.python}", hint, ExitCode.USAGE)
    key = Key(name, instance)
    place = os.path.join(rundir.base(os.environ, os.geteuid()), rundir.directory_name(manifest.project, manifest.file))
    with _locked(manifest, key) as lock, kept_files(manifest, daemon, key, place) if files else nullcontext() as kept:
        if daemon.command is not None:
            code = _foreground(manifest, daemon, key, lock, on_start=kept or (lambda _pid: None))
        else:
            spec = spec_of(manifest, daemon, instance)
            apply_environment(
                surroundings(for_instance(daemon, instance).env, spec.cwd, inherit=daemon.env_inherit),
                manifest.directory,
            )
            told = {kind: (*spec.listeners.get(kind, ()), *more) for kind, more in listeners.items()}
            if kept is not None:
                kept(os.getpid())
            code = run_here(spec._replace(listeners={**spec.listeners, **told}), once=once)
        at_end()
        return code


def _declared(manifest: Manifest, name: str, instance: int) -> Daemon:
    daemon = manifest.daemons.get(name)
    if daemon is None:
        hint = did_you_mean(name, manifest.daemons, f"there are {', '.join(manifest.daemons)}")
        raise NoSuchDaemon(f"no daemon {name}", hint)
    if not 0 <= instance < daemon.instances:
        raise UdaemonError(
            f"{name} has no instance {instance}", f"they are numbered 0 to {daemon.instances - 1}", ExitCode.USAGE
        )
    return daemon


def _changed(daemon: Daemon, changes: Mapping[str, object]) -> Daemon:
    """The daemon with what is said elsewhere than in the manifest, read as the manifest reads it."""
    read: dict[str, Any] = {}
    for key in keys_of(Daemon):
        value = changes.get(key.field)
        if value is None:
            continue
        if key.name in meaningless(daemon.kind) or (daemon.kind == "command" and key.name in ("sleep", "min-sleep")):
            raise UdaemonError(f"{key.name} means nothing for a {daemon.kind} daemon", exit_code=ExitCode.USAGE)
        assert not isinstance(key.type, Table | Named)
        try:
            read[key.field] = key.type.parse(value)
        except Wrong as error:
            raise UdaemonError(f"{key.name}: {error.message}", error.hint, ExitCode.USAGE) from None
    return evolve(daemon, **read) if read else daemon


@contextmanager
def _locked(manifest: Manifest, key: Key) -> Iterator[int]:
    """Hold the instance's lock in the run directory that a supervisor would use, and leave no trace there."""
    base = rundir.base(os.environ, os.geteuid())
    name = rundir.directory_name(manifest.project, manifest.file)
    directory = os.path.join(base, name)
    with ExitStack() as stack:
        # First of all: a supervisor that says it does not run it has yet to look for this name before it could.
        held = claim.hold(f"{name}/{key}", os.geteuid())
        if held is not None:
            stack.enter_context(held)
        _ask_supervisor(name, key)
        fd = rundir.make(base, name)
        stack.callback(os.close, fd)
        try:
            lock = locks.acquire(os.path.join(directory, "locks"), key)
        except locks.LockHeld as error:
            raise UdaemonError(f"{key} runs already: {error}", _way_out(manifest, key, fd, error.pid)) from None
        finally:
            rundir.release(fd)
        stack.callback(_tidy, directory, fd)
        stack.callback(os.close, lock)
        if held is None and claim.SUPPORTED:
            hint = "it may be of another terminal or session"
            raise UdaemonError(f"{key} runs already, by another udaemon run", hint)
        locks.record(lock, key, os.getpid())
        yield lock


def _ask_supervisor(name: str, key: Key) -> None:
    """See that no supervisor runs the instance, whatever its run directory.

    Raises:
        UdaemonError: It runs already.
    """
    # The lock decides where we do not believe who answers; what has been declared since is not known to it yet.
    with suppress(claim.Squatted, NoSuchDaemon):
        connection = claim.connect(name, os.geteuid())
        if connection is None:
            return
        with Client(connection) as client:
            told = client.ask("ps", names=[str(key)])["instances"]
        if told and told[0]["pid"] is None and told[0]["state"] == "starting":
            raise UdaemonError(f"{key} is being started", f"udaemon stop {key.name} ends it")
        if told and told[0]["pid"] is not None:
            raise UdaemonError(f"{key} runs already: pid {told[0]['pid']}", f"udaemon stop {key.name} ends it")


def _way_out(manifest: Manifest, key: Key, fd: int, pid: int | None) -> str | None:
    """What ends the copy that runs, from where the caller stands; what no supervisor started none can stop."""
    if rundir.running(fd):
        files = "" if os.path.dirname(manifest.file) == os.getcwd() else f"-f {shlex.quote(manifest.file)} "
        return f"udaemon {files}stop {key.name} ends it"
    return None if pid is None else f"no supervisor started it: kill {pid} ends it"


def _tidy(directory: str, fd: int) -> None:
    """Take away what is ours and no longer used; a supervisor that runs here by now keeps everything."""
    with suppress(OSError):
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not rundir.running(fd):
            locks.discard_unused(f"{directory}/locks")
            os.rmdir(f"{directory}/locks")
            os.rmdir(directory)


def _foreground(manifest: Manifest, daemon: Daemon, key: Key, lock: int, *, on_start: Callable[[int], object]) -> int:
    from udaemon.supervisor.foreground import ForegroundCommand  # a task has no use for it

    return ForegroundCommand(manifest, daemon, key, lock, on_start=on_start).run()
