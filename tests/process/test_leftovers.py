"""The teardown of this folder finds what a test left behind, whoever its parent is by then."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import psutil
from tests.process.conftest import MARKER, descendants, wait_for_ends

if TYPE_CHECKING:
    from tests.process.conftest import Bell, Wait

ORPHANER = """
import os, sys
if os.fork() == 0:
    os.setsid()
    with open(sys.argv[1], "w") as bell:
        bell.write(f"{os.getpid()}\\n")
    os.read(0, 1)
    os._exit(0)
"""


def test_an_orphan_in_its_own_session_is_found(bell: Callable[[], Bell]) -> None:
    """A grandchild that has left our session and lost its parent still carries the marker."""
    rung = bell()
    hold, release = os.pipe()
    subprocess.run([sys.executable, "-c", ORPHANER, rung.path], stdin=hold, check=True, close_fds=True)
    pid = int(rung.lines()[0])
    process = psutil.Process(pid)

    found = [one.pid for one in descendants([os.environ[MARKER]], set())]

    os.close(hold)
    os.close(release)
    assert (found, wait_for_ends([process], 5)) == ([pid], [])


def test_a_wait_in_vain_names_what_it_waited_for(wait: Wait) -> None:
    """A time-out is a failure that says what did not come."""
    silent, quiet = os.pipe()
    try:
        wait([silent], timeout=0.01, what="a word")
    except AssertionError as error:
        said = str(error)
    else:
        said = "nothing"
    finally:
        os.close(silent)
        os.close(quiet)
    assert said.startswith("waited 0.01 s in vain for a word")
