"""Files of variables: `.env`, which serves `${VAR}`, and those that `env-file` names. Their grammar is Compose's.

Knows no key; what is wrong is noted as a finding, at its line in the file. What a variable holds is in none of them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from udaemon.manifest.complete import Setting
from udaemon.manifest.env_file_names import EnvFileName
from udaemon.manifest.problems import Finding, Path
from udaemon.manifest.regular import Refused, not_utf8, read_regular

if TYPE_CHECKING:
    from dotenv.parser import Binding

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_FORM = "write NAME=value; NAME alone takes the value that udaemon was called with"

_MAY_BE_MISSING = 'write { path = "…", required = false } for a file that may be missing'

_OPEN_QUOTE = ("a quote that is not closed", "close it, or put the value into the other quotes")

Variables = Mapping[str, str | None]
"""What a file says. None is for a name that stands alone: what the caller has, or nothing."""


class _Trouble(NamedTuple):
    """What is wrong with a file, in words that follow its name; with `place`, at a line of it."""

    message: str
    hint: str | None = None
    place: tuple[int, int] | None = None


class _Read(NamedTuple):
    """What came of reading a file."""

    variables: Variables
    troubles: tuple[_Trouble, ...]
    missing: bool = False


def variables(setting: Setting, findings: list[Finding]) -> Callable[[], Mapping[str, str]]:
    """Return what `${VAR}` can name: the environment, over `.env` beside the manifest; read when first asked for."""

    @cache
    def known() -> Mapping[str, str]:
        beside = os.path.join(setting.directory, ".env")
        if not os.path.lexists(beside):
            return setting.environ
        read = _read(beside)
        findings.extend(
            Finding("env-file", trouble.message, trouble.hint, file=beside, place=trouble.place)
            for trouble in read.troubles
        )
        return {**{name: value for name, value in read.variables.items() if value is not None}, **setting.environ}

    return known


class EnvFiles:
    """Reads each env-file once, and notes what is wrong with it: at its line, or for its key if it cannot be read.

    `absent` are those that are not there and need not be.
    """

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = findings
        self.known: dict[str, _Read] = {}
        self.absent: dict[str, None] = {}

    def __call__(self, named: EnvFileName, path: Path) -> Variables:
        """Return the variables of a file that the key at `path` names."""
        file = named.path
        read = self.known.get(file)
        if read is None:
            read = self.known[file] = _read(file)
        if read.missing and not named.required:
            self.absent[file] = None
            return {}
        for message, hint, place in read.troubles:
            if place is None:
                self.findings.append(Finding("env-file", f"{os.path.basename(file)} {message}", hint, path))
            else:
                self.findings.append(Finding("env-file", message, hint, path, file=file, place=place))
        return read.variables


def _read(file: str) -> _Read:
    try:
        raw = read_regular(file)  # a variable can name a library to load: root takes none that others may write
    except Refused as refused:
        hint = _MAY_BE_MISSING if refused.missing else refused.hint
        return _Read({}, (_Trouble(refused.message, hint),), refused.missing)
    if (place := not_utf8(raw)) is not None:
        return _Read({}, (_Trouble("is not UTF-8 from here on", "save the file as UTF-8", place),))
    text = raw.decode().removeprefix("\ufeff")
    if "\0" in text:
        at = text.index("\0")
        place = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
        return _Read({}, (_Trouble("a NUL byte", "save it as text", place),))
    return _parsed(text)


def _parsed(text: str) -> _Read:
    from io import StringIO

    from dotenv.parser import parse_stream  # pulls in logging; most manifests have no env-file

    read: dict[str, str | None] = {}
    troubles: list[_Trouble] = []
    for binding in parse_stream(StringIO(text.replace("\r\n", "\n").replace("\r", "\n"))):
        wrong = next(_wrong(binding), None)
        if wrong is not None:
            written = binding.original.string
            blank = written[: len(written) - len(written.lstrip())]
            place = binding.original.line + blank.count("\n"), len(blank) - blank.rfind("\n")
            troubles.append(_Trouble(*wrong, place))
            if wrong is _OPEN_QUOTE:
                break  # what follows belongs to it
        elif binding.key:
            read[binding.key] = _plain(binding)
    return _Read(read, tuple(troubles))


def _wrong(binding: Binding) -> Iterator[tuple[str, str]]:
    """What is wrong with one line, and the right form."""
    written = binding.original.string.strip()
    name, equals, value = written.partition("=")
    if written.startswith("["):
        yield "a section, which a file of variables has not", "take the line out"
    elif binding.error:
        if equals and _NAME.fullmatch(name.removeprefix("export ").strip()):
            quote = value.strip()[:1]
            closed = value.strip().count(quote) > 1
            if closed:
                yield "there is something behind the closing quote", "take it out, or begin a comment with #"
            else:
                yield _OPEN_QUOTE
        else:
            yield "is no line NAME=value", _FORM
    elif binding.key is not None and not _NAME.fullmatch(binding.key):
        yield "begins with no name of a variable", "a name has letters, digits and _, and begins with no digit"
    elif binding.value is not None and binding.value.endswith("\\") and value.strip()[:1] not in {"'", '"'}:
        yield "a line that goes on in the next one", "put the value into quotes; within them it may have many lines"


def _plain(binding: Binding) -> str | None:
    r"""What is meant: within double quotes `\$` is a dollar sign, which Compose would replace otherwise."""
    if binding.value is None:
        return None
    _, _, value = binding.original.string.partition("=")
    return binding.value.replace("\\$", "$") if value.lstrip().startswith('"') else binding.value
