"""Why the system would not execute a program, found before or after it was asked to.

Knows nothing of manifests and starts nothing: it looks at files as execve(2) and a shebang line do. What it cannot see
for lack of permission it takes for good.
"""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Iterable, Iterator
from typing import NamedTuple

_HEAD = 256
"""Bytes of a file in which Linux reads the interpreter's line (BINPRM_BUF_SIZE)."""

_BY_SUFFIX = {".py": "python3", ".sh": "sh", ".bash": "bash", ".js": "node", ".rb": "ruby", ".pl": "perl"}
_OTHER = "install it, or name one that is there"
_BOM = b"\xef\xbb\xbf"


class Fault(NamedTuple):
    """What is wrong with a program: `message` goes on after its name, as in "serve is a directory"."""

    code: str
    message: str
    hint: str | None


def fault(program: str, *, cwd: str, path: str | None, beside: str | None = None) -> Fault | None:
    """Return why a program cannot be executed, None where nothing speaks against it.

    Args:
        program: As it is written: with a slash it starts at `cwd`, else it is looked for in `path`.
        cwd: The directory in which it will run.
        path: PATH as the program will have it; None for the system's.
        beside: A directory in which people may think that a program with a slash is looked for.
    """
    try:
        file = located(program, cwd=cwd, path=path)
        if file is None:
            return _nowhere(program, cwd, path, beside)
        return _refused(file, program, cwd, path)
    except (OSError, ValueError):
        return None


def located(program: str, *, cwd: str, path: str | None) -> str | None:
    """Find the file that execvp(3) would take: an executable one, else one that is there at all."""
    if "/" in program:
        file = os.path.join(cwd, program)
        return file if os.path.lexists(file) else None
    there = None
    for directory in _directories(cwd, path):
        file = os.path.join(directory, program)
        if os.path.isfile(file) and os.access(file, os.X_OK):
            return file
        if there is None and os.path.isfile(file):
            there = file
    return there


def _directories(cwd: str, path: str | None) -> Iterator[str]:
    yield from (os.path.join(cwd, part) for part in (os.defpath if path is None else path).split(os.pathsep))


def _nowhere(program: str, cwd: str, path: str | None, beside: str | None) -> Fault:
    if "/" not in program:
        if os.path.isfile(os.path.join(cwd, program)):
            hint = f'write "./{program}": a name without a slash is looked for in PATH'
        elif " " in program:
            hint = "write each argument as an item of its own, or the whole as one string"
        else:
            hint = _in_path(program, cwd, path) or "install it, or write its path"
        return Fault("no-program", "is in no directory of PATH", hint)
    if beside is not None and not os.path.isabs(program) and os.path.lexists(os.path.join(beside, program)):
        elsewhere = os.path.relpath(os.path.join(beside, program), cwd)
        elsewhere = elsewhere if "/" in elsewhere else f"./{elsewhere}"
        return Fault("no-program", "is not there, seen from cwd", f'write "{elsewhere}"')
    directory, name = os.path.split(program)
    close = _near(name, _names(os.path.join(cwd, directory)))
    return Fault("no-program", "is not there", f"did you mean {os.path.join(directory, close)}?" if close else None)


def _refused(file: str, program: str, cwd: str, path: str | None) -> Fault | None:
    try:
        status = os.stat(file)
    except FileNotFoundError:
        return Fault("no-program", f"is a link to {os.readlink(file)}, which is not there", None)
    if stat.S_ISDIR(status.st_mode):
        return Fault("not-executable", "is a directory", "name a program in it")
    if not stat.S_ISREG(status.st_mode):
        return Fault("not-executable", "is no file", None)
    by = _BY_SUFFIX.get(os.path.splitext(file)[1])
    if not os.access(file, os.X_OK):
        instead = f', or write "{by} {program}"' if by else ""
        return Fault("not-executable", "is not executable", f"chmod +x {shlex.quote(program)}{instead}")
    return _unread(file, program, by or "sh", cwd, path)


def _unread(file: str, program: str, by: str, cwd: str, path: str | None) -> Fault | None:
    """Look at how the file begins, which tells the kernel who reads it."""
    with open(os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as stream:
        head = stream.read(_HEAD)
    if head.startswith(b"#!"):
        return _interpreter(head, program, cwd, path)
    if head.startswith(_BOM + b"#!"):
        hint = f"save it without: sed -i '1s/^\\xEF\\xBB\\xBF//' {shlex.quote(program)}"
        return Fault("no-interpreter", "begins with a byte order mark before its #! line", hint)
    if b"\0" in head:
        return None  # whether the kernel knows the format, binfmt_misc and all, only execve can tell
    what = "has no #! line" if head else "is empty"
    return Fault("no-interpreter", what, f'begin it with one, such as #!/bin/sh, or write "{by} {program}"')


def _interpreter(head: bytes, program: str, cwd: str, path: str | None) -> Fault | None:
    line, end, _ = head[2:].partition(b"\n")
    if line.endswith(b"\r"):
        hint = f"save it with the line ends of Unix: sed -i 's/\\r$//' {shlex.quote(program)}"
        return Fault("no-interpreter", "has a #! line that ends with a carriage return", hint)
    words = line.decode(errors="surrogateescape").split()
    if not words:
        return Fault("no-interpreter", "has a #! line that names nothing", "name who reads it, such as #!/bin/sh")
    if not end and len(words) == 1:
        return None  # the name may go on beyond what was read
    if not os.path.exists(os.path.join(cwd, words[0])):
        return Fault("no-interpreter", f"has a #! line that names {words[0]}, which is not there", _OTHER)
    if os.path.basename(words[0]) == "env":
        wanted = next((word for word in words[1:] if not word.startswith("-") and "=" not in word), None)
        if wanted is not None and located(wanted, cwd=cwd, path=path) is None:
            what = f"has a #! line that asks for {wanted}, which is in no directory of PATH"
            return Fault("no-interpreter", what, _in_path(wanted, cwd, path) or _OTHER)
    return None


def _in_path(name: str, cwd: str, path: str | None) -> str | None:
    close = _near(name, (other for directory in _directories(cwd, path) for other in _names(directory)))
    return f"did you mean {close}?" if close else None


def _names(directory: str) -> list[str]:
    try:
        return os.listdir(directory)
    except OSError:
        return []


def _near(name: str, known: Iterable[str]) -> str | None:
    """Find the name that was meant among the thousands of a PATH."""
    from difflib import get_close_matches  # 4 ms that only a mistake should cost

    few = {other for other in known if other[:1] == name[:1] and abs(len(other) - len(name)) <= 2}
    close = get_close_matches(name, sorted(few), n=1, cutoff=0.75)
    return close[0] if close else None
