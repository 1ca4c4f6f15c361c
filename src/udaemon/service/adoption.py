"""Adopts daemons that nobody watches any more: their supervisor was killed, and its keeper too.

Decides nothing. A lock that is held means alive; its process is the one that is noted beside it and has that lock, or
that of the ledger, if it began before that was written, even where it has closed its lock. Where the ledger is lost, it
is the first that has the lock and leads a session. Any other that has the number of a dead daemon is somebody else's,
and is not touched. What a dead one has left behind is ended, as what was started and not written down any more. Lost
with the keeper are the run counters, and the exit code where the kernel does not tell it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress

from attrs import evolve

from udaemon.engines import locks
from udaemon.engines.kept import KeptKernel
from udaemon.engines.process import ManagedProcess
from udaemon.manifest.log_table import LogStderr
from udaemon.policy import steps
from udaemon.policy.events import Renewed
from udaemon.policy.instance import Instance, Key, State, Wanted
from udaemon.policy.ledger import Entry, restored
from udaemon.policy.plan import has_task
from udaemon.service import stray_logger, strays
from udaemon.service.recovery import Parts, is_same, is_unanswered
from udaemon.system.exit_status import kill_and_wait
from udaemon.system.file_identity import identity
from udaemon.system.process_tree import Relative


def adopt(
    parts: Parts, kernel: KeptKernel, directory: str, entries: Mapping[Key, Entry], publish: Callable[[Key, str], None]
) -> bool:
    """Adopt what the locks and the ledger prove to be alive. Returns whether there was anything.

    Args:
        parts: The new supervisor's.
        kernel: Asked about processes.
        directory: Of the instances' locks.
        entries: What the ledger says.
        publish: Called with each that is adopted, and a sentence.
    """
    if not locks.are_known(directory):
        return False
    alive = _alive(kernel, directory, parts.fleet.instances.values(), entries)
    found = [
        (instance, managed)
        for known in tuple(parts.fleet.instances.values())
        if (pid := alive.get(known.key)) is not None
        and (managed := _managed(kernel, instance := _instance(known, pid, entries.get(known.key)), pid)) is not None
    ]
    unknown = [(instance, managed) for instance, managed in found if not parts.logs.knows(instance.key)]
    pipes = {instance.key: _log_pipes(managed) for instance, managed in unknown}
    for _, pidfd in stray_logger.loggers_with({identity(fd) for fds in pipes.values() for fd in fds if fd is not None}):
        kill_and_wait(pidfd)
    for instance, managed in found:
        key = instance.key
        for errors, pipe in zip((False, True), pipes.get(key, (None, None)), strict=True):
            if pipe is not None:
                parts.logs.take(instance, pipe, errors=errors)
        lock = locks.lookup(directory, key)
        files = [file for file in (lock, *parts.performer.adopt(instance)) if file is not None]
        if lock is not None:
            kernel.inherit(managed.pid, lock)
        parts.fleet.restore(instance)
        parts.engine.adopt(managed, parts.scoreboard.locate(parts.slots[key]), files)
        if instance.holds and has_task(instance.daemon):  # what it says in its slot is heard no more
            parts.happen(key, Renewed("its supervisor"))
        publish(key, f"pid {managed.pid} goes on; its supervisor and its keeper were killed, its counters are lost")
    return bool(found)


def _alive(
    kernel: KeptKernel, directory: str, instances: Iterable[Instance], entries: Mapping[Key, Entry]
) -> Mapping[Key, int]:
    """The process that has an instance's lock, of each that somebody has."""
    alive: dict[Key, int] = {}
    unknown: dict[tuple[int, ...], Key] = {}
    left: set[tuple[int, ...]] = set()
    for one in tuple(instances):
        key, entry, holder = one.key, entries.get(one.key), None
        if entry is not None and entry.pid is not None:
            seen = kernel.look_at(entry.pid)
            if seen is not None and not seen.zombie and is_same(seen, entry):  # whoever has a zombie now reaps it
                holder = entry.pid
        try:
            os.close(locks.acquire(directory, key))
        except locks.LockHeld as held:
            holder = held.pid or holder
            if holder is None and (lock := locks.lookup(directory, key)) is not None:
                if entry is None:
                    unknown[lock] = key
                elif one.daemon.stop.kill_tree or is_unanswered(restored(entry, one.daemon, one.index, one.plan)):
                    left.add(lock)
        except OSError:
            continue
        if holder is not None:
            alive[key] = holder
    if left:  # and the zygote that may be about to fork one
        strays.end(lambda: {*kernel.holders(kernel.all_pids(), left)} - {kernel.pid()})
    return alive | _leaders(kernel, unknown)


def _leaders(kernel: KeptKernel, unknown: Mapping[tuple[int, ...], Key]) -> dict[Key, int]:
    """The first process with each of these locks that leads a session: its pid was noted by nobody, or written over."""
    found: dict[Key, Relative] = {}
    for pid in kernel.holders(kernel.all_pids(), unknown.keys()) if unknown else ():
        seen = kernel.look_at(pid)
        if seen is None or seen.session != pid:
            continue
        for lock in unknown.keys() & kernel.open_files(pid):
            before = found.get(unknown[lock])
            if before is None or seen.started < before.started:
                found[unknown[lock]] = seen
    return {key: seen.pid for key, seen in found.items()}


def _managed(kernel: KeptKernel, instance: Instance, pid: int) -> ManagedProcess | None:
    try:
        pidfd = kernel.open(pid)
    except OSError:
        return None
    return ManagedProcess(key=instance.key, daemon=steps.declared(instance), pid=pid, pidfd=pidfd)


def _instance(declared: Instance, pid: int, entry: Entry | None) -> Instance:
    """What it was, where the ledger tells of this process; else it runs, and more is not known."""
    locks = declared.daemon.lock
    if entry is not None and entry.pid == pid:
        was = restored(entry, declared.daemon, declared.index, declared.plan)
        was = evolve(was, place=0, holds=locks)
        starts = was.state is State.STARTING and was.step is None
        return evolve(was, state=State.RUNNING, held_up=False) if starts else was
    now = time.monotonic()
    return evolve(declared, state=State.RUNNING, wanted=Wanted.UP, pid=pid, started_at=now, holds=locks)


def _log_pipes(managed: ManagedProcess) -> tuple[int | None, int | None]:
    """The read ends of the pipes that it writes its output and its errors to, where those have one of their own."""
    errors = _pipe(managed.pid, 2) if managed.daemon.log.stderr is LogStderr.SEPARATE else None
    return _pipe(managed.pid, 1), errors


def _pipe(pid: int, fd: int) -> int | None:
    """The read end of a pipe that a process writes to (proc(5): to open a pipe there is to open that pipe)."""
    path = f"/proc/{pid}/fd/{fd}"
    with suppress(OSError):
        if os.readlink(path).startswith("pipe:"):
            return os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    return None
