"""Who a process runs as, and within which limits: commands and tasks, however their processes are made."""

from __future__ import annotations

import grp
import json
import os
import pwd

import pytest
from tests.process.project import Project

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")

TOLD = """
import json, os, resource, sys

def run():
    print(json.dumps({
        "uids": os.getresuid(), "gids": os.getresgid(), "groups": sorted(os.getgroups()),
        "home": os.environ.get("HOME"), "user": os.environ.get("USER"), "nice": os.getpriority(os.PRIO_PROCESS, 0),
        "nofile": resource.getrlimit(resource.RLIMIT_NOFILE), "core": resource.getrlimit(resource.RLIMIT_CORE),
        "oom": int(open("/proc/self/oom_score_adj").read()), "stdin": sys.stdin.read() if sys.stdin else None,
    }), flush=True)

if __name__ == "__main__":
    run()
"""
KEYS = """
user = "nobody"
nice = 7
oom-score = 321
rlimits = { nofile = "256:512", core = 0 }
stdin = "answer.txt"
"""
PROJECT = """
[defaults.log]
timestamps = false
[daemons.command]
command = ["{python}", "told.py"]
restart = "never"
{keys}
[daemons.forked]
task = "told:run"
sleep = "1h"
{keys}
[daemons.spawned]
task = "told:run"
sleep = "1h"
start-method = "spawn"
{keys}
"""


def told(project: Project, name: str) -> dict[str, object]:
    project.until(name, lambda one: one["runs"]["count"] > 0 or one["state"] == "exited")
    found: dict[str, object] = json.loads(project.log(name).splitlines()[-1])
    return found


@pytest.fixture(autouse=True)
def open_to_all(project: Project) -> None:
    """The test's directories are root's alone, and nobody is to import from them."""
    for place in (project.directory, *project.directory.parents):
        if place.stat().st_uid == os.geteuid() and str(place) != "/":
            place.chmod(place.stat().st_mode | 0o055)


def test_a_process_is_what_the_manifest_says(project: Project) -> None:
    nobody = pwd.getpwnam("nobody")
    project.file("told.py", TOLD)
    project.file("answer.txt", "42")
    project.manifest(PROJECT.format(python="/usr/bin/python3", keys=KEYS))
    project.up()

    for name in ("command", "forked", "spawned"):
        assert told(project, name) == {
            "uids": [nobody.pw_uid] * 3,
            "gids": [nobody.pw_gid] * 3,
            "groups": sorted(os.getgrouplist("nobody", nobody.pw_gid)),
            "home": nobody.pw_dir,
            "user": "nobody",
            "nice": 7,
            "nofile": [256, 512],
            "core": [0, 0],
            "oom": 321,
            "stdin": "42",
        }


def test_a_group_is_over_the_users_own_and_supplementary_groups_stay(project: Project) -> None:
    project.manifest('[daemons.a]\ncommand = ["id"]\nrestart = "never"\nuser = "daemon"\ngroup = "tty"\n')
    project.up()
    project.until("a", lambda one: one["state"] == "exited")

    tty = grp.getgrnam("tty").gr_gid
    assert f"gid={tty}(tty)" in project.log("a")
    assert f"{pwd.getpwnam('daemon').pw_gid}(daemon)" in project.log("a").partition("groups=")[2]


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ('user = "nosuch"', "user nosuch: there is no such user"),
        ('group = "nosuch"', "group nosuch: there is no such group"),
        ("user = 4711", "user 4711: there is no such user; set group for one without an entry"),
        ('stdin = "missing.txt"', "No such file or directory (ENOENT)"),
        ("rlimits = { nofile = 999999999999 }", "rlimits.nofile: "),
    ],
)
def test_what_cannot_be_never_starts(project: Project, keys: str, message: str) -> None:
    project.file("ran.py", "open('ran', 'w').close()\ndef run(): pass\n")
    project.manifest(
        f'[daemons.c]\ncommand = ["touch", "ran"]\n{keys}\n[daemons.t]\ntask = "ran:run"\nsleep = 1\n{keys}\n'
    )
    project.run("up", "-d")

    for name in ("c", "t"):
        found = project.until(name, lambda one: one["state"] == "failed")
        assert message in found["runs"]["last"]["error"]
    assert not (project.directory / "ran").exists()


def test_variables_that_the_manifest_sets_stay(project: Project) -> None:
    keys = 'user = "nobody"\nenv = { HOME = "/srv" }\n'
    project.manifest(f'[daemons.a]\ncommand = ["sh", "-c", "echo $HOME $USER"]\nrestart = "never"\n{keys}')
    project.up()
    project.until("a", lambda one: one["state"] == "exited")

    assert "/srv nobody" in project.log("a")
