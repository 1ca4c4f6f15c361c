"""Hypothesis strategies for manifests: whole models, by the very types that their keys declare.

Knows nothing of what is tested.
"""

from __future__ import annotations

import string
from typing import Any

from attrs import evolve
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from udaemon.manifest import exclusions, limits, schedule
from udaemon.manifest.chains import AfterRuns
from udaemon.manifest.checks import SCHEDULE
from udaemon.manifest.complete import by_hand
from udaemon.manifest.containers import Environment, Many, Parameters
from udaemon.manifest.dependencies import Condition, Dependency, DependsOn
from udaemon.manifest.env_file_names import EnvFileEntry, EnvFileName
from udaemon.manifest.hooks import ExecHook, Hook, Hooks, Listeners, Webhook
from udaemon.manifest.keys import Table, keys_of
from udaemon.manifest.merge import meaningless
from udaemon.manifest.model import KINDS, PYTHON, Daemon, Manifest, Php
from udaemon.manifest.probes import WAYS, Address, Health, Pattern, Ready
from udaemon.manifest.references import (
    PYTHON_CALLABLE,
    SIGNALS,
    CallableName,
    Command,
    Cooldown,
    FileMode,
    SignalName,
    Umask,
)
from udaemon.manifest.shell_syntax import may_be_program
from udaemon.manifest.steps import StepCommand, Steps
from udaemon.manifest.values import LONGEST, Choice, Duration, Flag, Number, Size, Text

WORD = st.text(string.ascii_lowercase, min_size=1, max_size=6)
TEXT = st.text(st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="\u2028\u2029\ufeff"), max_size=12)
NAME = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,10}", fullmatch=True)
SCALAR = TEXT | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
TREE = st.recursive(
    SCALAR, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORD, inner, max_size=3), max_leaves=8
)
SECONDS = st.just(0.0) | st.floats(1e-9, LONGEST)
TABLE = st.dictionaries(WORD, TREE, max_size=4)


def values(type_: Any) -> SearchStrategy[Any]:  # noqa: C901 - one line for each type
    """Values that the model may hold for a key of this type."""
    match type_:
        case Duration():
            seconds = st.floats(max(type_.low, 1e-9), LONGEST)
            return st.none() | seconds if type_.unlimited else seconds
        case Size():
            return st.none() | st.integers(type_.low, 2**63 - 1)
        case Number(whole=True):
            return st.integers(int(type_.low), int(type_.high))
        case Number():
            return st.floats(type_.low, type_.high).map(abs)
        case Flag():
            return st.booleans()
        case Choice():
            return st.sampled_from(list(type_.enum))
        case SignalName():
            return st.sampled_from(SIGNALS)
        case FileMode():
            return st.integers(0o600, 0o777)
        case EnvFileEntry():
            return st.builds(EnvFileName, TEXT.filter(bool), st.booleans())
        case Umask():
            return st.integers(0, 0o777)
        case schedule.CronLine():
            return st.sampled_from(["30 4 * * mon-fri", "@daily", "H H(2-5) * * *", "*/5 0-6 1,L * *"])
        case schedule.TimeZone():
            return st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kathmandu"])
        case schedule.MisfireRule():
            return st.sampled_from([schedule.SKIP, schedule.RUN_ONCE]) | tables(schedule.Misfire)
        case limits.Account():
            return st.sampled_from(["root", "www-data", "1000"])
        case limits.ResourceLimits():
            return st.dictionaries(
                st.sampled_from(["nofile", "core", "as"]),
                st.builds(limits.ResourceLimit, st.integers(0, 2**40), st.none() | st.integers(2**40, 2**50)),
            )
        case Cooldown():
            return st.none() | st.floats(1e-9, LONGEST)
        case CallableName():
            return st.just("pkg.mod:Class.make" if type_ == PYTHON_CALLABLE else "\\Acme\\Mail::make")
        case Command():
            program = TEXT.filter(bool).filter(may_be_program)
            return st.builds(lambda first, rest: (first, *rest), program, st.lists(TEXT.filter(bool), max_size=2))
        case Environment():
            return st.dictionaries(WORD, TEXT, max_size=3)
        case Parameters():
            return TABLE
        case Address():
            return st.sampled_from([":1", "db:5432", "[::1]:80", "127.0.0.1:65535"])
        case Steps():
            step = st.builds(StepCommand, values(Command()), values(Duration(low=0.01)))
            return st.lists(step, max_size=2).map(tuple)
        case Hooks():
            return st.lists(hooks(), max_size=2).map(tuple)
        case Pattern():
            return st.sampled_from(["up", r"^listening on :\d+$", r"costs \${x}"])
        case exclusions.Moment():
            return st.sampled_from(["2026-12-25", "2026-12-25T18:00"])
        case exclusions.ExclusionItem():
            texts = ["2026-12-25", "2026-12-24..2027-01-02", "2026-12-24T18:00..2026-12-27"]
            return st.sampled_from(texts).map(exclusions.Exclusion)
        case AfterRuns() | DependsOn():
            return st.just(())  # what there is to depend on is known to `manifests`
        case Many():
            return st.lists(values(type_.item), max_size=3).map(tuple)
        case Text():
            return WORD if type_.pattern or not type_.empty else TEXT
        case Table():
            return tables(type_.model)
    raise AssertionError(type_)


def hooks() -> SearchStrategy[Hook]:
    """Callables, commands and webhooks."""
    timeout = values(Duration(low=0.01))
    headers = st.dictionaries(st.sampled_from(["Authorization", "X-Key"]), st.sampled_from(["Bearer $x", "1"]))
    url = st.sampled_from(["https://a.example/b?c=$d", "http://u:p@[::1]:80/"])
    return st.one_of(
        st.just("pkg.mod:told"),
        st.builds(ExecHook, exec=values(Command()), timeout=timeout),
        st.builds(Webhook, webhook=url, headers=headers, timeout=timeout, retries=st.integers(0, 20)),
    )


def tables(model: type) -> SearchStrategy[Any]:
    """Tables of this class; of the keys that say what is asked of a daemon one at most."""
    if model in (Ready, Health):
        return probes(model)
    if model is Listeners:  # one key is as good as eight, and takes an eighth of the time
        return st.just(Listeners()) | st.builds(Listeners, task_done=values(Hooks()))
    return st.builds(model, **{key.field: values(key.type) for key in keys_of(model)})


def unscheduled(bare: Daemon) -> dict[str, Any]:
    """The keys of a schedule as they are where there is none."""
    names = [key.field for key in keys_of(Daemon) if key.name in {"sleep", "cron", *SCHEDULE}]
    return {name: getattr(bare, name) for name in names}


@st.composite
def probes(draw: st.DrawFn, model: type) -> Any:
    """A question to a daemon, or none."""
    ways = [key.field for key in keys_of(model) if key.name in WAYS and key.name != "notify"]  # which is for commands
    one = draw(st.none() | st.sampled_from(ways))
    if one is None:
        return model()
    asked = {key.field: draw(values(key.type)) for key in keys_of(model) if key.name not in WAYS or key.field == one}
    plain = {"http": "http://a/b", "file": "/f"}
    return model(**asked | {name: text for name, text in plain.items() if name == one})


@st.composite
def daemons(draw: st.DrawFn, name: str) -> Daemon:
    """One daemon, as `load` would make it: nothing is set that means nothing for its kind."""
    fields = {key.field: values(key.type) for key in keys_of(Daemon)}
    daemon: Daemon = draw(st.builds(Daemon, name=st.just(name), **fields))
    initial = min(daemon.backoff.initial, daemon.backoff.max)
    daemon = evolve(
        daemon,
        cwd="/w",
        stdin=daemon.stdin and "/w/in",
        log_dir="/logs",
        common_log="/logs/_common.log",
        env_file=(),
        log=evolve(daemon.log, file=daemon.log.file and f"/logs/own/{name}-${{UDAEMON_INSTANCE}}.log"),
        backoff=evolve(daemon.backoff, initial=initial),
        extends=None,
        profiles=(),
    )
    bare = Daemon(name=name)
    daemon = evolve(daemon, sleep=0.0) if daemon.cron is not None else daemon
    daemon = evolve(daemon, until=None)  # which might be before `from`
    kind = draw(st.sampled_from((*KINDS, "php.entry")))
    without = [key.field for key in keys_of(Daemon) if key.name in meaningless(kind) and key.name not in KINDS]
    daemon = evolve(daemon, **{name: getattr(bare, name) for name in without})
    if kind != "command" and daemon.overlap is schedule.Overlap.CANCEL:
        daemon = evolve(daemon, overlap=schedule.Overlap.SKIP)
    if kind in PYTHON:
        factory, task = ("pkg.mod:make", None) if kind == "factory" else (None, "pkg.mod:run")
        return evolve(daemon, factory=factory, task=task, php=bare.php, command=None, shell=False)
    if kind == "php":
        php = Php(factory="A::b", bootstrap="/app/bootstrap.php", interpreter=("php", *daemon.php.interpreter))
        return evolve(daemon, factory=None, task=None, php=php, command=None, shell=False)
    command = ("echo $HOME ${X} | cat",) if daemon.shell else daemon.command or ("a",)
    php = bare.php
    if kind == "php.entry":
        library = draw(st.none() | st.just("/lib"))
        php = Php(bootstrap="/app/x.php", interpreter=("php8",), entry="/app/$d.php", id=draw(WORD), library=library)
        command = by_hand(php)
    return evolve(
        daemon,
        factory=None,
        task=None,
        php=php,
        command=command,
        shell=daemon.shell and kind != "php.entry",
        **({} if kind == "command" and (daemon.cron or daemon.sleep) else unscheduled(bare)),
    )


@st.composite
def dependencies(draw: st.DrawFn, names: list[str]) -> tuple[Dependency, ...]:
    """What a daemon may need of these, whatever they are."""
    conditions = st.sampled_from([Condition.STARTED, Condition.READY])
    needed = draw(st.lists(st.sampled_from(names), unique=True)) if names else []
    return tuple(Dependency(one, draw(conditions), draw(st.booleans()), draw(st.booleans())) for one in needed)


@st.composite
def manifests(draw: st.DrawFn, directory: str) -> Manifest:
    """A manifest of up to three daemons, of a file in `directory`."""
    env = draw(st.dictionaries(WORD, TEXT, max_size=2))
    names = draw(st.lists(NAME, min_size=1, max_size=3, unique=True))
    each = [draw(daemons(name)) for name in names]
    each = [evolve(one, depends_on=draw(dependencies(names[:at]))) for at, one in enumerate(each)]
    return Manifest(
        file=f"{directory}/udaemon.toml",
        directory=directory,
        project=draw(NAME),
        context=draw(st.just("") | NAME),
        run_dir=draw(st.none() | st.just("/run/x")),
        env=env,
        on=draw(tables(Listeners)),
        daemons={daemon.name: evolve(daemon, env={**env, **daemon.env}) for daemon in each},
    )
