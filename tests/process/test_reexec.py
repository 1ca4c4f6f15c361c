"""F7: `reexec` replaces every process of ours by the installed code, and no daemon notices; or it changes nothing."""

from __future__ import annotations

import faulthandler
import json
import os
import re
import shutil
import signal
import subprocess
import time
from binascii import crc32
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.process.project import PATIENCE, UDAEMON, Json, Project, gone, read_line
from tests.process.test_keeper import (
    COUNT,
    SLOW,
    assert_all_lines,
    children_named,
    kill,
    lines,
    parent,
    pids,
    supervisor,
    until,
)

import udaemon

PACKAGE = Path(udaemon.__file__).parent
FLEET = """
    [daemons.count]
    factory = "count:create"
    sleep = "2ms"

    [daemons.quiet]
    command = "sleep 1000"
    restart = "always"
"""
STOPS_SLOWLY = """
    [daemons.slow]
    command = "sh slow.sh"
    stop = { timeout = "60s" }
"""
SAME = ("name", "pid", "state", "wanted", "restarts", "started_at", "exit")


class Installed:
    """A project whose supervisor was started from a copy of udaemon, which a test changes; its clients are not."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.package = project.directory / "installed" / "udaemon"
        self._edits = 0
        shutil.copytree(PACKAGE, self.package)

    def up(self) -> None:
        """Start the project by it."""
        plain = self.project.environ
        self.project.environ = plain | {"PYTHONPATH": str(self.package.parent)}
        self.project.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        self.project.up()
        self.project.environ = plain

    def edit(self, module: str, before: str, after: str) -> None:
        """Change its code."""
        path = self.package / module
        text = path.read_text()
        assert before in text
        path.write_text(text.replace(before, after, 1))
        self._edits += 1  # what was compiled is told by size and whole seconds, and an installer takes longer
        os.utime(path, (os.stat(path).st_mtime + self._edits,) * 2)


@pytest.fixture
def fleet(project: Project) -> Project:
    """A task that counts aloud and a silent command."""
    project.file("count.py", COUNT)
    project.manifest(FLEET)
    project.up()
    return project


@pytest.fixture
def slow(project: Project) -> Project:
    """The same with one that stops when something is written to `go`, with exit code 5."""
    project.file("count.py", COUNT)
    project.file("slow.sh", SLOW)
    os.mkfifo(project.directory / "go")
    project.manifest(FLEET + STOPS_SLOWLY)
    project.up()
    return project


@pytest.fixture
def installed(project: Project) -> Installed:
    """As `fleet`, and whatever is installed can be changed."""
    project.file("count.py", COUNT)
    project.manifest(FLEET)
    made = Installed(project)
    made.up()
    return made


def ours(project: Project) -> dict[str, int]:
    """The processes of udaemon's own, by what they are."""
    first = supervisor(project)
    (logger,) = children_named(first, "logger_main")
    return {"keeper": parent(first), "supervisor": first, "logger": logger}


def unchanged(before: list[Json], after: list[Json]) -> None:
    for old, new in zip(before, after, strict=True):
        assert {key: new[key] for key in SAME} == {key: old[key] for key in SAME}
        assert new["runs"]["count"] >= old["runs"]["count"]


def test_f7_everything_of_ours_is_replaced_and_no_daemon_notices(fleet: Project) -> None:
    """Pids, states, counters and lines are as they were; the keeper is the same process with another program."""
    before, mine = fleet.instances(), ours(fleet)
    zygotes = children_named(mine["supervisor"], "udaemon: zygote")
    keeper = Path(f"/proc/{mine['keeper']}")
    program = (keeper / "stat").read_text().split()[47]  # where its arguments begin: moved by every execve(2)
    done = fleet.run("reexec")
    now = ours(fleet)
    assert f"pid {now['supervisor']}" in done.stderr
    assert f"in place of pid {mine['supervisor']}" in done.stderr
    assert now["keeper"] == mine["keeper"]
    assert (keeper / "stat").read_text().split()[47] != program
    assert now["supervisor"] != mine["supervisor"]
    assert gone([mine["supervisor"], mine["logger"], *zygotes])
    unchanged(before, fleet.instances())
    told = fleet.run("events").stdout
    assert f"gave way to udaemon {udaemon.__version__}; 2 processes went on" in told
    assert_all_lines(fleet)
    assert gone([now["keeper"]])


def test_f7_a_keeper_that_was_replaced_does_what_a_keeper_does(fleet: Project) -> None:
    """After it a supervisor that is killed has a successor, exit codes are true, and `down` ends all."""
    fleet.run("reexec")
    before, now = pids(fleet), ours(fleet)
    kill(now["supervisor"])
    assert pids(fleet) == before
    pidfd = os.pidfd_open(before["quiet"])
    kill(supervisor(fleet))
    signal.pidfd_send_signal(pidfd, signal.SIGKILL)
    os.close(pidfd)
    seen = until(fleet, "quiet", lambda seen: seen["restarts"] == 1 and seen["pid"])
    assert seen["exit"]["signal"] == signal.SIGKILL
    fleet.run("reexec")
    os.kill(now["keeper"], signal.SIGHUP)  # is passed on: apply
    fleet.until("quiet", lambda _seen: "applied" in fleet.run("events").stdout)
    assert_all_lines(fleet)
    assert gone([now["keeper"]])


def test_f7_the_installed_version_is_told_before_and_runs_afterwards(installed: Installed) -> None:
    """`--dry-run` changes nothing; `ps` and `version` say that the supervisor is another version than they are."""
    project = installed.project
    before, first = project.instances(), supervisor(project)
    installed.edit("__init__.py", udaemon.__version__, "7.8.9")
    done = project.run("reexec", "--dry-run")
    assert "udaemon 7.8.9 would take over" in done.stderr
    assert f"from pid {first}, udaemon {udaemon.__version__}" in done.stderr
    assert supervisor(project) == first
    assert project.run("ps").stderr == ""
    project.run("reexec")
    assert supervisor(project) != first
    unchanged(before, project.instances())
    assert project.ps()["supervisor"]["version"] == "7.8.9"
    assert "the supervisor runs udaemon 7.8.9" in project.run("ps").stderr
    assert project.run("version").stdout == f"udaemon {udaemon.__version__}\n"
    assert "the supervisor runs udaemon 7.8.9" in project.run("version").stderr
    assert json.loads(project.run("version", "--json").stdout)["supervisor"] == "7.8.9"
    assert_all_lines(project)


BROKEN = {
    "syntax error": ("service/supervisor.py", "class Service:", "class Service(:", "SyntaxError"),
    "import error": ("service/recovery.py", "import os\n", "import os\nimport no_such_thing\n", "no_such_thing"),
    "exits": ("service/outlive.py", "import os\n", "import os\nraise SystemExit(3)\n", "it ended with exit code 3"),
    "kills itself": ("service/main.py", "import gc\n", "import os, gc\nos.abort()\n", "signal 6"),
    "in the logger": ("logs/rotation.py", "import os\n", "import os\n1 +\n", "SyntaxError"),
    "in the prober": ("engines/probing/prober.py", "import asyncio\n", "import asyncio\n1 +\n", "SyntaxError"),
    "older ledger": ("policy/ledger.py", "VERSION = 1", "VERSION = 0", "the ledger was written by a newer udaemon"),
    "older journal": (
        "logs/journal.py",
        "VERSION = 1",
        "VERSION = 0",
        "the journal of the logs was written by a newer",
    ),
    "older store": ("service/standby.py", "STATE_VERSION = 1", "STATE_VERSION = 0", "written by a newer udaemon"),
    "other scoreboard": ("child/regions.py", "VERSION = 2", "VERSION = 3", "the scoreboard has version 2"),
}


@pytest.mark.parametrize(("module", "before", "after", "said"), BROKEN.values(), ids=BROKEN)
def test_f7_a_version_that_cannot_take_over_changes_nothing(
    installed: Installed, module: str, before: str, after: str, said: str
) -> None:
    """It rehearses beside the one in charge, which stays, and the verb says in one line why."""
    project = installed.project
    seen, mine = project.instances(), ours(project)
    installed.edit(module, before, after)
    for argv in (("reexec", "--dry-run"), ("reexec",)):
        done = project.run(*argv, code=1)
        assert said in done.stderr.splitlines()[0]
        assert "the installed udaemon cannot take over" in done.stderr
        assert f"nothing has changed: udaemon {udaemon.__version__} goes on" in done.stderr
    assert ours(project) == mine
    unchanged(seen, project.instances())
    installed.edit(module, after, before)
    project.run("reexec")
    unchanged(seen, project.instances())
    assert_all_lines(project)


@pytest.mark.slow
def test_f7_a_version_that_hangs_is_given_up(installed: Installed) -> None:
    """Within its bound; meanwhile the supervisor does its work, and another reexec is refused."""
    project = installed.project
    mine = ours(project)
    installed.edit("service/main.py", "import gc\n", "import gc, time\ntime.sleep(1000)\n")
    with project.process("reexec") as waiting:
        while not (beside := set(children_named(mine["keeper"], "main_again"))):
            assert waiting.poll() is None
        assert "another reexec is under way" in project.run("reexec", code=1).stderr
        project.run("restart", "quiet")
        assert waiting.wait(PATIENCE) == 1
        assert waiting.stderr is not None
        assert "does not answer" in waiting.stderr.read()
    assert gone([*beside])
    assert ours(project) == mine
    assert_all_lines(project)


def test_f57_a_ledger_that_is_newer_meanwhile_is_refused(fleet: Project) -> None:
    """It is read before anything is done."""
    mine = ours(fleet)
    path = next(fleet.runtime.glob("udaemon/*/ledger"))
    text = path.read_bytes()
    path.write_bytes(_of_version_99(text))
    done = fleet.run("reexec", code=1)
    assert "the ledger was written by a newer udaemon (version 99, this one reads 1)" in done.stderr
    assert ours(fleet) == mine
    path.write_bytes(text)
    assert_all_lines(fleet)


def _of_version_99(text: bytes) -> bytes:
    head, _, rest = text.partition(b"\n")
    body = re.sub(rb'"ledger":\d+', b'"ledger":99', head.partition(b" ")[2])
    return b"%08x %b\n" % (crc32(body), body) + rest


def test_who_runs_in_the_foreground_is_told_that_nobody_could_take_over(project: Project) -> None:
    """Nothing changes, and the way out is named."""
    project.manifest('daemons.web.command = "sleep 1000"')
    with project.process("up") as up:
        assert up.stderr is not None
        assert any("web/0 started" in line for line in up.stderr)
        done = project.run("reexec", code=1)
        assert "runs in the foreground" in done.stderr
        assert "udaemon up -d" in done.stderr
        assert project.instance("web")["state"] == "running"
        up.send_signal(signal.SIGINT)
        up.communicate(timeout=PATIENCE)


def test_without_a_keeper_nothing_is_handed_over(fleet: Project) -> None:
    """It was killed: the verb says so."""
    first = supervisor(fleet)
    kill(parent(first))
    done = fleet.run("reexec", code=1)
    assert "the keeper of this project was killed" in done.stderr
    assert supervisor(fleet) == first
    assert_all_lines(fleet)


def test_without_a_project_there_is_nothing_to_replace(project: Project) -> None:
    project.manifest('daemons.web.command = "sleep 1000"')
    project.run("reexec", code=3)


def test_who_follows_events_goes_on_with_those_of_the_next(fleet: Project) -> None:
    """None twice, none missing."""
    with fleet.process("events", "-f", "--json") as events:
        assert events.stdout is not None
        fd = events.stdout.fileno()
        read_line(fd, _deadline())
        fleet.run("reexec")
        fleet.run("restart", "quiet")
        seen: list[Json] = []
        while not seen or seen[-1]["message"] != f"pid {pids(fleet)['quiet']}":
            seen.append(json.loads(read_line(fd, _deadline())))
        told = [one["event"] for one in seen]
        assert told.count("reexec") == told.count("recovered") == 1
        assert told.index("reexec") < told.index("recovered")
    assert_all_lines(fleet)


def _deadline() -> float:
    return time.monotonic() + PATIENCE


def test_f40_a_stop_that_is_waited_for_is_waited_for_at_the_next(slow: Project) -> None:
    """The verb asks again, and ends when the stop does; the code with which the daemon ends is known."""
    pid = pids(slow)["slow"]
    with slow.process("stop", "slow") as stop:
        until(slow, "slow", lambda seen: seen["state"] == "stopping")
        slow.run("reexec")
        seen = until(slow, "slow", lambda _seen: True)
        assert (seen["state"], seen["pid"]) == ("stopping", pid)
        assert stop.poll() is None
        (slow.directory / "go").write_text("now\n")
        assert stop.wait(PATIENCE) == 0
        assert stop.stderr is not None
        assert "slow/0 stopped" in stop.stderr.read()
    assert slow.instance("slow")["exit"]["code"] == 5
    assert_all_lines(slow)


def test_who_waits_for_a_restart_is_told_that_it_goes_on(slow: Project) -> None:
    """To ask for it again would be to do it twice."""
    with slow.process("restart", "slow") as restart:
        until(slow, "slow", lambda seen: seen["state"] == "stopping")
        slow.run("reexec")
        assert restart.wait(PATIENCE) == 1
        assert restart.stderr is not None
        assert "what was asked for goes on" in restart.stderr.read()
    (slow.directory / "go").write_text("now\n")
    until(slow, "slow", lambda seen: seen["state"] == "running")
    slow.run("stop", "-t", "0", "slow")
    assert_all_lines(slow)


def test_a_project_that_is_being_stopped_is_not_handed_over(slow: Project) -> None:
    with slow.process("down") as down:
        until(slow, "slow", lambda seen: seen["state"] == "stopping")
        assert "everything is being stopped" in slow.run("reexec", code=1).stderr
        (slow.directory / "go").write_text("now\n")
        assert down.wait(PATIENCE) == 0


LOAD = """
    [defaults]
    restart = "always"
    start-limit = { count = 100000, window = "1s" }

    [daemons.count]
    factory = "count:create"
    sleep = "1ms"

    [daemons.loud]
    command = "sh loud.sh"
    log = { max-size = "64K", backups = 500 }

    [daemons.brief]
    command = "sleep 0.1"
    backoff = { initial = "20ms", max = "20ms" }

    [daemons.quiet]
    command = "sleep 1000"
    instances = 5
"""
LOUD = """
    n=0
    while :; do
        n=$((n + 1))
        echo "line $n of many, with some more words so that the file is soon full"
        [ $((n % 50)) -eq 0 ] && sleep 0.01
    done
"""


def load(project: Project) -> None:
    """Thousands of lines a second, rotation, a daemon that ends ten times a second, and some that do nothing."""
    project.file("count.py", COUNT)
    project.file("loud.sh", LOUD)
    project.manifest(LOAD)
    project.up()


def assert_every_line_once(project: Project) -> None:
    """I5, also of the daemon that fills file after file."""
    project.run("stop", "loud")
    log = Path(project.instance("loud")["log"])
    backups = sorted(log.parent.glob(f"{log.name}.*"), key=lambda one: -int(one.suffix[1:]))
    text = b"".join(one.read_bytes() for one in [*backups, log])
    numbers = [int(number) for number in re.findall(rb"line (\d+) of many.* full\n", text)]
    assert len(numbers) > 1000
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    if len(backups) < 500:
        assert numbers[0] == 1
    assert_all_lines(project)


def steady(project: Project) -> list[tuple[str, int, int]]:
    """The daemons that never end, each with its pid."""
    return [(one["name"], one["instance"], one["pid"]) for one in project.instances() if one["name"] != "brief"]


@pytest.mark.parametrize("times", [20, pytest.param(100, marks=[pytest.mark.slow, pytest.mark.timeout(600)])])
def test_f7_again_and_again_under_load(project: Project, times: int) -> None:
    """Same pids, each line once, each restart counted, and nothing of the replaced ones is left."""
    faulthandler.cancel_dump_traceback_later()  # pytest's, for tests that hang: this one has a time-out of its own
    load(project)
    before, keeper = steady(project), parent(supervisor(project))
    seen, restarts = supervisor(project), project.instance("brief")["restarts"]
    descriptors = len(os.listdir(f"/proc/{keeper}/fd"))
    took: list[float] = []
    for _ in range(times):
        begun = time.monotonic()
        project.run("reexec")
        took.append(time.monotonic() - begun)
        assert supervisor(project) != seen
        seen = supervisor(project)
        after = project.instance("brief")["restarts"]
        assert after >= restarts
        restarts = after
    took.sort()
    print(f"{times} times reexec: median {took[times // 2]:.2f} s, longest {took[-1]:.2f} s")
    assert steady(project) == before
    assert parent(seen) == keeper
    project.run("stop", "brief")
    deadline = _deadline()
    while len(held := os.listdir(f"/proc/{keeper}/fd")) > descriptors:  # the last log pipes are drained
        assert time.monotonic() < deadline, held
    assert_every_line_once(project)


Moment = Callable[[Project, int, set[int]], int | None]


def _stands_by(_project: Project, keeper: int, before: set[int]) -> int | None:
    return next(iter(set(children_named(keeper, "udaemon: supervisor")) - before), None)


def _has_taken_over(project: Project, _keeper: int, before: set[int]) -> int | None:
    path = next(project.runtime.glob("udaemon/*/supervisor.pid"))
    text = path.read_text()
    return int(text) if text and int(text) not in before else None


@pytest.mark.parametrize("moment", [_stands_by, _has_taken_over])
@pytest.mark.parametrize("looks", [0, 300])
def test_i23_the_new_supervisor_is_killed_in_the_middle(fleet: Project, moment: Moment, looks: int) -> None:
    """Either the old one stays or another one comes: no daemon notices, and no line is lost."""
    before, first = pids(fleet), supervisor(fleet)
    keeper = parent(first)
    with fleet.process("reexec") as reexec:
        found = None
        while found is None and reexec.poll() is None:
            found = moment(fleet, keeper, {first})
        for _ in range(looks):
            Path(f"/proc/{keeper}/stat").read_text()
        if found is not None:
            with_pid = subprocess.run(["kill", "-9", str(found)], check=False, capture_output=True)
            assert with_pid.returncode in (0, 1)
        reexec.wait(PATIENCE)
    now = until_supervised(fleet)
    assert parent(now) == keeper
    assert pids(fleet) == before
    assert lines(fleet)
    fleet.run("reexec")
    assert pids(fleet) == before
    assert_all_lines(fleet)


def until_supervised(project: Project) -> int:
    """The pid of a supervisor that answers."""
    deadline = _deadline()
    while (done := project.run("ps", "--json", code=None)).returncode:
        assert time.monotonic() < deadline, done.stderr
    pid: int = json.loads(done.stdout)["supervisor"]["pid"]
    return pid


def test_i23_the_old_supervisor_is_killed_in_the_middle(fleet: Project) -> None:
    """While the other one rehearses: that one is sent away, and another one comes."""
    before, first = pids(fleet), supervisor(fleet)
    keeper = parent(first)
    with fleet.process("reexec") as reexec:
        while not (beside := set(children_named(keeper, "main_again"))):
            assert reexec.poll() is None
        kill(first)
        assert reexec.wait(PATIENCE) == 1
    assert gone([*beside])
    assert parent(until_supervised(fleet)) == keeper
    assert pids(fleet) == before
    assert_all_lines(fleet)


def test_two_at_once_are_one(fleet: Project) -> None:
    """The second is refused, or comes after it; either way all is well."""
    before = pids(fleet)
    both = [
        subprocess.Popen([*UDAEMON, "reexec"], cwd=fleet.directory, env=fleet.environ, stderr=subprocess.DEVNULL)
        for _ in range(2)
    ]
    assert 0 in [one.wait(PATIENCE) for one in both]
    until_supervised(fleet)
    assert pids(fleet) == before
    assert_all_lines(fleet)
