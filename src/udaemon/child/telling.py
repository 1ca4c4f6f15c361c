"""Writes to a daemon's log why it exits, whatever the user's code has done to `sys.stderr` and `sys.excepthook`.

Knows no daemon and no reason. A user's excepthook, stream, `__str__` or exit handler may raise, and may raise anything.
"""

from __future__ import annotations

import atexit
import os
import sys
from contextlib import suppress
from types import TracebackType

_LOG = 2


def last_line(error: BaseException) -> str:
    """The exception as the last line of its traceback has it, without what follows a line break."""
    kind = type(error)
    if getattr(kind, "foreign", False):  # another language's error, in its own words
        return str(error).splitlines()[0] if str(error) else kind.__qualname__
    name = (
        kind.__qualname__ if kind.__module__ in ("builtins", "__main__") else f"{kind.__module__}.{kind.__qualname__}"
    )
    try:
        text = str(error).strip()
    except BaseException:  # noqa: BLE001 - a user's __str__
        text = "(its text cannot be had)"
    return f"{name}: {text.splitlines()[0]}" if text else name


def show_exception(error: BaseException, note: str | None = None) -> None:
    """Print an exception as `sys.excepthook` does it; where that or the stream is broken, straight to the log.

    Args:
        error: The exception, with the traceback that shall be seen.
        note: To stand below it.
    """
    if note is not None:
        with suppress(BaseException):  # an exception class may be frozen
            error.add_note(note)
    broken = None
    if sys.excepthook is not sys.__excepthook__ or _writable(sys.stderr):
        try:
            sys.excepthook(type(error), error, error.__traceback__)
        except BaseException as another:  # noqa: BLE001 - a user's hook
            broken = another
        else:
            return
    import traceback

    try:
        text = "".join(traceback.format_exception(error))
    except BaseException:  # noqa: BLE001 - a user's exception, with properties of its own
        text = f"{last_line(error)}\n"
    if broken is not None:
        text += f"(sys.excepthook failed: {last_line(broken)})\n"
    _write(text)


def say(text: str) -> None:
    """Print a line to stderr; to the log itself where there is no such stream any more."""
    try:
        if sys.stderr is not None:  # for print, None is stdout
            print(text, file=sys.stderr, flush=True)
            return
    except BaseException:  # noqa: BLE001 - the task closed it, or put anything in its place
        pass
    _write(f"{text}\n")


def show_end(error: BaseException) -> None:
    """Print what Python prints of an exception that ends a program: the text of sys.exit, or the traceback."""
    if isinstance(error, SystemExit):
        if error.code is not None and not isinstance(error.code, int):
            say(_text(error.code))
        return
    if getattr(type(error), "foreign", False):  # its trace is another language's, which has written it
        if not getattr(error, "logged", False):
            say(f"udaemon: {last_line(error)}")
        return
    with suppress(BaseException):
        BaseException.with_traceback(error, _users_part(error.__traceback__))
    show_exception(error)


def exit_code(error: BaseException) -> int:
    """What a Python program that an exception ends exits with."""
    if not isinstance(error, SystemExit):
        return 1
    if error.code is None:
        return 0
    if not isinstance(error.code, int):
        return 1
    fits = -sys.maxsize - 1 <= error.code <= sys.maxsize  # into a C long; of what does not, Python makes -1
    return error.code & 0xFF if fits else 255


def code_text(error: SystemExit) -> str:
    """What it was given, as Python writes it."""
    try:
        return repr(error.code)
    except BaseException:  # noqa: BLE001 - a user's __repr__
        return "…"


def finish() -> None:
    """Run exit handlers and flush the output, as a Python program does at its end."""
    with suppress(BaseException):
        atexit._run_exitfuncs()  # noqa: SLF001 - what interpreter finalisation and multiprocessing call
    for stream in (sys.stdout, sys.stderr):
        with suppress(BaseException):
            stream.flush()


def _writable(stream: object) -> bool:
    try:
        return callable(getattr(stream, "write", None)) and not getattr(stream, "closed", False)
    except BaseException:  # noqa: BLE001 - a property of a user's stream
        return False


def _write(text: str) -> None:
    data = text.encode("utf-8", "backslashreplace")
    with suppress(OSError):
        while data:
            data = data[os.write(_LOG, data) :]


def _text(value: object) -> str:
    try:
        return str(value)
    except BaseException:  # noqa: BLE001 - a user's __str__
        return "(its text cannot be had)"


def _users_part(trace: TracebackType | None) -> TracebackType | None:
    """A traceback without the frames above the user's code, which are ours and importlib's."""
    ours = os.path.dirname(__file__)
    found = trace
    while found is not None:
        file = found.tb_frame.f_code.co_filename
        if not (file.startswith((ours, "<frozen importlib")) or "/importlib/" in file):
            return found
        found = found.tb_next
    return trace
