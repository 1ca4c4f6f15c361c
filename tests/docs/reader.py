"""A reader of the docs, who does what a page shows, step by step, in a project of his own.

Knows nothing of what a page is about. Each command runs in a shell, with its output piped.
"""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from tests.docs.masks import masked
from tests.docs.page import Command, Step, commands

PATIENCE = 30.0
"""Seconds after which a command that has not come to its end, or has not printed what the page prints, has failed."""

MANIFESTS = {"toml": "udaemon.toml", "yaml": "udaemon.yaml"}
LEFT_OUT = "…"
_GOES_ON = re.compile(r"udaemon (-\S+ \S+ )*(up(?! -d)|(logs|events) (.* )?-f|run(?!.*--once))\b")
_EXIT_CODES_OF_AN_INTERRUPT = {0, 130}


class Reader:
    """One who reads a page.

    Args:
        directory: The empty directory in which the page's project is made.
        environ: What the shell has.
    """

    def __init__(self, directory: Path, environ: dict[str, str]) -> None:
        self.directory = directory
        self.runtime = Path(environ["XDG_RUNTIME_DIR"])
        path = os.pathsep.join([str(Path(sys.executable).parent), environ["PATH"]])
        self.environ = environ | {"HOME": str(directory), "LC_ALL": "C.UTF-8", "PATH": path}

    def prepare(self, steps: list[Step]) -> None:
        """Write what the page shows of each file first: a manifest may name a module that stands below it."""
        for step in reversed(steps):
            if step.file is not None and step.file not in MANIFESTS.values():
                self._write(step.file, step.text)

    def take(self, step: Step) -> None:
        """Do what one block says, and see that it does what the page says."""
        if step.file is not None:
            self._write(step.file, step.text)
        elif step.kind in MANIFESTS:
            self.stop()
            for name in MANIFESTS.values():
                (self.directory / name).unlink(missing_ok=True)
            self._write(MANIFESTS[step.kind], step.text)
            self.run("udaemon check", "")
        elif step.kind == "console":
            for command in commands(step.text):
                if _GOES_ON.match(command.text):
                    self._follow(command)
                else:
                    self.run(*command)

    def run(self, command: str, printed: str) -> None:
        """Run a command to its end. Where the page prints an error it fails, and else it does not.

        Lines may come in any order, as daemons do, and `…` stands for lines that the page leaves out.
        """
        shell = self._start(command)
        said = self._rest(shell)
        assert (shell.returncode != 0) == ("error" in printed), f"$ {command}\nexit code {shell.returncode}\n{said}"
        if printed:
            got, wanted = Counter(masked(said)), Counter(masked(printed))
            more = got - wanted if wanted.pop(LEFT_OUT, 0) == 0 else Counter[str]()
            assert (wanted - got, more) == ({}, {}), f"$ {command}\n{said}"

    def stop(self) -> None:
        """Stop what goes on in the background."""
        for directory in self.runtime.glob("udaemon/*"):
            self.run(f"udaemon -p {directory.name.rpartition('-')[0]} down -t 0", "")

    def _follow(self, command: Command) -> None:
        """Run a command that goes on until it has printed what the page prints, in any order; then press Ctrl-C."""
        wanted = Counter(masked(command.printed))
        shell = self._start(command.text)
        assert shell.stdout is not None
        said, text = b"", ""
        deadline = time.monotonic() + PATIENCE
        while not said or wanted - Counter(masked(text)):
            ready, _, _ = select.select([shell.stdout], [], [], max(0.0, deadline - time.monotonic()))
            piece = os.read(shell.stdout.fileno(), 65536) if ready else b""
            if not piece:
                break
            said += piece
            text = said.decode(errors="replace")
        os.killpg(shell.pid, signal.SIGINT)
        missing = wanted - Counter(masked(text))
        told = f"$ {command.text}\n{text}{self._rest(shell)}"
        assert not missing, f"{told}\nnever said: {[*missing]}"
        assert shell.returncode in _EXIT_CODES_OF_AN_INTERRUPT, f"{told}\nexit code {shell.returncode}"

    def _rest(self, shell: subprocess.Popen[str]) -> str:
        """What a command still prints until its end; one that does not come to it is killed."""
        try:
            return shell.communicate(timeout=PATIENCE)[0]
        except subprocess.TimeoutExpired:
            os.killpg(shell.pid, signal.SIGKILL)
            said = shell.communicate()[0]
            raise AssertionError(f"{shell.args!r}\nno end after {PATIENCE} s\n{said}") from None

    def _start(self, command: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            ["bash", "-c", command],
            cwd=self.directory,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def _write(self, name: str, text: str) -> None:
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
