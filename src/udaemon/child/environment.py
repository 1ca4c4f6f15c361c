"""The environment that a daemon starts from, and how our interpreters read text: one way for `up`, `run` and `check`.

Knows no manifest. What the caller's shell keeps for itself is no daemon's business, and text is UTF-8 as in the file,
whatever the locale says.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from functools import cache

from udaemon.system import procfs

MARKS = ("UDAEMON_PROJECT", "UDAEMON_NAME", "UDAEMON_INSTANCE", "UDAEMON_INSTANCES", "UDAEMON_CONTEXT")
"""Variables that name a daemon to itself; those of a udaemon that we run under are not passed on."""

_SHELLS = ("PWD", "OLDPWD", "SHLVL", "_")
_MANAGERS = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES")
"""What a service manager says to the supervisor alone (sd_notify(3)): a daemon that answers would speak for all."""
_DROPPED = frozenset({*MARKS, *_SHELLS, *_MANAGERS})
_BASIC = frozenset({"PATH", "HOME", "USER", "LOGNAME", "SHELL", "TZ", "LANG"})
_STARTUP = ("PYTHON", "LD_", "MALLOC_", "GLIBC_", "LC_", "LANG")
_LOCALE = ("LC_ALL", "LC_CTYPE", "LANG", "PYTHONUTF8", "PYTHONCOERCECLOCALE")
_COERCED = {"C.UTF-8", "C.utf8", "UTF-8"}
"""What Python puts into LC_CTYPE when it starts in the C locale (PEP 538)."""


def surroundings(added: Mapping[str, str], cwd: str, *, inherit: bool = True) -> dict[str, str]:
    """The whole environment of a daemon: the caller's, without what is its shell's or service manager's, and `added`.

    Args:
        added: What the manifest says.
        cwd: The daemon's working directory, which is its PWD.
        inherit: Whether it has more of the caller's than every program needs.
    """
    kept = {name: value for name, value in callers().items() if name not in _DROPPED and (inherit or is_basic(name))}
    return {**kept, "PWD": cwd, **added}


def is_basic(name: str) -> bool:
    """Whether a variable is one that every program needs, wherever it comes from."""
    return name in _BASIC or name.startswith("LC_")


def callers() -> dict[str, str]:
    """The environment that this process was called with: an LC_CTYPE of Python's own is none that the user set."""
    environ = dict(os.environ)
    if environ.get("LC_CTYPE") in _COERCED:
        given = _locale_at_start()
        if given is None:
            del environ["LC_CTYPE"]
        else:
            environ["LC_CTYPE"] = given
    return environ


@cache
def _locale_at_start() -> str | None:
    """LC_CTYPE as it was handed to this program, or to the one that it was forked from."""
    try:
        given = procfs.environ().get(b"LC_CTYPE")
    except OSError:
        return os.environ.get("LC_CTYPE")
    return None if given is None else os.fsdecode(given)


def read_at_startup(name: str) -> bool:
    """Whether an interpreter or the C library reads this variable once, when a program begins."""
    return name.startswith(_STARTUP)


def search_path(environ: Mapping[str, str], directory: str) -> list[str]:
    """The entries of PYTHONPATH, absolute; relative ones start at `directory`."""
    entries = environ.get("PYTHONPATH", "").split(os.pathsep)
    return [os.path.normpath(os.path.join(directory, entry)) for entry in entries if entry]


def apply_environment(environ: Mapping[str, str], directory: str) -> None:
    """Set the environment of the running process, as if it had been started with it.

    Of what an interpreter reads at its start only the search path for modules can still be followed.
    """
    before = search_path(os.environ, os.getcwd())
    for name in os.environ.keys() - environ.keys():
        del os.environ[name]
    os.environ.update(environ)
    wanted = search_path(environ, directory)
    sys.path[:0] = [entry for entry in wanted if entry not in before and entry not in sys.path]


def be_utf8() -> None:
    """Re-execute this program in Python's UTF-8 mode where the locale would decode names and arguments otherwise.

    A file name is bytes: in an ISO-8859-1 locale the ü of a manifest would become another name, in the C locale none.
    """
    if sys.getfilesystemencoding() != "utf-8":
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:  # a byte that is no UTF-8 must not end a verb, and within JSON it is an escape
            reconfigure(encoding="utf-8", errors="backslashreplace")


def interpreter(environ: Mapping[str, str] | None = None, program: str | None = None) -> tuple[str, ...]:
    """The command line of a Python that decodes text as we do, whatever its locale.

    The options of the caller's interpreter (`python -O -W error -m udaemon`) are passed on.

    Args:
        environ: Its environment, None for ours.
        program: Another interpreter than ours.
    """
    ours = callers()
    other = environ is not None and any(environ.get(name) != ours.get(name) for name in _LOCALE)
    return (program or sys.executable, *_flags(), *(("-X", "utf8") if sys.flags.utf8_mode or other else ()))


def _flags() -> Iterator[str]:
    """The options of this interpreter that say how code runs, as they are written on a command line."""
    if sys.flags.optimize:
        yield "-" + "O" * sys.flags.optimize
    if sys.flags.bytes_warning:
        yield "-" + "b" * sys.flags.bytes_warning
    if sys.flags.isolated:
        yield "-I"
    elif sys.flags.no_user_site:
        yield "-s"
    if sys.flags.ignore_environment and not sys.flags.isolated:
        yield "-E"
    for warning in () if sys.flags.dev_mode else sys.warnoptions:
        yield f"-W{warning}"
    for name, value in sys._xoptions.items():  # noqa: SLF001 - the only place that tells them
        if name != "utf8":
            yield f"-X{name}" if value is True else f"-X{name}={value}"
