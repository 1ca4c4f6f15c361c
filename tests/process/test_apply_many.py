"""Applies again and again, and applies of many: what they take is given back (issue 13, "It must show" 3)."""

from __future__ import annotations

import os
import re
import resource
import subprocess
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.process.project import PATIENCE, UDAEMON, Project, gone
from tests.process.test_keeper import children_named, parent

TASKS = "def run():\n    pass\n"


def manifest(project: Project, *, number: int, copies: int) -> None:
    """The nth edit: a daemon of another name, another environment, other common logs, and another number of copies."""
    project.file(
        "udaemon.toml",
        f"""\
[daemons.kept]
task = "tasks:run"
sleep = {100 + number}

[daemons.copies]
task = "tasks:run"
sleep = 100
instances = {copies}

[daemons.edited]
command = "sleep 1000"
env = {{ NUMBER = "{number}" }}

[daemons.name{number}]
command = "sleep 1000"
common-log = "log/common{number % 3}.log"
""",
    )


def held(pid: int) -> Counter[str]:
    """What a process has: kinds of open files, and threads."""
    kinds = Counter({"thread": len(os.listdir(f"/proc/{pid}/task"))})
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            target = os.readlink(f"/proc/{pid}/fd/{fd}")
        except FileNotFoundError:  # it was closed just now
            continue
        if "/locks/" in target:
            target = "lock:"  # which file it is in is a matter of the instance's name
        kinds[target.partition(":")[0] if ":" in target else re.sub(r"\d", "", os.path.basename(target))] += 1
    return kinds


def resident(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize()


def grown(ours: Mapping[str, int], before: Mapping[str, Counter[str]]) -> dict[str, Counter[str]]:
    """What these processes hold more than before."""
    return {name: more for name, pid in ours.items() if (more := held(pid) - before[name])}


@pytest.mark.parametrize("times", [12, pytest.param(300, marks=[pytest.mark.slow, pytest.mark.timeout(1200)])])
def test_after_many_applies_the_supervisor_holds_what_it_held_before(project: Project, times: int) -> None:
    project.file("tasks.py", TASKS)
    manifest(project, number=0, copies=2)
    project.up()
    supervisor = project.ps()["supervisor"]["pid"]
    (logger,) = children_named(supervisor, "logger_main")
    ours = {"keeper": parent(supervisor), "supervisor": supervisor, "logger": logger}
    kept = project.instance("kept")["pid"]
    for number in range(1, 5):
        manifest(project, number=number, copies=2 + number % 3)
        project.run("apply")
    before = {name: held(pid) for name, pid in ours.items()}
    memory = {name: resident(pid) for name, pid in ours.items()}
    for number in range(5, times + 5):
        manifest(project, number=number, copies=2 + number % 3)
        project.run("apply")
    manifest(project, number=9, copies=2)
    project.run("apply")

    until = time.monotonic() + PATIENCE
    while (more := grown(ours, before)) and time.monotonic() < until:  # the end of a log is the logger's to tell
        project.run("ps")
    assert more == {}, "a leak would be there as often as it was applied"
    swollen = {name: resident(pid) - memory[name] for name, pid in ours.items()}
    print(f"bytes grown over {times} applies: {swollen}")
    assert max(swollen.values()) < 4 * 1024**2
    assert project.instance("kept")["pid"] == kept
    assert {one["name"] for one in project.instances()} == {"kept", "copies", "edited", "name9"}
    assert all(one["state"] == "running" for one in project.instances())


def test_many_that_are_added_get_descriptors_and_keep_the_limit_that_was_given(project: Project) -> None:
    """faults.md F13: the limit is looked at anew."""

    def text(copies: int) -> str:
        shell = 'shell = true\ncommand = "ulimit -Sn; exec sleep 1000"\n'
        task = 'factory = "limits:create"\nsleep = 1000\n'
        return f"[daemons.shell]\n{shell}instances = {copies}\n[daemons.task]\n{task}instances = {copies}\n"

    project.file(
        "limits.py",
        "import resource\ndef create():\n    print(resource.getrlimit(resource.RLIMIT_NOFILE)[0], flush=True)\n"
        "    return lambda: None\n",
    )
    project.file("udaemon.toml", text(1))
    up = " ".join([*UDAEMON, "up", "-d", "--wait"])
    script = project.file("up.sh", f"ulimit -Sn 450\nexec {up}\n")
    subprocess.run(["bash", str(script)], cwd=project.directory, env=project.environ, check=True, timeout=60)
    supervisor = project.ps()["supervisor"]["pid"]
    before = resource.prlimit(supervisor, resource.RLIMIT_NOFILE)[0]
    project.file("udaemon.toml", text(60))
    project.run("apply")
    assert resource.prlimit(supervisor, resource.RLIMIT_NOFILE)[0] > before
    told = project.instances()
    assert len(told) == 120
    assert {one["state"] for one in told} == {"running"}
    for name in ("shell", "task"):
        lines = project.log(name).splitlines()
        assert {line.split()[-1] for line in lines} == {"450"}
        assert len(lines) == 60
    pids = [one["pid"] for one in told]
    project.down()
    assert gone(pids)


def test_more_than_the_limit_allows_is_refused_and_nothing_changes(project: Project) -> None:
    project.file("udaemon.toml", '[daemons.one]\ncommand = "sleep 1000"\n')
    up = " ".join([*UDAEMON, "up", "-d", "--wait"])
    script = project.file("up.sh", f"ulimit -n 450\nexec {up}\n")
    subprocess.run(["bash", str(script)], cwd=project.directory, env=project.environ, check=True, timeout=60)
    pid = project.instance("one")["pid"]
    project.file("udaemon.toml", '[daemons.one]\ncommand = "sleep 1000"\ninstances = 200\n')
    done = project.run("apply", code=1)
    assert "EMFILE" in done.stderr
    assert "200 instances need" in done.stderr
    assert [one["pid"] for one in project.instances()] == [pid]
