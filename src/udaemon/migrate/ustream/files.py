"""The files an import reads and writes: ini files, map files, the manifest.

Knows nothing of what is in an ini file.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from udaemon.errors import ExitCode, UdaemonError
from udaemon.manifest.document import parse
from udaemon.manifest.find import NAMES
from udaemon.manifest.interpolate import interpolate, replace
from udaemon.migrate.ustream.factories import NO_RULES, Rules
from udaemon.migrate.ustream.factories import parse as parse_rules
from udaemon.migrate.ustream.plan import Imported
from udaemon.migrate.ustream.verify import differences, remaining
from udaemon.php.entry import upward
from udaemon.system import oserror
from udaemon.system.write_file import write_file

_LARGEST = 4 * 1024**2


def read_file(path: str) -> bytes:
    """Read a file a person named."""
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as stream:
            data = stream.read(_LARGEST + 1)
    except OSError as error:
        raise UdaemonError(f"{path} cannot be read: {oserror.reason(error)}", exit_code=ExitCode.USAGE) from error
    if len(data) > _LARGEST:
        raise UdaemonError(f"{path} is larger than {_LARGEST // 1024**2} MiB", exit_code=ExitCode.USAGE)
    return data


def ini_files(directory: str) -> dict[str, bytes]:
    """Read the `*.ini` of a directory, by their names."""
    try:
        names = sorted(name for name in os.listdir(directory) if name.endswith(".ini") and name != ".ini")
    except OSError as error:
        raise UdaemonError(f"{directory} cannot be read: {oserror.reason(error)}", exit_code=ExitCode.USAGE) from error
    if not names:
        raise UdaemonError(f"{directory} has no ini files", exit_code=ExitCode.USAGE)
    for name in names:
        if not name.isprintable():
            raise UdaemonError(f"{directory} has a file with a strange name: {name!a}", "rename it", ExitCode.USAGE)
    return {name: read_file(os.path.join(directory, name)) for name in names}


def read_rules(path: str | None) -> Rules:
    """Read a map file."""
    if path is None:
        return NO_RULES
    rules, wrong = parse_rules(read_file(path).decode("utf-8", "replace"))
    if wrong:
        lines = "\n".join(f"{path}:{line}: {text}" for line, text in wrong)
        raise UdaemonError(lines, exit_code=ExitCode.USAGE)
    return rules


def find_autoload(place: str) -> str | None:
    """Look for Composer's `vendor/autoload.php`, from a directory up."""
    paths = (os.path.join(directory, "vendor/autoload.php") for directory in upward(place))
    return next((path for path in paths if os.path.isfile(path)), None)


def write(path: str, text: str, *, force: bool) -> None:
    """Write a manifest as a whole or not at all; over what is there only by force, and never beside another one."""
    directory = os.path.dirname(path) or "."
    for other in NAMES:
        beside = os.path.join(directory, other)
        if os.path.basename(path) in NAMES and other != os.path.basename(path) and os.path.lexists(beside):
            hint = f"take {other} away, or name another file with -o"
            raise UdaemonError(f"{other} is there already, and two manifests in one directory exclude each other", hint)
    try:
        write_file(path, text, over=force)
    except FileExistsError as error:
        raise UdaemonError(f"{path} is there already", "name another with -o, or write over it with --force") from error


def verified(imports: Sequence[Imported], path: str, text: str, environ: Mapping[str, str]) -> list[str]:
    """Read a manifest's text back and tell what is different from PHP: lines of text."""
    document = parse(path, text, toml=not path.endswith((".yaml", ".yml")))
    if document.findings:
        return [f"{path} cannot be read back: {document.findings[0].message}"]
    data, _ = interpolate(document.data, environ)
    found = list(differences(imports, data, lambda value: replace(value, environ)))
    lines = [f"{path} says what PHP read, but for:" if found else f"{path} says what PHP read."]
    lines += [f"  {line}" for line in found]
    return [*lines, "What remains different by design:", *(f"  {line}" for line in remaining(data))]
