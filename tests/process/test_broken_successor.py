"""F7 and I12: a supervisor is killed, and the code that is installed by then cannot run: it is said, and mended."""

from __future__ import annotations

from tests.process.project import Project, alive
from tests.process.test_keeper import COUNT, assert_all_lines, kill, parent, pids, supervisor
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
    assert all(alive(pid) for pid in (keeper, *before.values()))
    installed.edit("service/supervisor.py", "class Service(:", "class Service:")
    project.until("quiet", lambda _seen: True)
    assert pids(project) == before
    assert parent(supervisor(project)) == keeper
    assert_all_lines(project)
