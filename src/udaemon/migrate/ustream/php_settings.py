"""What an import asks of PHP and of the application: the library, the bootstrap, constants and php.ini settings.

Knows nothing of ini syntax and of how a manifest is written.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Mapping
from shutil import which

import click

from udaemon.errors import ExitCode, UdaemonError
from udaemon.migrate.ustream import files
from udaemon.migrate.ustream.constants import BUILT_IN, OF_ITS_BUILD, SAPI_SETTINGS, SETTINGS
from udaemon.migrate.ustream.plan import Bridge, Settings
from udaemon.migrate.ustream.reader import read
from udaemon.migrate.ustream.result import Note
from udaemon.php.entry import find_library
from udaemon.php.look import Php, library_fault

_PATIENCE = 20.0


def settings(php_ini: str | None) -> Settings:
    """What `${NAME}` finds: the settings of the php.ini that is named; without one, guesses after all else."""
    if php_ini is None:
        return Settings(known=SAPI_SETTINGS, environ=os.environ, guessed=SETTINGS)
    result = read(files.read_file(php_ini), constants=BUILT_IN, environ=os.environ)
    if result.values is None:
        said = f"{php_ini}:{result.line}: PHP refuses it ({result.reason})"
        raise UdaemonError(said, "name the php.ini of the PHP that ran your daemons", ExitCode.USAGE)
    own = {name: value for name, value in result.values.items() if isinstance(value, str)}
    return Settings(known={**SAPI_SETTINGS, **own}, environ=os.environ)


def constants(texts: Iterable[bytes], given: Mapping[str, str]) -> dict[str, str]:
    """The constants that a file can name; those of PHP's own build are asked of the PHP at hand, where one is named."""
    named = {name for text in texts for name in OF_ITS_BUILD if name.encode() in text} - given.keys()
    return {**BUILT_IN, **_asked(sorted(named)), **given}


def _asked(names: list[str]) -> dict[str, str]:
    if not names or (php := which("php")) is None:
        return {}
    code = "foreach (array_slice($argv, 1) as $name) if (defined($name)) echo $name, ' ', constant($name), \"\\n\";"
    try:
        done = subprocess.run([php, "-r", code, *names], capture_output=True, timeout=_PATIENCE, text=True, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return {}
    pairs = (line.partition(" ") for line in done.stdout.splitlines())
    return {name: value for name, _, value in pairs if name in names}


def bridge(entry: str | None, library: str | None, base: str) -> Bridge:
    """Look for what it takes to run the PHP daemons as they are. `base` is the manifest's directory."""
    if entry is None:
        raise click.UsageError("--bridge php needs --entry, the script that starts a daemon by its --id")
    if not os.path.isfile(entry):
        raise UdaemonError(f"{entry} is no file", "name the script that starts your daemons", ExitCode.USAGE)
    if library is not None and find_library(entry, library) is None:
        hint = "name the directory of ustream/daemon, or its Daemon.php"
        raise UdaemonError(f"the PHP library is not in {library}", hint, ExitCode.USAGE)
    return Bridge(entry=relative(entry, base), library=library and relative(library, base))


def bootstrap(directory: str, given: str | None, base: str) -> str:
    """The file that makes the PHP classes known: the one that was named, or Composer's."""
    if given is None:
        found = files.find_autoload(directory)
        if found is None:
            raise click.UsageError("--bridge php-runner needs --bootstrap: there is no vendor/autoload.php to be found")
        return relative(found, base)
    if not os.path.isfile(given):
        raise UdaemonError(f"{given} is no file", "name the file that makes your classes known", ExitCode.USAGE)
    return relative(given, base)


def relative(path: str, base: str) -> str:
    """A path as a manifest in `base` has it: one that lies below is not tied to this machine."""
    whole, base = os.path.abspath(path), os.path.abspath(base)
    return os.path.relpath(whole, base) if whole.startswith(base.rstrip("/") + "/") else whole


def general(kept: Bridge | None, bootstrap: str | None, base: str) -> tuple[Note, ...]:
    """What is to be said once, of the whole import."""
    notes: list[Note] = []
    if kept is not None:
        entry = os.path.join(base, kept.entry)
        library = find_library(entry, kept.library and os.path.join(base, kept.library))
        if library is None:
            way = "a process of ours follows what the launcher leaves behind; --library DIR says where it is"
            notes.append(Note(0, "no-library", f"the library's Daemon.php was not found: {way}"))
        elif which("php") and (fault := library_fault(Php(["php"], os.environ, base, _PATIENCE), library)):
            notes.append(Note(0, "library-refused", f"no daemon can be kept in the foreground: {fault}"))
    if bootstrap is not None:
        lost = "its context, listeners and builder are not there; `udaemon check` tells factories that need them"
        notes.append(Note(0, "no-entry", f"the entry script does not run: {lost}"))
    if kept is not None or bootstrap is not None:
        wait = "PHP waited for a run however long it took: stop.timeout is 1h; a daemon that hangs is killed only then"
        notes.append(Note(0, "stop-timeout", wait))
    return tuple(notes)
