"""What a process would remove at its exit, found out by a copy of it that may remove nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import os
from udaemon.engines.zygote import exit_handlers
before = exit_handlers.registered()
{register}
print(exit_handlers.registered() != before, exit_handlers.removes(), flush=True)
os._exit(0)
"""


CATCHES = """
import atexit, os
def end():
    try:
        open('PLACE', 'w')
    except BaseException:
        pass
    os.remove('PLACE')
atexit.register(end)
"""


def told(register: str, directory: Path) -> list[str]:
    """Whether a handler was registered, and what it would remove."""
    script = SCRIPT.format(register=register.replace("PLACE", str(directory / "precious")))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.split(" ", 1)


@pytest.mark.parametrize(
    "register",
    [
        "import atexit, os; atexit.register(os.unlink, 'PLACE')",
        "import atexit, os; atexit.register(os.rename, 'PLACE', 'PLACE.old')",
        "import weakref, os\nclass A: pass\na = A(); f = weakref.finalize(a, os.unlink, 'PLACE')",
        CATCHES,
    ],
    ids=["unlink", "rename", "finalizer", "one-that-catches-all"],
)
def test_what_would_be_removed_is_told_and_stays(register: str, tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("kept")
    assert told(register, tmp_path) == ["True", f"{tmp_path}/precious\n"]
    assert (tmp_path / "precious").read_text() == "kept"


@pytest.mark.parametrize(
    "register",
    [
        "import atexit; atexit.register(print, 'bye')",
        "import atexit, os; atexit.register(os.mkdir, 'PLACE.made')",
        "import atexit\natexit.register(lambda: open('PLACE', 'w').write('lost'))",
        "import atexit, subprocess; atexit.register(subprocess.run, ['rm', 'PLACE'])",
        "import atexit, os; atexit.register(os._exit, 3)",
    ],
    ids=["print", "mkdir", "write", "program", "leave"],
)
def test_a_handler_that_removes_nothing_does_nothing_here_either(register: str, tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("kept")
    assert told(register, tmp_path) == ["True", "None\n"]
    assert [path.name for path in tmp_path.iterdir()] == ["precious"]
    assert (tmp_path / "precious").read_text() == "kept"


def test_one_that_does_not_end_is_told(tmp_path: Path) -> None:
    register = "import atexit, signal; atexit.register(signal.pause)"
    assert told(register, tmp_path) == ["True", "it does not end\n"]


def test_where_there_is_none_nothing_has_to_be_tried(tmp_path: Path) -> None:
    assert told("pass", tmp_path) == ["False", "None\n"]
