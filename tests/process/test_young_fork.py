"""The supervisor and its first zygote, forked out of `up` before that has loaded anything."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.process.project import Project, gone
from tests.process.test_supervisor import helpers

SLEEPER = """
    [daemons.sleeper]
    factory = "sleeper:create"
    sleep = "1h"
"""
IDLE = "def create():\n    return lambda: None\n"
SURROUNDINGS = """
    import json, os, sys

    def create():
        return lambda: None

    main = sys.modules["__main__"]
    print(json.dumps({
        "argv": sys.argv[1:], "main": getattr(main, "__file__", None), "cwd": os.getcwd(), "umask": os.umask(0o022),
        "path": sys.path[0], "modules": sorted(sys.modules), "bytecode": sys.dont_write_bytecode,
        "hook": sys.unraisablehook is sys.__unraisablehook__,
        "fds": sorted(int(fd) for fd in os.listdir("/proc/self/fd")),
    }), flush=True)
"""


def common_log(project: Project) -> str:
    """What a zygote prints goes there."""
    return next(project.state.rglob("_common.log")).read_text()


def title(pid: int) -> str:
    """What `ps aux` shows for a process."""
    return Path(f"/proc/{pid}/cmdline").read_text().rstrip("\0")


def test_each_process_is_called_what_it_is(project: Project) -> None:
    """They would all be called `udaemon up -d`, as what they were forked from."""
    project.file("sleeper.py", IDLE)
    project.manifest(SLEEPER)
    project.up()
    supervisor = project.ps()["supervisor"]["pid"]

    daemon = project.instance("sleeper")["pid"]
    (zygote,) = set(helpers(supervisor, "zygote")) - {daemon}

    assert [title(pid) for pid in (supervisor, zygote, daemon)] == [
        "udaemon: supervisor",
        "udaemon: zygote",
        "udaemon: sleeper/0",
    ]
    assert [os.getsid(pid) for pid in (supervisor, zygote, daemon)] == [supervisor, zygote, daemon]


def test_a_zygote_knows_nothing_of_the_command_that_it_came_from(project: Project) -> None:
    """No module of the command line's or the supervisor's, no script, argument, directory or descriptor of its."""
    project.file("sleeper.py", SURROUNDINGS)
    project.manifest(f'{SLEEPER}\npreload = ["sleeper"]')
    spare = os.open("/", os.O_RDONLY)
    try:
        project.run("up", "-d", "--wait", pass_fds=(spare,))
    finally:
        os.close(spare)

    project.down()

    log = common_log(project)
    told = json.loads(log[log.index("{") : log.rindex("}") + 1])

    assert (told["argv"], told["main"], told["bytecode"], told["hook"]) == ([], None, True, True)
    assert (told["cwd"], told["path"], told["umask"]) == (*[str(project.directory.resolve())] * 2, 0o022)
    assert not {"click", "attr", "attrs", "cattrs", "rich", "udaemon.manifest.model"} & set(told["modules"])
    assert spare not in told["fds"]


def test_an_early_supervisor_that_nobody_needs_is_gone_with_the_command(project: Project) -> None:
    """`nothing_left` looks, too."""
    project.manifest(SLEEPER)

    assert "Usage" in project.run("up", "--help").stdout
    assert project.run("up", "--nonsense", code=2).stdout == ""
    assert project.run("logs", "up", code=4).stdout == ""


def test_an_environment_that_counts_at_startup_gets_a_zygote_that_starts_with_it(project: Project) -> None:
    project.file("sleeper.py", "import sys\nprint('flags', sys.flags.utf8_mode, flush=True)\n" + IDLE)
    project.manifest(f'[env]\nPYTHONUTF8 = "1"\n{SLEEPER}\npreload = ["sleeper"]')
    project.up()
    project.down()

    assert "flags 1" in common_log(project)


def test_a_time_zone_of_the_manifest_holds_in_its_daemons(project: Project) -> None:
    """The C library reads it once; the zygote was there before the manifest was read."""
    project.file(
        "sleeper.py", "import time\ndef create():\n    return lambda: print(time.strftime('%z'), flush=True)\n"
    )
    project.manifest(f'[env]\nTZ = "JST-9"\n{SLEEPER}')
    project.up()
    project.until("sleeper", lambda one: one["runs"]["count"] == 1)
    project.run("stop", "sleeper")

    assert "+0900" in project.log("sleeper")


def test_a_file_limit_that_is_raised_holds_for_a_spare_zygote(project: Project) -> None:
    """One request brings more descriptors than the zygote could have before."""
    project.file("sleeper.py", IDLE)
    project.manifest(SLEEPER.replace("sleep =", "instances = 90\n    sleep ="))
    project.run("up", "-d", "--wait", preexec_fn=lower_file_limit)

    assert {one["state"] for one in project.instances()} == {"running"}
    pid = project.instances()[0]["pid"]
    assert "Max open files            64 " in Path(f"/proc/{pid}/limits").read_text()


def lower_file_limit() -> None:
    """A soft limit that is too low for the project."""
    import resource

    resource.setrlimit(resource.RLIMIT_NOFILE, (64, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))


def test_a_spare_zygote_that_was_killed_costs_no_daemon(project: Project) -> None:
    """Nothing needs it yet when it dies; the first start finds another."""
    project.file("sleeper.py", IDLE)
    project.manifest(f"{SLEEPER}    autostart = false\n")
    project.up()
    (zygote,) = helpers(project.ps()["supervisor"]["pid"], "zygote")
    os.kill(zygote, signal.SIGKILL)
    assert gone([zygote])

    project.run("start", "sleeper")

    assert project.instance("sleeper")["state"] == "running"


def test_commands_alone_leave_no_zygote_waiting(project: Project) -> None:
    project.manifest('[daemons.command]\ncommand = "sleep 1000"\n')
    project.up()

    assert helpers(project.ps()["supervisor"]["pid"], "zygote") == []


def test_run_finds_the_modules_beside_the_manifest_from_anywhere(project: Project) -> None:
    """In this terminal there is no zygote that has them on its path."""
    project.file("sleeper.py", "def create():\n    return lambda: print('ran')\n")
    manifest = project.manifest(SLEEPER)
    elsewhere = project.directory / "elsewhere"
    elsewhere.mkdir()
    script = Path(sys.executable).with_name("udaemon")

    done = subprocess.run(
        [script, "-f", manifest, "run", "sleeper", "--once"],
        cwd=elsewhere, env=project.environ, capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip

    assert (done.returncode, done.stdout, done.stderr) == (0, "ran\n", "")
