"""F52: whatever the file, `check` ends with a problem, in two seconds of CPU and 200 MB."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

MOST_SECONDS = 2.0
BARE = 0.0132
"""Seconds of CPU that an interpreter's start took where the bound was measured: a slower moment gets more, no less."""
MOST_MEMORY = 200 * 1024**2

FLAT = 4 * 1024**2 - 100
HOSTILE = {
    "dotted-key.toml": b"a" + b".a" * 20_000 + b" = 1",
    "dotted-keys.toml": b"".join(b"a" + b".a" * 30 + b".b%d = 1\n" % at for at in range(20_000)),
    "headers.toml": b"".join(b"[%s.k%d]\n" % (b".".join([b"a"] * 30), at) for at in range(20_000)),
    "brackets.toml": b"a = " + b"[" * 50_000,
    "braces.toml": b"a = " + b"{a=" * 50_000,
    "integer.toml": b"a = " + b"9" * 1_000_000,
    "digits.toml": b"a = " + b"9" * FLAT,
    "hex.toml": b"a = [0x" + b"f" * FLAT + b"]",
    "dollars.toml": b"[daemons.a]\ncommand = '" + b"$" * (FLAT - 100) + b"'",
    "extends.toml": b"".join(b"[daemons.d%d]\nextends='d%d'\n" % (at, at + 1) for at in range(13_000)),
    "extends-cycle.toml": b"".join(b"[daemons.d%d]\nextends='d%d'\n" % (at, (at + 1) % 9_000) for at in range(9_000)),
    "include.toml": b"include = [" + b"'*.toml'," * 39_000 + b"]",
    "list.toml": b"a = [" + b"1," * (FLAT // 2) + b"]",
    "tables.toml": b"a = [" + b"{a=1}," * (FLAT // 6) + b"]",
    "arrays-of-tables.toml": b"[[a]]\n" * (FLAT // 6),
    "string.toml": b'a = "' + b"x" * FLAT + b'"',
    "escapes.toml": b'a = "' + b"\\\\" * (FLAT // 2) + b'"',
    "quotes.toml": b"a = " + b"'" * FLAT,
    "comments.toml": b"#\n" * (FLAT // 2),
    "blanks.toml": b" " * FLAT,
    "brackets.yaml": b"a: " + b"[" * 50_000,
    "braces.yaml": b"a: " + b"{a: " * 50_000,
    "dashes.yaml": b"- " * 50_000,
    "questions.yaml": b"? " * 50_000,
    "integer.yaml": b"daemons: {a: {command: a, instances: " + b"9" * 1_000_000 + b"}}",
    "list.yaml": b"a: [" + b"1," * (FLAT // 2) + b"]",
    "lines.yaml": b"a:\n" + b"- 1\n" * (FLAT // 4),
    "anchors.yaml": b"".join(
        b"a%d: &a%d [%s]\n" % (at, at, b",".join([b"*a%d" % (at - 1)] * 9 if at else [b"x"])) for at in range(40)
    ),
    "recursive.yaml": b"daemons: &a {a: *a}",
    "string.yaml": b"a: " + b"x" * FLAT,
    "big.toml": b"a = 1\n" * 2_000_000,
    "big.yaml": b"a: [" + b"1," * 5_000_000,
    "random.toml": os.urandom(100_000),
    "unknown.toml": b"".join(b"k%d=1\n" % at for at in range(39_900)),
    "daemons.toml": b"".join(b"[daemons.d%d]\nslep=1\n" % at for at in range(15_900)),
    "longest.toml": b"[daemons.a]\ncommand = '" + b"x" * (FLAT - 100) + b"'\nslep = 1",
}


MEASURE = """
import os, subprocess, sys
process = subprocess.Popen([sys.executable, *sys.argv[1:]], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
process.returncode = os.waitstatus_to_exitcode(status)
print(process.returncode, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024))
"""
"""A small process in between: for the kernel the memory of a child begins with that of its parent, before exec."""


class Measured(NamedTuple):
    """What a Python program ended with and what it took: seconds of CPU, bytes at its largest."""

    code: int
    seconds: float
    memory: int


def measured(argv: list[str], cwd: Path) -> Measured:
    command = [sys.executable, "-c", MEASURE, *argv]
    shown = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=60, check=True)
    assert shown.stderr == ""
    code, seconds, memory = shown.stdout.split()
    return Measured(int(code), float(seconds), int(memory))


@pytest.mark.timing
@pytest.mark.parametrize("name", HOSTILE)
def test_f52_a_hostile_manifest_costs_little(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(HOSTILE[name])
    before = measured(["-c", "pass"], tmp_path)
    done = measured(["-m", "udaemon", "check", name], tmp_path)
    after = measured(["-c", "pass"], tmp_path)
    slowness = max(1.0, before.seconds / BARE, after.seconds / BARE)
    assert done.code in {1, 2}
    assert done.seconds < MOST_SECONDS * slowness
    assert done.memory < MOST_MEMORY
