"""What stands in a command that only a shell would understand, where no shell reads it.

Knows text alone, as it is written; whether a program is there is asked elsewhere. What is quoted is meant for the
program, and so is most of what is not: where the program can do nothing with it, it is an error, else a warning.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from udaemon.manifest.executed import commands, written_commands
from udaemon.manifest.merge import levels
from udaemon.manifest.problems import Finding, Path
from udaemon.manifest.root import Root

_SET_SHELL = "set shell = true"
_SHELL, _AS_ONE = f"or {_SET_SHELL}", f"{_SET_SHELL} and write one string"
_NO_KEY = 'write ["sh", "-c", "…"]'
"""What to do in its place where a command has no key `shell` beside it."""
_BUILTINS = {
    "cd": f"set cwd to the directory and leave cd out, {_SHELL}",
    "exec": "leave exec out: there is no shell that it could replace",
    "export": f"put the variable in env, {_SHELL}",
    "unset": f"set the variable to another value in env, {_SHELL}",
    "umask": f"set umask, {_SHELL}",
    "source": f"name the program by its path, such as venv/bin/python, {_SHELL}",
    ".": f"name the program by its path, such as venv/bin/python, {_SHELL}",
    **dict.fromkeys(
        "set ulimit eval trap alias pushd declare local if for while until case [[ ! ( {".split(),
        f"{_AS_ONE}, or put it into a script",
    ),
}
"""Words of the shell that no program answers to, and what to write instead."""

# Patterns are compiled when one is needed, as hardly any manifest needs one.
_ASSIGNMENT = r"([A-Za-z_][A-Za-z0-9_]*)\+?="
_OPERATOR = r"&&|\|\|?&?|;"
_REDIRECTION = r"(?:\d*|&)(?:>>|>\||>&|<<<|<<|<>|<&|>|<)(?!.*>$)"
_BETWEEN = r"[|;&<>()`]|\$[A-Za-z_({]"
"""What a file name may have, and the name of a program never has."""
_SUBSTITUTION = r"`|\$\("
_VARIABLE = r"\$([A-Za-z_][A-Za-z0-9_]*)"
_OPAQUE = r"\$\$|\$\{[^}]*\}"
"""What udaemon itself replaces."""
_SPECIAL = frozenset("|;&<>()`$*~={![")
_FIND = {"-exec", "-execdir", "-ok", "-okdir"}


class _Word(NamedTuple):
    """A word, with what is quoted or filled in replaced by NUL in `bare`."""

    text: str
    bare: str


class Told(NamedTuple):
    """One thing that was found."""

    code: str
    message: str
    hint: str
    severity: str = "error"


def check_commands(root: Root, written: Mapping[str, Any]) -> Iterator[Finding]:
    """Check the commands that no shell reads; `written` is the manifest as plain tables, variables not yet replaced."""
    for name, daemon in root.daemons.items():
        path: Path = ("daemons", name)
        if daemon.command is not None and not daemon.shell:
            said = [level["command"] for level in levels(written, name) if "command" in level]
            yield from _findings((*path, "command"), said[-1] if said else None)
        beside = [place for place, _ in commands(daemon, path)]
        known = dict(one for level in levels(written, name) for one in written_commands(level, path)) if beside else {}
        for place in beside:
            yield from _findings(place, known.get(place), _NO_KEY)
    for place, command in written_commands({"on": written.get("on")}, ()):
        yield from _findings(place, command, _NO_KEY)


def _findings(path: Path, command: object, instead: str = _SET_SHELL) -> Iterator[Finding]:
    for told in suspects(command):
        hint = told.hint
        if instead != _SET_SHELL:
            hint = hint.replace(_AS_ONE, instead).replace(_SET_SHELL, instead)
        yield Finding(told.code, told.message, hint, path, severity=told.severity)


def suspects(command: object) -> Iterator[Told]:
    """Return what a command has of the shell: one error, or each kind of warning once."""
    if isinstance(command, str) and _is_suspect(command):
        words = _words(command)
        error = _first(words[0], words[1:]) if words else None
        yield from (error,) if error else _arguments(words)
    elif isinstance(command, list) and command and isinstance(command[0], str):
        first = command[0]
        error = _first(_Word(first, re.sub(_OPAQUE, _covered, first)), [], listed=True)
        yield from (error,) if error else ()


def _is_suspect(command: str) -> bool:
    """Whether a look is worth its time: hardly any command has one of these."""
    return not _SPECIAL.isdisjoint(command) or bool(_BUILTINS.keys() & command.split(None, 1)[:1])


def may_be_program(word: str) -> bool:
    """Whether a first word is not told already for what it is."""
    return _first(_Word(word, word), []) is None


def _first(word: _Word, rest: list[_Word], *, listed: bool = False) -> Told | None:
    """Return why the first word can be no program."""
    bare = word.bare
    if (found := re.match(_ASSIGNMENT, bare)) and "/" not in found[0]:
        name = found[1]
        message = f"{name}=… before a program is read by a shell alone"
        return Told("variable-in-command", message, f'put it in env: env = {{ {name} = "…" }}')
    if bare in _BUILTINS:
        hint = _BUILTINS[bare]
        if bare == "cd" and len(rest) > 1 and re.fullmatch(_OPERATOR, rest[1].bare):
            hint = f"set cwd to {rest[0].text} and leave cd out, {_SHELL}"
        return Told("shell-syntax", f"{bare} is a word of the shell, and no program", hint)
    between = None if listed and not bare.startswith("$") else re.search(_BETWEEN, bare)
    if between is None:
        return None
    if between[0].startswith("$") and between[0] not in {"$(", "${"}:
        name = re.match(_VARIABLE, bare[between.start() :])
        assert name is not None
        message = f"no shell replaces {name[0]} in the name of the program"
        return Told("shell-syntax", message, f"write ${{{name[1]}}}, which udaemon replaces, {_SHELL}")
    return Told("shell-syntax", f"{between[0]} is for a shell, and no shell reads it", "set shell = true")


def _arguments(words: list[_Word]) -> Iterator[Told]:
    """Return what the program would be given as it stands."""
    told: set[str] = set()
    for at in range(1, len(words)):
        found = _argument(words, at)
        if found is not None and found[0] not in told:
            kind, what, hint = found
            told.add(kind)
            message = f"the program is given {what} as it stands: no shell reads the command"
            yield Told("shell-syntax", message, f"{hint}, or quote it if it is meant so", "warning")


def _argument(words: list[_Word], at: int) -> tuple[str, str, str] | None:
    bare, last = words[at].bare, at == len(words) - 1
    before = words[at - 1].bare
    if bare == ";" and _FIND & {word.text for word in words[:at]}:
        return None
    if last and re.fullmatch(r"[^&]*&", bare):
        return "operator", "&", "leave it out: udaemon waits for nothing that it runs"
    if found := re.match(_OPERATOR, bare):
        return "operator", found[0], "set shell = true"
    if not last and bare.endswith(";"):
        return "operator", ";", "set shell = true"
    if redirection := re.match(_REDIRECTION, bare):
        if redirection[0].endswith("&") or re.match(r"2>(?!/dev/null)", bare):
            return "redirection", words[at].text, "leave it out: the log gets stderr too"
        if ">" in redirection[0]:
            return "redirection", words[at].text, "leave it out: the output goes to the daemon's log"
        return "redirection", words[at].text, "set shell = true"
    if (found := re.search(_SUBSTITUTION, bare)) and not bare.startswith("(circus.", found.end() - 1):
        return "substitution", f"{found[0]}…", "set shell = true"
    if found := re.search(_VARIABLE, bare):
        return "variable", found[0], f"write ${{{found[1]}}}, which udaemon replaces, or set shell = true"
    if bare.startswith("~/"):
        return "home", "~/", "write ${HOME}/, which udaemon replaces, or set shell = true"
    if _is_glob(bare) and not before.startswith("-"):
        return "glob", words[at].text, "set shell = true"
    return None


def _is_glob(bare: str) -> bool:
    """Whether a word looks like names of files; patterns for the program mostly follow an option, or are bare stars."""
    return "*" in bare and bare.strip("*") != "" and not bare.startswith("-") and not set(bare) & set(":=^$\\()|")


def _words(command: str) -> list[_Word]:
    """Split as `shlex` does, keeping apart what a shell would read and what it would pass on."""
    text = re.sub(_OPAQUE, _covered, command)
    words: list[_Word] = []
    start, bare, quote, at = -1, "", "", 0
    while at < len(text):
        letter = text[at]
        if not quote and letter in " \t\r\n":
            if start >= 0:
                words.append(_Word(command[start:at], bare))
            start, bare = -1, ""
        else:
            start = at if start < 0 else start
            if letter == quote:
                quote = ""
            elif letter == "\\" and quote != "'":
                at += 1
                bare += "\0"
            elif quote:
                bare += "\0"
            elif letter in "'\"":
                quote = letter
            else:
                bare += letter
        at += 1
    return [*words, _Word(command[start:], bare)] if start >= 0 else words


def _covered(found: re.Match[str]) -> str:
    return "\0" * len(found[0])
