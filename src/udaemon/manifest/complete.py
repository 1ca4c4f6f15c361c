"""From what was written to what is meant: absolute paths, log files, whole environments.

Touches no disk: what stands in env-files is asked of an argument.
"""

from __future__ import annotations

import os.path
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import evolve, field

from udaemon.frozen import frozen
from udaemon.manifest import evolving
from udaemon.manifest.env_file_names import EnvFileName
from udaemon.manifest.merge import Tree, environments, levels
from udaemon.manifest.model import Daemon, Manifest, Php
from udaemon.manifest.paths import absolute, at_home
from udaemon.manifest.problems import Path
from udaemon.manifest.root import Root

EnvFile = Callable[[EnvFileName, Path], Mapping[str, str | None]]
"""Reads an env-file for the key at a path; a file that cannot be read is the callee's to report."""


@frozen(kw_only=True)
class Setting:
    """Where a manifest is loaded: what it does not say itself."""

    file: str
    directory: str
    environ: Mapping[str, str]
    project: str | None = None
    context: str | None = None
    resolved: dict[str, str] = field(factory=dict, repr=False, eq=False)

    def absolute(self, path: str) -> str:
        """Resolve a path of the manifest: `~/` is the home directory, all else starts at the manifest."""
        known = self.resolved.get(path)
        if known is None:
            known = self.resolved[path] = absolute(path, self.directory, self.environ)
        return known


def complete(root: Root, top: Mapping[str, Any], setting: Setting, env_file: EnvFile) -> Manifest:
    """Make the manifest of its structured top level; `top` is the same as plain tables, with levels apart."""
    project = setting.project or root.project or project_name(setting.directory)
    log_dir = setting.absolute((root.defaults and root.defaults.log_dir) or state_log_dir(setting.environ, project))
    completion = _Completion(top, setting, env_file)
    env = {**completion.over({}, root.env_file, ("env-file",), top), **root.env}
    daemons = {name: completion.daemon(daemon, log_dir, env) for name, daemon in root.daemons.items()}
    return Manifest(
        file=setting.file,
        directory=setting.directory,
        project=project,
        context=root.context or "" if setting.context is None else setting.context,
        run_dir=root.run_dir and setting.absolute(root.run_dir),
        max_starting=root.max_starting,
        env=env,
        on=root.on,
        daemons=daemons,
        state_dir=state_dir(setting.environ, project),
    )


def by_hand(php: Php) -> tuple[str, ...]:
    """Return how one starts a whole daemon of PHP in a shell."""
    return (*php.interpreter, php.entry or "", "--id", php.id or "")


def project_name(directory: str) -> str:
    """Make a valid name of a directory's."""
    name = re.sub(r"[^a-z0-9_-]", "-", os.path.basename(directory).lower()).lstrip("-_")
    return name[:63] or "project"


def state_dir(environ: Mapping[str, str], project: str) -> str:
    """Return where a project's files go that last; XDG says that a relative variable is to be ignored."""
    state = environ.get("XDG_STATE_HOME", "")
    if not os.path.isabs(state):
        state = os.path.join(at_home("~", environ), ".local", "state")
    return os.path.join(state, "udaemon", project)


def state_log_dir(environ: Mapping[str, str], project: str) -> str:
    """Return where logs go that the manifest gives no place."""
    return os.path.join(state_dir(environ, project), "log")


class _Completion:
    """What completing every daemon needs."""

    def __init__(self, top: Mapping[str, Any], setting: Setting, env_file: EnvFile) -> None:
        self.top = top
        self.setting = setting
        self.env_file = env_file

    def daemon(self, daemon: Daemon, log_dir: str, common_env: Mapping[str, str]) -> Daemon:
        absolute = self.setting.absolute
        stack = levels(self.top, daemon.name)
        php = self.php(daemon) if daemon.kind in {"php", "php.entry"} else daemon.php
        return evolving.evolve(
            daemon,
            php=php,
            command=self.command(daemon, stack) if daemon.kind != "php.entry" else by_hand(php),
            env=self.env(daemon, stack, common_env),
            env_file=tuple(evolve(file, path=absolute(file.path)) for file in daemon.env_file),
            ready=evolve(daemon.ready, file=absolute(daemon.ready.file)) if daemon.ready.file else daemon.ready,
            health=evolve(daemon.health, file=absolute(daemon.health.file)) if daemon.health.file else daemon.health,
            cwd=absolute(daemon.cwd or "."),
            python=self.python(daemon.python),
            exclusions=tuple(one.at(absolute) for one in daemon.exclusions),
            stdin=daemon.stdin and absolute(daemon.stdin),
            log_dir=absolute(daemon.log_dir or log_dir),
            log=daemon.log if daemon.log.file is None else evolve(daemon.log, file=self.log_file(daemon, log_dir)),
            common_log=absolute(daemon.common_log or f"{log_dir}/_common.log"),
        )

    def php(self, daemon: Daemon) -> Php:
        """A program without a slash is looked for on PATH."""
        php, absolute = daemon.php, self.setting.absolute
        program, *told = php.interpreter
        whole = daemon.kind == "php.entry"
        return evolve(
            php,
            bootstrap=absolute(php.bootstrap),
            interpreter=(absolute(program) if "/" in program else program, *told),
            entry=absolute(php.entry) if whole and php.entry else None,
            id=(php.id or daemon.name) if whole else None,
            library=absolute(php.library) if whole and php.library else None,
        )

    def log_file(self, daemon: Daemon, log_dir: str) -> str:
        """A name lies in the directory of logs; a path is one like any other."""
        file = daemon.log.file or ""
        in_log_dir = "/" not in file and not file.startswith("~")
        return self.setting.absolute(os.path.join(daemon.log_dir or log_dir, file) if in_log_dir else file)

    def python(self, python: str | None) -> str | None:
        """A name alone may be a directory beside the manifest, or a program on PATH: nobody looks here."""
        return self.setting.absolute(python) if python is not None and ("/" in python or python == "~") else python

    def command(self, daemon: Daemon, stack: Sequence[Tree]) -> tuple[str, ...] | None:
        """Keep a command whole when a shell reads it; else the program may stand in the home directory."""
        written = [level["command"] for level in stack if "command" in level] if daemon.shell else []
        if written and isinstance(written[-1], str):
            return (written[-1],)
        if daemon.command is None or daemon.shell:
            return daemon.command
        program, *told = daemon.command
        return (at_home(program, self.setting.environ), *told)

    def env(self, daemon: Daemon, stack: Sequence[Tree], common: Mapping[str, str]) -> dict[str, str]:
        env = dict(common)
        for level, counts in environments(stack):
            if counts:
                env = self.over(env, daemon.env_file, ("daemons", daemon.name, "env-file"), level)
            if isinstance(said := level.get("env"), dict):  # else it was told already
                env |= said
        return env

    def over(
        self, below: Mapping[str, str], files: tuple[EnvFileName, ...], path: Path, level: Mapping[str, Any]
    ) -> dict[str, str]:
        """Lay env-files over an environment; what is wrong with one is reported at its place in a list.

        A name without a value is the caller's, and is not there where the caller has none.
        """
        env: dict[str, str | None] = dict(below)
        said = level.get("env-file")
        for at, file in enumerate(files):
            place, written = ((*path, at), said[at]) if isinstance(said, list) else (path, said)
            place = (*place, "path") if isinstance(written, dict) else place
            read = self.env_file(evolve(file, path=self.setting.absolute(file.path)), place)
            env |= {name: self.setting.environ.get(name) if value is None else value for name, value in read.items()}
        return {name: value for name, value in env.items() if value is not None}
