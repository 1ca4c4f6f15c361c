"""F7 and I12: a supervisor is killed, and the code that is installed by then cannot run: it is said, and mended."""

from __future__ import annotations

import os
import re
import signal

import pytest
from tests.process.project import Project, alive, gone
from tests.process.test_keeper import COUNT, assert_all_lines, kill, lines, parent, pids, supervisor
from tests.process.test_reexec import FLEET, Installed


def test_a_verb_says_that_no_other_one_comes_to_stand_until_there_is_one_that_does(project: Project) -> None:
    """No daemon is touched meanwhile, and the keeper goes on trying."""
    project.file("count.py", COUNT)
    project.manifest(FLEET)
    installed = Installed(project)
    installed.up()
    before, first = pids(project), supervisor(project)
    keeper = parent(first)
    installed.edit("service/supervisor.py", "class Service:", "class Service(:")
    kill(first)
    said = project.run("ps", code=1).stderr
    sentence = f"the supervisor, pid {first}, has ended, and none that answers has come after it"
    assert said.splitlines()[0] == f"udaemon: {sentence}"
    assert "the daemons go on" in said
    assert re.search(r"; the last one said: SyntaxError: .*\(File \".*/service/supervisor.py\", line \d+\)", said)
    assert all(alive(pid) for pid in (keeper, *before.values()))
    installed.edit("service/supervisor.py", "class Service(:", "class Service:")
    project.until("quiet", lambda _seen: True)
    assert "warning: a supervisor could not start: SyntaxError: " in project.run("events").stdout
    assert pids(project) == before
    assert parent(supervisor(project)) == keeper
    assert_all_lines(project)


@pytest.mark.parametrize(
    "breaks", [("class Service:", "class Service(:"), ("class Service:", "while True: pass\nclass Service:")]
)
def test_a_stop_ends_a_project_that_no_supervisor_comes_to(project: Project, breaks: tuple[str, str]) -> None:
    """One that fails at once, and one that never comes to stand: systemd and containers ask the keeper, and wait."""
    project.file("count.py", COUNT)
    project.file("bye.sh", "trap 'echo bye > bye; exit 0' TERM; echo there; while :; do sleep 0.05; done")
    project.manifest(FLEET + '\n[daemons.bye]\ncommand = "sh bye.sh"\nready = { log-line = "there" }\n')
    installed = Installed(project)
    installed.up()
    before, first = pids(project), supervisor(project)
    keeper = parent(first)
    installed.edit("service/supervisor.py", *breaks)
    kill(first)
    os.kill(keeper, signal.SIGTERM)
    assert gone([keeper, *before.values()])
    assert (project.directory / "bye").exists(), "it had no time to end by itself"
    project.run("ps", code=3)
    project.up()  # what the logger had not written yet is in the log from now on
    project.until("count", lambda _seen: lines(project).count(1) == 2)
    numbers = lines(project)
    again = numbers.index(1, 1)
    assert numbers == [*range(1, again + 1), *range(1, len(numbers) - again + 1)]
