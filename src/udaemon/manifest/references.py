"""Value types that name something outside the manifest: callables, signals, programs, files, umasks.

Knows only how such a name is written; nothing is imported, looked up or opened here.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable

from udaemon.frozen import frozen
from udaemon.manifest.measures import DURATION_PATTERN, format_duration, parse_duration
from udaemon.manifest.problems import Wrong
from udaemon.manifest.values import LONGEST, REFERENCE, Schema, Text, Unchanged, wrong_type
from udaemon.manifest.wording import near, shown

IDENTIFIER = r"[A-Za-z_][A-Za-z0-9_]*"
MODULE_PATTERN = rf"^{IDENTIFIER}(?:\.{IDENTIFIER})*$"
CALLABLE_PATTERN = rf"^{IDENTIFIER}(?:\.{IDENTIFIER})*:{IDENTIFIER}(?:\.{IDENTIFIER})*$"
PHP_NAME = r"[^\x00-\x40\x5b-\x5e\x60\x7b-\x7f][^\x00-\x2f\x3a-\x40\x5b-\x5e\x60\x7b-\x7f]*"
"""Letters, digits, underscores and whatever is not ASCII, as PHP has it."""
PHP_CALLABLE_PATTERN = rf"^\\?{PHP_NAME}(?:\\{PHP_NAME})*(?:::{PHP_NAME})?$"
NAME_PATTERN = r"^[a-z0-9][a-z0-9_-]{0,62}$"
MODE_PATTERN = r"^0?[67][0-7]{2}$"
UMASK_PATTERN = r"^0?[0-7]{1,3}$"
COOLDOWN_PATTERN = DURATION_PATTERN.replace("^", "^(?:give-up|cooldown ", 1).removesuffix("$") + ")$"

SIGNALS = (
    "HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ"
    " VTALRM PROF WINCH IO SYS"
).split()
"""Names that Linux and macOS share."""

_LONGEST_COMMAND = 131_071
"""MAX_ARG_STRLEN of execve(2) on Linux: no single argument may be longer."""

NAME = Text("name", NAME_PATTERN, "bad-name", "write 1 to 63 of a-z, 0-9, - and _, beginning with a letter or digit")
MODULE = Text("module name", MODULE_PATTERN, "bad-module", 'write it as in an import, such as "package.module"')
PATH = Text("path", code="bad-path", empty=False)
LOG_FILE = Text(
    "name or path of a file",
    r"^(?!/dev/|/proc/)(?:[^\x00]*/)?(?!\.{1,2}$)[^/\x00]+$",
    "bad-path",
    'write its name, such as "web.log", or a path; a log is rotated and read again, which no device can be',
    empty=False,
)


@frozen
class CallableName(Unchanged):
    """The name of a callable; whether there is one is asked elsewhere.

    Args:
        words: What it is.
        pattern: Its form.
        example: How it is written, in the quotes that a manifest should have round it.
        mended: What may have been meant by what has another form.
    """

    words: str
    pattern: str
    example: str
    mended: Callable[[str], str]

    def parse(self, value: object) -> str:
        """Take the text."""
        form = f"write {self.example}"
        if not isinstance(value, str):
            raise wrong_type(f"a {self.words}'s name", value, form)
        if not re.fullmatch(self.pattern[1:-1], value):
            guess, quote = self.mended(value), self.example[0]
            hint = f"write {quote}{guess}{quote}" if re.fullmatch(self.pattern[1:-1], guess) else form
            raise Wrong("bad-callable", f"{shown(value)} names no {self.words}", hint)
        return value

    def schema(self) -> Schema:
        """Describe the form."""
        return {"anyOf": [{"type": "string", "pattern": self.pattern}, REFERENCE]}


def _with_colon(text: str) -> str:
    module, dot, name = text.rpartition(".")
    return f"{module}:{name}" if dot and ":" not in text else ""


def _as_php_has_it(text: str) -> str:
    return re.sub(r"\\+", r"\\", text.removesuffix("()")).replace("->", "::")


PYTHON_CALLABLE = CallableName("callable", CALLABLE_PATTERN, '"package.module:function"', _with_colon)
PHP_CALLABLE = CallableName(
    "PHP callable", PHP_CALLABLE_PATTERN, r"'Namespace\Class::method', in single quotes", _as_php_has_it
)


class SignalName(Unchanged):
    """A signal by its name, with or without SIG."""

    words = "signal name"

    def parse(self, value: object) -> str:
        """Take a name; numbers differ between systems."""
        hint = 'write a signal\'s name, such as "TERM", "INT" or "QUIT"'
        if not isinstance(value, str):
            raise wrong_type("a signal's name", value, hint)
        name = value.removeprefix("SIG")
        if name not in SIGNALS:
            close = near(value.upper().removeprefix("SIG").lower(), [signal.lower() for signal in SIGNALS])
            hint = f'did you mean "{close.upper()}"?' if close else hint
            raise Wrong("bad-signal", f"{shown(value)} is no signal", hint)
        return name

    def schema(self) -> Schema:
        """List the names."""
        return {"anyOf": [{"enum": [*SIGNALS, *(f"SIG{name}" for name in SIGNALS)]}, REFERENCE]}


class Umask:
    """A file mode creation mask, as octal text: a bare number would leave open what its digits mean."""

    words = "octal string"

    def parse(self, value: object) -> int:
        """Take octal text."""
        hint = 'write it as an octal string, such as "022"'
        if not isinstance(value, str):
            raise wrong_type("an octal string", value, hint)
        if not re.fullmatch(UMASK_PATTERN[1:-1], value):
            raise Wrong("bad-umask", f"{shown(value)} is no umask", hint)
        return int(value, 8)

    def dump(self, value: int) -> str:
        """Write three octal digits."""
        return f"{value:03o}"

    def schema(self) -> Schema:
        """Describe the form."""
        return {"anyOf": [{"type": "string", "pattern": UMASK_PATTERN}, REFERENCE]}


class FileMode:
    """Permissions of a file, as octal text, that let its owner read and write."""

    words = "octal string"

    def parse(self, value: object) -> int:
        """Take octal text."""
        hint = 'write it as an octal string, such as "0644"'
        if not isinstance(value, str):
            raise wrong_type("an octal string", value, hint)
        if not re.fullmatch("0?[0-7]{3}", value):
            raise Wrong("bad-mode", f"{shown(value)} is no mode of a file", hint)
        mode = int(value, 8)
        if mode & 0o600 != 0o600:
            raise Wrong("bad-mode", f"{shown(value)} does not let its owner read and write", 'such as "0600"')
        return mode

    def dump(self, value: int) -> str:
        """Write four octal digits."""
        return f"{value:04o}"

    def schema(self) -> Schema:
        """Describe the form."""
        return {"anyOf": [{"type": "string", "pattern": MODE_PATTERN}, REFERENCE]}


class Cooldown:
    """What to do at the start limit: "give-up" (None), or "cooldown 10m" (seconds)."""

    words = '"give-up" or "cooldown DURATION"'

    def parse(self, value: object) -> float | None:
        """Take one of the two forms."""
        hint = 'write "give-up", or "cooldown 10m"'
        if not isinstance(value, str):
            raise wrong_type(self.words, value, hint)
        if value == "give-up":
            return None
        word, _, duration = value.partition(" ")
        seconds = parse_duration(duration)
        if word != "cooldown" or seconds is None:
            raise Wrong("bad-choice", f"{shown(value)} is neither", hint)
        if not 0 < seconds <= LONGEST:
            raise Wrong("out-of-range", f"{shown(value)} is out of range", "write a duration up to 3650d")
        return seconds

    def dump(self, value: float | None) -> str:
        """Write the form."""
        return "give-up" if value is None else f"cooldown {format_duration(value)}"

    def schema(self) -> Schema:
        """Describe both forms."""
        return {"anyOf": [{"type": "string", "pattern": COOLDOWN_PATTERN}, REFERENCE]}


class Command:
    """A program with its arguments: a list, or text that is split as a shell splits words."""

    words = "string or list of strings"

    def parse(self, value: object) -> tuple[str, ...]:
        """Split text into words; whether a shell reads it instead is decided where both keys are known."""
        if isinstance(value, str):
            if len(value) > _LONGEST_COMMAND:
                raise Wrong("bad-command", "is longer than the system takes", "put it into a script")
            try:
                words = shlex.split(value)
            except ValueError as error:
                hint = "close the quote, or write a list of strings"
                raise Wrong("bad-command", f"cannot be split into words: {str(error).lower()}", hint) from None
            if not words:
                raise Wrong("bad-command", "names no program", "write the program, then its arguments")
            return tuple(words)
        if not isinstance(value, list):
            raise wrong_type("a string or a list of strings", value)
        wrong = [
            wrong_type("a string", word, None, (at,)) for at, word in enumerate(value) if not isinstance(word, str)
        ]
        if wrong:
            raise ExceptionGroup("command", wrong)
        if not value or not value[0]:
            raise Wrong("bad-command", "names no program", "write the program, then its arguments")
        return tuple(value)

    def dump(self, value: tuple[str, ...]) -> list[str]:
        """Write a list."""
        return list(value)

    def schema(self) -> Schema:
        """Describe both forms."""
        words: Schema = {"type": "array", "items": {"type": "string"}, "minItems": 1}
        return {"anyOf": [{"type": "string", "minLength": 1}, words]}
