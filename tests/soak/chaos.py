"""Minutes in which everything is done to a project of twenty daemons, whose logs are on a small disk of their own.

Knows no test: in a mount namespace it prints what it saw as JSON. `python -m tests.soak.chaos DIRECTORY SECONDS SEED`;
with `keeps` after that daemons are expected to outlive their supervisor, else to end with it.
"""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.process.project import Json, Project, gone
from tests.soak.checker import Checker, check_lines, descriptors, holds_secret, processes, switches

SECRET = "correct-horse-battery-staple"
TASK = """
    import os

    def create():
        number = 0

        def run():
            nonlocal number
            number += 1
            print("line", os.getpid(), number, "end", flush=True)

        return run
"""
COMMAND = """
    import os, signal, time
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    number = 0
    while True:
        number += 1
        os.write(1, b"line %d %d end\\n" % (os.getpid(), number))
        time.sleep(0.05)
"""
HELPERS = {"supervisor": b"udaemon: supervisor", "zygote": b"udaemon: zygote", "logger": b"logger_main"}
KEYS = """
    restart = "always"
    start-limit = { count = 100000, window = "1s" }
    backoff = { initial = "10ms", max = "200ms" }
    stop = { timeout = "2s" }
    log = { max-size = "64K", backups = 500 }
"""


class Chaos:
    """The project, what was done to it, and what came of it."""

    def __init__(self, directory: Path, seed: int, *, keeps: bool) -> None:
        self.chance = random.Random(seed)
        self.keeps = keeps
        self.logs = directory / "log"
        self.logs.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", self.logs], check=True)
        home = directory / "shop"
        home.mkdir()
        self.project = Project(home)
        self.project.file("count.py", TASK)
        self.project.file("count_command.py", COMMAND)
        self.edits = 0
        self.done = Counter[str]()
        self.wrongs: list[str] = []
        self.answers: list[float] = []
        self.gaps: list[float] = []
        self.project.manifest(self.manifest())

    def manifest(self) -> str:
        """Twenty daemons: eight tasks, six commands, four that have children, two that ignore TERM."""
        tables = [f'[defaults]\nlog-dir = "{self.logs}"\n{KEYS}\n    env = {{ TOKEN = "{SECRET}", EDIT = "0" }}\n']
        tables += [f'[daemons.task{n}]\nfactory = "count:create"\nsleep = "50ms"' for n in range(8)]
        command = json.dumps([sys.executable, "count_command.py"])
        tables += [f"[daemons.command{n}]\ncommand = {command}" for n in range(6)]
        tree = json.dumps(["sh", "-c", "SOAK_CHILD=1 sleep 1000 & SOAK_CHILD=1 setsid sleep 1001 & exec sleep 1002"])
        tables += [f"[daemons.tree{n}]\ncommand = {tree}" for n in range(4)]
        deaf = json.dumps(["sh", "-c", "trap '' TERM; while :; do sleep 0.2; done"])
        tables += [f"[daemons.deaf{n}]\ncommand = {deaf}" for n in range(2)]
        tables[-1] += f'\nenv = {{ EDIT = "{self.edits}" }}'
        return "\n\n".join(tables)

    def run(self, seconds: float) -> dict[str, Any]:
        """Do it, then let all come to rest, and look."""
        self.project.up()
        end = time.monotonic() + seconds
        with Checker(str(self.project.runtime)) as checker:
            self.settle()
            before = self.helpers()
            while time.monotonic() < end and not self.wrongs and not checker.wrongs:
                self.one_blow()
            self.quiet(before)
        kills = self.done["kill a daemon"] + self.done["kill the supervisor"]
        self.down()
        self.wrongs += checker.wrongs
        self.wrongs += check_lines(self.logs, kills)
        self.wrongs += holds_secret(SECRET, self.logs, self.project.state, self.project.runtime)
        self.answers.sort()
        percent = {p: round(self.answers[len(self.answers) * p // 100], 3) for p in (50, 99)} if self.answers else {}
        lines = sum(path.read_bytes().count(b"\n") for path in self.logs.glob("*.log*"))
        return {
            "wrongs": self.wrongs,
            "done": dict(self.done),
            "looks": checker.looks,
            "lines": lines,
            "answers": percent,
            "longest gap of control": round(max(self.gaps, default=0.0), 3),
        }

    def one_blow(self) -> None:
        """Something bad, or a verb, at a random moment."""
        blows: list[tuple[str, Callable[[], None]]] = [
            ("kill a daemon", self.kill_daemons),
            ("kill a daemon", self.kill_daemons),
            ("kill the zygote", lambda: self.kill_helpers("zygote")),
            ("kill the logger", lambda: self.kill_helpers("logger")),
            ("kill the supervisor", self.kill_supervisor),
            ("stop the supervisor for a moment", lambda: self.suspend("supervisor")),
            ("stop the logger for a moment", lambda: self.suspend("logger")),
            ("storm of verbs", self.storm),
            ("garbage on the socket", self.garbage),
            ("disk full", self.fill_disk),
            ("good edit", self.good_edit),
            ("bad edit", self.bad_edit),
            ("stop a tree", self.stop_tree),
        ]
        what, blow = self.chance.choice(blows)
        self.done[what] += 1
        print(f"{time.monotonic():.3f} {what}", file=sys.stderr, flush=True)
        blow()
        self.ask()
        threading.Event().wait(self.chance.uniform(0.0, 0.3))

    def ask(self) -> None:
        """I8, I17 and I20: `ps` answers, soon, and tells no secret."""
        begun = time.monotonic()
        answer = self.verb("ps", "--json", codes={0})
        self.answers.append(time.monotonic() - begun)
        if SECRET in answer:
            self.wrongs.append("I17: ps told the secret")

    def verb(self, *argv: str, codes: set[int]) -> str:
        done = self.project.run(*argv, code=None)
        if done.returncode not in codes:
            self.wrongs.append(f"I20: {argv} ended with {done.returncode}: {done.stdout[-300:]}{done.stderr[-300:]}")
        return done.stdout + done.stderr

    def pids(self) -> Json:
        """What `ps` says; I20, that it says something."""
        told = self.project.run("ps", "--json", code=None)
        if told.returncode != 0:
            self.wrongs.append(f"I20: ps ended with {told.returncode}: {told.stderr[-300:]}")
            return {"supervisor": None, "instances": []}
        seen: Json = json.loads(told.stdout)
        return seen

    def running(self) -> dict[str, int]:
        return {f"{one['name']}/{one['instance']}": one["pid"] for one in self.pids()["instances"] if one["pid"]}

    def helpers(self) -> dict[str, int]:
        """The processes of udaemon's own, by what they are."""
        found: dict[str, int] = {}
        for one in processes(str(self.project.runtime).encode()):
            title = b""
            with suppress(OSError):
                title = Path(f"/proc/{one.pid}/cmdline").read_bytes()
            for name, word in (
                ("supervisor", b"udaemon: super"),
                ("zygote", b"udaemon: zygote"),
                ("logger", b"logger_m"),
            ):
                if word in title:
                    found.setdefault(name, one.pid)
        return found

    def kill_daemons(self) -> None:
        living = [pid for pids in Checker(str(self.project.runtime)).leaders().values() for pid in pids]
        for pid in self.chance.sample(living, min(len(living), 4)):
            kill(pid, signal.SIGKILL)

    def kill_helpers(self, name: str) -> None:
        if (pid := self.helpers().get(name)) is not None:
            kill(pid, signal.SIGKILL)

    def suspend(self, name: str) -> None:
        if (pid := self.helpers().get(name)) is not None:
            kill(pid, signal.SIGSTOP)
            threading.Event().wait(self.chance.uniform(0.0, 1.0))
            kill(pid, signal.SIGCONT)

    def kill_supervisor(self) -> None:
        """I23. Without a keeper all end within two seconds, and the next `up` finds none of them in its way."""
        before = self.running()
        begun = time.monotonic()
        kill(self.helpers()["supervisor"], signal.SIGKILL)
        if self.keeps:
            self.back_again(before, begun)
        elif not gone([*before.values()], 4.0):
            living = [pid for pid in before.values() if Path(f"/proc/{pid}").exists()]
            self.wrongs.append(f"I23: 4 s after the supervisor {living} live")
        if not self.keeps:
            self.verb("up", "-d", codes={0})
        self.gaps.append(time.monotonic() - begun)

    def back_again(self, before: dict[str, int], begun: float) -> None:
        while time.monotonic() - begun < 5.0 and self.project.run("ps", code=None).returncode != 0:
            pass
        after = self.running()
        changed = [name for name, pid in before.items() if after.get(name) not in (pid, None)]
        if len(changed) > len(before) // 2:
            self.wrongs.append(f"I23: after the supervisor's death these have another pid: {changed}")

    def storm(self) -> None:
        names = ["*", "task*", f"task{self.chance.randrange(8)}", f"tree{self.chance.randrange(4)}"]
        asked = [(self.chance.choice(["start", "stop", "restart", "ps"]), self.chance.choice(names)) for _ in range(8)]
        threads = [threading.Thread(target=self.verb, args=one, kwargs={"codes": {0, 1}}) for one in asked]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.verb("start", "*", codes={0, 1})

    def garbage(self) -> None:
        for path in self.project.runtime.glob("udaemon/*/control.sock"):
            sockets = []
            for _ in range(40):
                one = socket.socket(socket.AF_UNIX)
                one.settimeout(1.0)
                with suppress(OSError):
                    one.connect(str(path))
                    one.sendall(self.chance.randbytes(self.chance.choice((1, 4, 5000))))
                sockets.append(one)
            for one in sockets:
                one.close()

    def fill_disk(self) -> None:
        """Room is left for nothing, then for all again."""
        filler = self.logs / "filler"
        with suppress(OSError), filler.open("wb") as file:
            while True:
                file.write(bytes(1 << 16))
                file.flush()
        threading.Event().wait(self.chance.uniform(0.2, 1.5))
        if self.chance.random() < 0.5:
            self.kill_helpers("logger")
        filler.unlink(missing_ok=True)

    def good_edit(self) -> None:
        self.edits += 1
        self.project.manifest(self.manifest())
        self.verb("apply", codes={0})

    def bad_edit(self) -> None:
        """I11: nothing changes."""
        self.verb("start", "*", codes={0, 1})
        self.settle()
        before = self.running()
        self.project.manifest(self.chance.choice(["", "[daemons", "[daemons.x]\ncommand = 7\n"]))
        self.verb("apply", codes={2})
        if (after := self.running()) != before:
            self.wrongs.append(f"I11: a refused manifest has changed {before} to {after}")
        self.project.manifest(self.manifest())

    def stop_tree(self) -> None:
        """I9: after `stop` nothing of the tree lives."""
        name = f"tree{self.chance.randrange(4)}"
        self.verb("stop", name, codes={0})
        left = [one.pid for one in processes(str(self.project.runtime).encode()) if one.instance == f"{name}/0"]
        if left:
            self.wrongs.append(f"I9: {left} of {name} live after its stop")
        self.verb("start", name, codes={0})

    def settle(self, patience: float = 60.0) -> None:
        """I12: what is wanted is."""
        deadline = time.monotonic() + patience
        while True:
            seen = self.pids()["instances"]
            other = {f"{one['name']}": one["state"] for one in seen if one["state"] != "running"}
            if seen and not other:
                return
            if time.monotonic() > deadline:
                self.wrongs.append(f"I12: after {patience:.0f} s {other or seen}")
                return

    def quiet(self, before: dict[str, int]) -> None:
        """The faults have ended: all run, one of each, descriptors are as before, and nothing is woken for nothing."""
        self.verb("start", "*", codes={0})
        self.settle()
        said = {name: [pid] for name, pid in self.running().items()}
        seen = Checker(str(self.project.runtime)).leaders()
        if said != seen:
            self.wrongs.append(f"I1: ps says {said}, and /proc {dict(seen)}")
        helpers = self.helpers()
        if helpers.keys() != before.keys():
            self.wrongs.append(f"I12: of udaemon there are {helpers}, at first {before}")
        counts = {name: descriptors(pid) for name, pid in helpers.items()}
        if counts.get("supervisor", 0) > 20 * 5 + 60 or counts.get("logger", 0) > 20 * 5 + 60:
            self.wrongs.append(f"I7: descriptors {counts}")
        woken = switches(helpers["supervisor"])
        threading.Event().wait(2.0)
        if (more := switches(helpers["supervisor"]) - woken) > 4:
            self.wrongs.append(f"I22: an idle supervisor was woken {more} times in 2 s")

    def down(self) -> None:
        """I10: nothing of it is left."""
        self.verb("down", codes={0})
        deadline = time.monotonic() + 5.0
        while (left := [*processes(str(self.project.runtime).encode())]) and time.monotonic() < deadline:
            gone([one.pid for one in left], 1.0)
        if left or self.project.run_directories():
            self.wrongs.append(f"I10: after down there are {left} and {self.project.run_directories()}")


def kill(pid: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


if __name__ == "__main__":
    _directory, _seconds, _seed, *_rest = sys.argv[1:]
    print(json.dumps(Chaos(Path(_directory), int(_seed), keeps=_rest == ["keeps"]).run(float(_seconds))))
