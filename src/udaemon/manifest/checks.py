"""Rules between keys, each a function that yields what it finds.

Knows values as they were structured and tables as they were written; imports and opens nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from udaemon.manifest.exclusions import end_of, start_of
from udaemon.manifest.keys import keys_of
from udaemon.manifest.log_checks import check_logs
from udaemon.manifest.measures import format_size
from udaemon.manifest.merge import LONGEST_LINE, Tree, kind_of, kinds, levels, lineage, meaningless, php_keys
from udaemon.manifest.model import BARE, KINDS, PYTHON, TASKS, Daemon, Manifest, Php
from udaemon.manifest.probes import WAYS, Health, Ready, check_probe
from udaemon.manifest.problems import Finding, Path, unknown_daemon
from udaemon.manifest.root import Root
from udaemon.manifest.schedule import Overlap
from udaemon.manifest.wording import did_you_mean, near, shown

SCHEDULE = tuple(
    "min-sleep timezone jitter stagger run-on-start overlap misfire except from until task-timeout".split()
)
"""Keys that say nothing to a command which has neither `cron` nor `sleep`."""


def check_tables(top: Tree) -> Iterator[Finding]:
    """Check what was written, also where some of it is wrong: a daemon's own tables, not yet its values."""
    daemons = top.get("daemons", {})
    if isinstance(daemons, dict):
        if not daemons and not _called_otherwise(top):
            hint = "add a table such as [daemons.mailer]"
            yield Finding("no-daemons", "declares no daemon", hint, ("daemons",), at_key=True)
        for name, own in daemons.items():
            if isinstance(own, dict):
                yield from _what_to_run(top, name, own)
                for table, model in (("ready", Ready), ("health", Health)):
                    if table in own:
                        yield from _probe(top, name, table, model)


def _probe(top: Tree, name: str, table: str, model: type) -> Iterator[Finding]:
    *lower, own = stack = levels(top, name)
    below = [level.get(table) for level in lower]
    if not any(isinstance(one, dict) and not set(WAYS).isdisjoint(one) for one in below):
        may_ask = "factory" in kinds(stack)  # its task may have a method that answers
        yield from check_probe(own[table], model, ("daemons", name, table), may_ask=may_ask)


def _called_otherwise(top: Tree) -> bool:
    """Whether daemons stand under another word or beside `daemons`, which is told as an unknown key."""
    from udaemon.manifest.meant import is_daemon, target

    known = {key.name for key in keys_of(Root)}
    unknown = [key for key in top if key not in known and not key.startswith("x-")][:100]
    return any(target(key, None) == "daemons" or isinstance(top[key], str) or is_daemon(top[key]) for key in unknown)


def _what_to_run(top: Tree, name: str, own: Tree) -> Iterator[Finding]:
    stack = levels(top, name)
    has = kinds(stack)
    path = ("daemons", name)
    if not has:
        *line, last = lineage(top, name)
        known = last in top["daemons"] and last not in line and len(line) < LONGEST_LINE
        if known and own.get("enabled") is not False and not _misspelt(own, Daemon):
            yield Finding(
                "nothing-to-run", "has no factory, task, php or command", "add one of them", path, at_key=True
            )
    elif len(has) > 1:
        at = (*path, has[-1]) if has[-1] in own else path
        together = " and ".join(has)
        yield Finding("both-to-run", f"{together} exclude each other", "leave one of them", at, at_key=True)
    else:
        kind = kind_of(stack, has) or has[0]
        php = own.get("php")
        if isinstance(php, dict):
            yield from _php(stack, php, (*path, "php"))
        for key in meaningless(kind):
            if key in own:
                hint = (_for_a_command(key) if kind == "command" else None) or f"take it out; {kind} is set"
                yield Finding("contradiction", f"means nothing for a {kind} daemon", hint, (*path, key), at_key=True)


def _for_a_command(key: str) -> str | None:
    from udaemon.manifest.meant import for_a_command

    return for_a_command(key)


def _php(stack: Sequence[Tree], own: Tree, path: Path) -> Iterator[Finding]:
    """Check that a PHP daemon is either a task or a whole daemon; an `entry` in `defaults` is no wish of a task's."""
    keys = php_keys(stack)
    whole = [key for key in ("entry", "id") if key in own]
    if "factory" in keys and whole:
        message = f"factory and {whole[0]} exclude each other"
        yield Finding("both-to-run", message, "leave one of them", (*path, whole[0]), at_key=True)
    elif not {"factory", "entry"} & keys and not _misspelt(own, Php):
        message, hint = "has no factory", "add factory, the PHP callable that makes the task"
        if "id" in keys:
            message, hint = "has no entry", "add entry, the PHP script that starts a daemon by its --id"
        yield Finding("nothing-to-run", message, hint, path, at_key=True)


def _misspelt(own: Tree, model: type) -> bool:
    """Whether an unknown key is told already that meant to say what to run: one mistake, one problem."""
    known = {key.name for key in keys_of(model)}
    from udaemon.manifest.meant import target

    unknown = [key for key in own if key not in known]
    return any(target(key, "", close=False) in KINDS or near(key, KINDS) for key in unknown)


def check_lineage(top: Tree) -> Iterator[Finding]:
    """Check that what is extended is there, and that nothing extends itself."""
    daemons = top.get("daemons")
    daemons = daemons if isinstance(daemons, dict) else {}
    if isinstance(top.get("defaults"), dict) and "extends" in top["defaults"]:
        hint = "take it out; a daemon may extend another one"
        yield Finding("contradiction", "means nothing in defaults", hint, ("defaults", "extends"), at_key=True)
    told: set[str] = set()
    for name, own in daemons.items():
        if not isinstance(own, dict) or not isinstance(own.get("extends"), str):
            continue
        path = ("daemons", name, "extends")
        line = lineage(top, name)
        if own["extends"] not in daemons:
            yield unknown_daemon(own["extends"], daemons, path)
        elif len(line) > LONGEST_LINE and line[-1] not in line[:-1]:
            message = f"is made of more than {LONGEST_LINE} daemons, each extending the next"
            yield Finding("too-deep", message, "extend one that has more of the keys itself", path)
        elif line[-1] == name and not told.intersection(line):
            told.update(line)
            names = " → ".join(line)
            yield Finding("extends-cycle", f"extends itself: {names}", "take one of them out", path)


def check_profiles(root: Root, profiles: Collection[str]) -> Iterator[Finding]:
    """Check that what is asked for is there."""
    known = {profile for daemon in root.daemons.values() for profile in daemon.profiles}
    for profile in sorted(set(profiles) - known):
        hint = did_you_mean(profile, known, f"known are {', '.join(sorted(known)) or 'none'}")
        yield Finding("unknown-profile", f"no daemon has the profile {shown(profile)}", hint, ("daemons",), at_key=True)


def check_root(root: Root, top: Tree) -> Iterator[Finding]:
    """Check values that are right by themselves."""
    for name, daemon in root.daemons.items():
        path = ("daemons", name)
        if daemon.shell and any(isinstance(level.get("command"), list) for level in levels(top, name)[-1:]):
            hint = "write the command as one string, or take shell out"
            yield Finding("contradiction", "a shell reads one string, not a list", hint, (*path, "command"))
        for table, probe in (("ready", daemon.ready), ("health", daemon.health)):
            if probe.notify and daemon.kind in TASKS:
                hint = "take it out: a task is ready when it is built"
                yield Finding("contradiction", "means nothing for a task", hint, (*path, table, "notify"), at_key=True)
        if daemon.backoff.initial > daemon.backoff.max:
            hint = "raise max, or lower initial"
            yield Finding("contradiction", "initial is longer than max", hint, (*path, "backoff"))
        yield from _schedule(daemon, top["daemons"][name], path)
        paced = daemon.cron or daemon.sleep or daemon.min_sleep or daemon.after_run
        if daemon.kind in TASKS and not daemon.command and not paced:
            hint = "set sleep to a period, or min-sleep to a pause"
            message = "sleep and min-sleep are both 0: it runs without a pause"
            yield Finding("no-pause", message, hint, path, at_key=True, severity="warning")
        if daemon.memory_limit is None and daemon.kind in PYTHON and "memory-threshold" in top["daemons"][name]:
            hint = "set memory-limit, or take it out"
            at = (*path, "memory-threshold")
            yield Finding("threshold-alone", "a percent of no limit", hint, at, at_key=True, severity="warning")
        if daemon.kind in PYTHON and too_little(daemon.memory_limit, daemon.memory_threshold):
            message = (
                f"{daemon.memory_threshold:g} percent of it is less than a bare Python's {format_size(BARE)} or so"
            )
            hint = "raise it, or memory-threshold: the process is replaced after every run"
            yield Finding("memory-small", message, hint, (*path, "memory-limit"), severity="warning")


def _schedule(daemon: Daemon, own: Tree, path: Path) -> Iterator[Finding]:
    if daemon.cron is not None and daemon.sleep and "sleep" in own:
        yield Finding(
            "contradiction", "cron and sleep exclude each other", "leave one of them", (*path, "sleep"), at_key=True
        )
    if daemon.overlap is Overlap.CANCEL and daemon.kind != "command":
        message = "cancel is for commands: a task's run is never broken off"
        yield Finding("contradiction", message, "write skip or queue", (*path, "overlap"))
    for name in ("sleep", "cron", *SCHEDULE) if daemon.after_run else ():
        if own.get(name):
            message = "after-run stands in place of a schedule"
            yield Finding("contradiction", message, "leave one of them", (*path, name), at_key=True)
    if daemon.begins and daemon.until and end_of(daemon.until) <= start_of(daemon.begins):
        yield Finding("contradiction", "is before from: nothing is ever due", "write a later one", (*path, "until"))
    plain = daemon.kind == "command" and not daemon.is_scheduled
    for name in SCHEDULE if plain else ():
        if name in own:
            hint = "add cron or sleep, or take it out"
            yield Finding("contradiction", "means nothing without a schedule", hint, (*path, name), at_key=True)


def too_little(limit: float | None, threshold: float) -> bool:
    """Whether a task in Python is over its threshold from the start; None is no limit."""
    return limit is not None and limit * threshold / 100 < BARE


def check_manifest(manifest: Manifest) -> Iterator[Finding]:
    """Check what is known only once paths are complete."""
    yield from check_logs(manifest)
    yield from same_pid_file(manifest)
    yield from _called_as_in_context(manifest)


def _called_as_in_context(manifest: Manifest) -> Iterator[Finding]:
    """A daemon that is called as another one is in this context: both have the same files, each at its time."""
    for name in manifest.daemons if manifest.context else ():
        long = f"{name}-{manifest.context}"
        if long in manifest.daemons:
            message = f"{long}.log and {long}.pid are files of {name} in this context, and of {long} without one"
            hint = "give one of them another name, or each context a log-dir and run-dir of its own"
            yield Finding("context-in-name", message, hint, ("daemons", long), at_key=True, severity="warning")


def same_pid_file(manifest: Manifest) -> Iterator[Finding]:
    """Find each daemon that is called as an instance of another one: both would have one pid file."""
    context = f"-{manifest.context}" if manifest.context else ""
    for name, daemon in manifest.daemons.items():
        stem, _, number = f"{name}{context}".rpartition("-")
        other = manifest.daemons.get(stem.removesuffix(context)) if stem.endswith(context) else None
        if daemon.instances > 1 or other is None or other.instances == 1 or not number.isascii():
            continue
        if number.isdecimal() and str(int(number)) == number and int(number) < other.instances:
            message = f"{name} and instance {number} of {other.name} have one pid file, {name}{context}.pid"
            yield Finding("same-pid-file", message, "give it another name", ("daemons", name), at_key=True)
