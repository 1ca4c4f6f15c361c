"""Programs below a wrapper: whatever stands between, a stop lets the program clean up (faults.md F35)."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Callable, Sequence

import pytest
from tests.process.conftest import Bell
from tests.process.project import Project, gone

PROGRAM = """
    import os, signal, sys, time

    def end(*_):
        open("bye", "a").write(f"{os.getpid()}\\n")
        time.sleep(0.2)
        sys.exit(0)

    signal.signal(signal.SIGTERM, end)
    with open(sys.argv[1], "w") as bell:
        print(os.getpid(), file=bell)
    while True:
        signal.pause()
"""
WAITS = "import subprocess, sys; sys.exit(subprocess.call(sys.argv[1:]))"

WRAPPERS: dict[str, Sequence[str]] = {
    "sh": ("sh", "-c", "{program}; true"),
    "sh-script": ("sh", "run.sh"),
    "sh-of-sh": ("sh", "-c", "sh run.sh; true"),
    "sh-background": ("sh", "-c", "{program} & wait"),
    "sh-pipeline": ("sh", "-c", "{program} | cat | cat"),
    "sh-tee": ("sh", "-c", "{program} 2>&1 | tee out.txt"),
    "sh-exec": ("sh", "-c", "exec {program}"),
    "bash-trap": ("bash", "-c", "trap 'kill $!; wait; exit 0' TERM; {program} & wait"),
    "bash-job-control": ("bash", "-mc", "{program}; true"),
    "env": ("env", "-S", "A=1 {program}"),
    "nice": ("nice", "{words}"),
    "nohup": ("nohup", "{words}"),
    "stdbuf": ("stdbuf", "-oL", "{words}"),
    "setsid-wait": ("setsid", "--wait", "{words}"),
    "timeout": ("timeout", "1000", "{words}"),
    "timeout-foreground": ("timeout", "--foreground", "1000", "{words}"),
    "flock": ("flock", "a.lock", "{words}"),
    "xargs": ("xargs", "-a", "arguments", "{words}"),
    "make": ("make", "-f", "run.mk"),
    "perl": ("perl", "-e", "system(@ARGV)", "{words}"),
    "python": (sys.executable, "-c", WAITS, "{words}"),
    "npm": ("npm", "start", "--silent"),
}
IMPATIENT = ("script", "-qfc", "{program}", "typescript")
"""It passes the TERM on, up to twice, and kills what is left two seconds later, whatever `stop.timeout` says."""
WITH_SHELL = {
    "shell": "{program}; true",
    "shell-pipeline": "{program} | cat",
    "shell-trap": "trap 'true' TERM; {program}; true",
    "shell-job-control": "set -m; {program} & wait",
}


class Wrapped:
    """A program under a wrapper, as a daemon."""

    def __init__(self, project: Project, rung: Bell) -> None:
        self._project = project
        self._rung = rung
        self.words = (sys.executable, str(project.file("program.py", PROGRAM)), str(rung.path))
        program = " ".join(self.words)
        project.file("run.sh", f"{program}\ntrue\n")
        project.file("run.mk", f"all:\n\t{program}\n\ttrue\n")
        project.file("arguments", "one")
        project.file("package.json", json.dumps({"name": "a", "version": "1.0.0", "scripts": {"start": program}}))

    def argv(self, wrapper: Sequence[str]) -> list[str]:
        argv: list[str] = []
        for word in wrapper:
            argv += self.words if word == "{words}" else [word.replace("{program}", " ".join(self.words))]
        return argv

    def start(self, command: Sequence[str] | str, *, shell: bool = False) -> int:
        """Answers the program's pid once it is there."""
        self._project.manifest(f"""
            [daemons.wrapped]
            command = {json.dumps(command)}
            shell = {json.dumps(shell)}
        """)
        self._project.run("up", "-d")
        return int(self._rung.lines(1, timeout=30)[0])

    def byes(self) -> list[int]:
        path = self._project.directory / "bye"
        return [int(line) for line in path.read_text().split()] if path.exists() else []


@pytest.fixture
def wrapped(project: Project, bell: Callable[[str], Bell]) -> Wrapped:
    return Wrapped(project, bell("there"))


@pytest.mark.parametrize("name", WRAPPERS)
def test_f35_a_program_below_a_wrapper_gets_its_term_and_cleans_up(
    project: Project, wrapped: Wrapped, name: str
) -> None:
    wrapper = WRAPPERS[name]
    if shutil.which(wrapper[0]) is None:
        pytest.skip(f"{wrapper[0]} is not installed")
    pid = wrapped.start(wrapped.argv(wrapper))
    begun = time.monotonic()
    project.run("stop", "wrapped")
    assert gone([pid], patience=0.0)
    assert time.monotonic() - begun < 8.0, "it was killed, not asked"
    assert wrapped.byes() == [pid]
    assert project.instance("wrapped")["state"] == "stopped"


def test_f35_a_wrapper_that_kills_by_itself_leaves_nothing_behind(project: Project, wrapped: Wrapped) -> None:
    if shutil.which(IMPATIENT[0]) is None:
        pytest.skip(f"{IMPATIENT[0]} is not installed")
    pid = wrapped.start(wrapped.argv(IMPATIENT))
    begun = time.monotonic()
    project.run("stop", "wrapped")
    assert gone([pid], patience=0.0)
    assert time.monotonic() - begun < 8.0
    assert set(wrapped.byes()) <= {pid}, "on a loaded machine the wrapper's own two seconds may be too few"
    assert project.instance("wrapped")["state"] == "stopped"


@pytest.mark.parametrize("name", WITH_SHELL)
def test_f35_with_shell_true_the_whole_group_gets_the_term_at_once(
    project: Project, wrapped: Wrapped, name: str
) -> None:
    pid = wrapped.start(wrapped.argv([WITH_SHELL[name]])[0], shell=True)
    begun = time.monotonic()
    project.run("stop", "wrapped")
    assert gone([pid], patience=0.0)
    assert time.monotonic() - begun < 8.0
    assert wrapped.byes() == [pid]
