"""Who follows, and whose reader leaves (`| grep -m1`): it ends at once, not with the next thing that happens."""

from __future__ import annotations

import os
import time

import pytest
from tests.process.project import PATIENCE, Project, read_line


@pytest.mark.parametrize("verb", [("events", "-f"), ("events", "-f", "--json"), ("logs", "-f"), ("logs", "-f", "talk")])
def test_f59_a_follower_ends_with_its_reader(project: Project, verb: tuple[str, ...]) -> None:
    project.manifest("""
        [daemons.talk]
        command = "echo hello; exec sleep 1000"
        shell = true
    """)
    project.up()
    with project.process(*verb) as follower:
        assert follower.stdout is not None
        assert read_line(follower.stdout.fileno(), time.monotonic() + PATIENCE)
        follower.stdout.close()
        assert follower.wait(PATIENCE) == 0
        assert follower.stderr is not None
        assert os.read(follower.stderr.fileno(), 1000) == b""
