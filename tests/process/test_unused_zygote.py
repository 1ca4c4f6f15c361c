"""I2: the zygote that a supervisor has forked beforehand may be killed before anybody needs it."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from tests.process.project import PATIENCE, Project, alive
from tests.process.test_keeper import COUNT, children_named, kill, supervisor, until


def test_f3_a_zygote_that_is_killed_before_it_is_needed_is_no_zombie_and_another_one_is_had(project: Project) -> None:
    """As after the death of a supervisor, whose successor has nothing to fork."""
    project.file("count.py", COUNT)
    project.manifest('[daemons.count]\nfactory = "count:create"\nsleep = "10ms"\n')
    project.up()
    kill(supervisor(project))
    (zygote,) = children_named(supervisor(project), "udaemon: zygote")
    kill(zygote)
    deadline = time.monotonic() + PATIENCE
    while Path(f"/proc/{zygote}").exists():
        assert time.monotonic() < deadline
        project.run("ps")
    pid = project.instance("count")["pid"]
    assert alive(pid)
    kill(pid)
    assert until(project, "count", lambda seen: seen["pid"] not in (None, pid))["restarts"] == 1
    project.down()


def test_where_all_daemons_have_another_interpreter_there_is_no_zygote_of_ours(project: Project) -> None:
    """Nobody would ever need it."""
    project.file("count.py", COUNT)
    project.manifest(f"""
        [daemons.count]
        factory = "count:create"
        sleep = "10ms"
        python = "{sys.executable}"
    """)
    project.up()
    project.run("wait", "count@run-ok")
    assert len(children_named(supervisor(project), "udaemon: zygote")) == 1
    project.down()
