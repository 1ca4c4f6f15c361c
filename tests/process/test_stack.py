"""A daemon's stack begins with the task: what tracebacks, `logging`, profilers and faulthandler show below it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap

import pytest
from tests.process.project import Project

WAYS = pytest.mark.parametrize("way", ["spare", "executed", "spawn"])
PRE = {"spare": "", "executed": '[env]\nPYTHONUTF8 = "1"\n', "spawn": ""}
"""A variable that counts at startup makes the zygote an executed one."""
SELF = ("/runpy.py", "<frozen runpy>")
"""What `python -m` has below every program."""

STACKS = """
    import faulthandler, io, json, logging, os, sys, traceback

    def stack():
        frame, found = sys._getframe(1), []
        while frame is not None:
            found.append([frame.f_code.co_filename, frame.f_code.co_name])
            frame = frame.f_back
        return found[::-1]

    def tell(what, **more):
        logged = io.StringIO()
        logger = logging.Logger("probe")
        logger.addHandler(logging.StreamHandler(logged))
        logger.error("here", stack_info=True)
        with open(f"dump-{what}", "w+") as file:
            faulthandler.dump_traceback(file)
            file.seek(0)
            dumped = file.read().splitlines()
        facts = {"stack": stack()[:-1], "info": logged.getvalue().count("  File "),
                 "dump": len([line for line in dumped if line.startswith("  File")]),
                 "context": repr(sys.exc_info()[1]), **more}
        print("FACTS", what, json.dumps(facts), flush=True)

    def create():
        tell("factory")
        def task():
            tell("run")
        return task
"""


def facts(project: Project, name: str) -> dict[str, dict[str, object]]:
    """What the daemon has told of its stacks, by where it was."""
    lines = [line.split("FACTS ", 1)[1] for line in project.log(name).splitlines() if "FACTS " in line]
    return {what: json.loads(text) for what, text in (line.split(" ", 1) for line in lines)}


def below(stack: object) -> list[str]:
    """The frames below the user's, without those of `python -m`."""
    assert isinstance(stack, list)
    kept = [(file, name) for file, name in stack if not file.endswith(SELF)]
    first = next(number for number, (file, _) in enumerate(kept) if file.endswith("/stacks.py"))
    return [name for _, name in kept[:first]]


def manifest(way: str, more: str = "") -> str:
    return textwrap.dedent(f"""
        {PRE[way].strip()}
        [daemons.job]
        factory = "stacks:create"
        start-method = "{"spawn" if way == "spawn" else "zygote"}"
        {more}
    """).replace("\n        ", "\n")


@WAYS
@pytest.mark.parametrize("pace", ['sleep = "1h"', "sleep = 0\nmin-sleep = 0"])
def test_few_frames_of_ours_lie_below_the_users_code(project: Project, way: str, pace: str) -> None:
    project.file("stacks.py", STACKS)
    project.manifest(manifest(way, pace.replace("\n", "\n        ")))
    project.up()
    project.until("job", lambda one: one["runs"]["count"] > 0)
    project.run("stop", "job")

    told = facts(project, "job")

    assert len(below(told["run"]["stack"])) <= 4, told["run"]["stack"]
    assert len(below(told["factory"]["stack"])) <= 5, told["factory"]["stack"]
    assert not {"script", "main", "up", "serve", "bear", "prefork_zygote"} & set(below(told["run"]["stack"])[2:])
    for what in ("run", "factory"):
        depth = len(told[what]["stack"])  # type: ignore[arg-type]
        assert told[what]["dump"] == depth + 1, "faulthandler's last frame is `tell`"
        assert told[what]["info"] <= depth + 2, "nothing below but this"  # type: ignore[operator]
        assert told[what]["context"] == "None", (
            "an exception of the user's would be shown as raised while handling ours"
        )


@WAYS
def test_a_traceback_begins_in_the_users_code(project: Project, way: str) -> None:
    project.file(
        "stacks.py", "def create():\n    def task():\n        raise RuntimeError('no luck')\n    return task\n"
    )
    project.manifest(manifest(way, 'restart = "never"'))
    project.run("up", "-d")
    project.until("job", lambda one: one["state"] in {"failed", "exited", "stopped"})

    text = project.log("job")

    assert "While handling" not in text
    assert "During handling" not in text
    lines = text[text.index("Traceback") :].splitlines()
    assert "stacks.py" in lines[1], text


PLAIN = """
    import atexit, os, sys
    from functools import partial
    from udaemon.child.stack import at_the_bottom, go_on

    atexit.register(lambda: print("exit handler", os.getpid() == first, flush=True))
    first = os.getpid()

    class Trap:
        def __init__(self): self.maker = os.getpid()
        def __del__(self): print("freed by its maker", os.getpid() == self.maker, flush=True)

    def outer(life):
        trap = Trap()
        pid = os.fork()
        if pid == 0:
            go_on(life)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    def depth():
        frame, count = sys._getframe(), 0
        while frame := frame.f_back:
            count += 1
        return count

    def chain():
        print("depth", depth(), flush=True)
        return partial(outer, depth)      # what it returns is done next, and may fork and leave in its turn
"""


def plain(text: str) -> tuple[int, list[str], str]:
    """What a small program that forks has printed."""
    program = textwrap.dedent(PLAIN) + textwrap.dedent(text)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False, env=os.environ
    )
    return done.returncode, done.stdout.splitlines(), done.stderr


def test_a_forked_process_goes_on_from_the_bottom_and_frees_nothing_of_its_parent() -> None:
    code, lines, errors = plain("""
        print("code", at_the_bottom(partial(outer, chain)), flush=True)
    """)
    assert (code, errors) == (0, "")
    # `depth` lies on `chain`, the bottom and the module; as a life of its own on these two, and is an exit code there.
    assert lines == ["depth 3", *["freed by its maker True"] * 2, "code 2", "exit handler True"]


@pytest.mark.parametrize("bottom", ["at_the_bottom(middle)", "middle()"])
@pytest.mark.parametrize(
    "fault",
    [
        "raise RuntimeError('while leaving')",
        "raise KeyboardInterrupt",
        "raise SystemExit(0)",
        "return 'no code'",
        "os.kill(os.getpid(), 2)",
    ],
)
def test_whatever_happens_in_it_a_forked_process_never_runs_what_lies_below(bottom: str, fault: str) -> None:
    code, lines, errors = plain(f"""
        def life():
            {fault}

        def middle():
            code = outer(life)
            print("below", os.getpid() == first, flush=True)
            return code

        print("ended", {bottom} != 0, flush=True)
    """)
    assert code == 0
    assert [line for line in lines if line.startswith(("below", "ended"))] == ["below True", "ended True"]
    assert "exit handler False" not in lines
    assert "Error" in errors or "Interrupt" in errors or "SystemExit" in errors


def test_an_exception_on_the_way_down_ends_the_forked_process() -> None:
    """As from a handler of a signal that comes meanwhile."""
    code, lines, errors = plain("""
        def leaves():
            try:
                return outer(depth)
            finally:
                if os.getpid() != first:
                    raise KeyboardInterrupt

        def middle():
            code = leaves()
            print("below", os.getpid() == first, flush=True)
            return code

        print("code", at_the_bottom(middle), flush=True)
    """)
    assert code == 0
    assert [line for line in lines if line.startswith(("below", "code"))] == ["below True", "code 1"]
    assert "KeyboardInterrupt" in errors
    assert "exit handler False" not in lines


def test_what_the_first_process_raises_and_returns_is_its_callers() -> None:
    code, lines, errors = plain("""
        try:
            at_the_bottom(partial(int, "x"))
        except ValueError:
            print("raised", at_the_bottom(lambda: 7), flush=True)
    """)
    assert (code, errors) == (0, "")
    assert lines[0] == "raised 7"
