"""What an import is asked to do, and what comes of one ini file.

Knows nothing of how it is done (`convert.py`) or written (`emit.py`).
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import Factory

from udaemon.frozen import frozen
from udaemon.migrate.ustream.factories import NO_RULES, Rules
from udaemon.migrate.ustream.result import Note, Result

Plain = str | int | float | bool | list[str] | dict[str, str]


@frozen(kw_only=True)
class Bridge:
    """What it takes to run PHP daemons as they are, as the manifest is to say it.

    `entry` is the application's script, `library` where the library is, None where it is found without that.
    """

    entry: str
    library: str | None = None

    @property
    def shared(self) -> dict[str, str]:
        """What all daemons have in common."""
        return {"entry": self.entry} | ({"library": self.library} if self.library else {})


@frozen(kw_only=True)
class Settings:
    """What `${NAME}` finds: php.ini settings that are known, the environment, then settings that are only guessed."""

    known: Mapping[str, str] = Factory(dict)
    environ: Mapping[str, str] = Factory(dict)
    guessed: Mapping[str, str] = Factory(dict)

    @property
    def found(self) -> dict[str, str]:
        """All of it."""
        return {**self.guessed, **self.environ, **self.known}

    def is_guess(self, name: str) -> bool:
        """Whether a name is a setting of which nobody said what it was."""
        return name in self.guessed and name not in self.environ and name not in self.known

    def of_environ(self, name: str) -> bool:
        """Whether a name is a variable of the environment, which a manifest can name too."""
        return name not in self.known and not self.is_guess(name)


@frozen(kw_only=True)
class Wishes:
    """What the ini files do not say and the person may.

    `bridge` is there where the PHP daemons run as they are, `bootstrap` where udaemon asks PHP for each run; with
    neither, factories are ported to Python.
    """

    context: str | None = None
    run_dir: str | None = None
    instances: Mapping[str, int] = Factory(dict)
    rules: Rules = NO_RULES
    bridge: Bridge | None = None
    bootstrap: str | None = None
    keep_log_paths: bool = False
    keys: frozenset[str] = frozenset()
    """The keys the manifest has; what is not among them is written as a comment."""

    @property
    def keeps_php(self) -> bool:
        """Whether the daemons' runs go on being PHP's."""
        return self.bridge is not None or self.bootstrap is not None


@frozen(kw_only=True)
class Setting:
    """One key of a daemon: its value as it is written in a manifest, and where it comes from."""

    key: str
    value: Plain
    origin: str
    written: bool = True


@frozen(kw_only=True)
class Imported:
    """One ini file: the daemon it became, or why it became none."""

    file: str
    identifier: str
    name: str
    result: Result
    settings: tuple[Setting, ...] = ()
    notes: tuple[Note, ...] = ()
    factory: str = ""
    """PHP's factory, as the file names it."""

    @property
    def todo(self) -> tuple[str, ...]:
        """The keys a person has to supply."""
        return tuple(setting.key for setting in self.settings if setting.written and is_todo(setting.value))


def is_todo(value: object) -> bool:
    """Whether a value, or a part of it, is for a person to supply."""
    parts = value if isinstance(value, list) else value.values() if isinstance(value, dict) else [value]
    return any(str(part).startswith("TODO") for part in parts)
