"""Files that somebody may write, made from a corpus and a seed, and what must hold for each of them.

Knows nothing of what is right. `tests/property/test_fuzz_readers.py` feeds them; the same seed gives the same files.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from udaemon.errors import Problem
from udaemon.manifest.build import build
from udaemon.manifest.complete import Setting
from udaemon.manifest.document import parse
from udaemon.manifest.dump import dump
from udaemon.manifest.interpolate import interpolate
from udaemon.manifest.locate import has_errors, locate
from udaemon.manifest.model import Manifest
from udaemon.manifest.problems import Finding
from udaemon.manifest.report import as_json, as_text
from udaemon.manifest.sarif import as_github, as_sarif

SECONDS = float(os.environ.get("UDAEMON_FUZZ_SECONDS", "10"))
"""How long each target is fed; `UDAEMON_FUZZ_SECONDS=60` for a minute."""
SEED = int(os.environ.get("UDAEMON_FUZZ_SEED", "9"))
PATIENCE = 5.0
"""Seconds of CPU that no file of this size may take."""

TESTS = Path(__file__).parents[1]
SETTING = Setting(file="/p/udaemon", directory="/p", environ={"HOME": "/h"})

_ODD = (
    *(
        b"\0",
        b"\xff",
        b"\xef\xbb\xbf",
        b"\r",
        b"\x1b[2J",
        "\u202e\u2028\u00fc\U0001f600".encode(),
        b"\\ud800",
        b"\\u0000",
    ),
    *(b"${", b"}", b"${A:-", b"${A:?", b"$$", b"$", b"${A", b"${HOME}", b"%(ENV_A)s", b"{{", b"~/", b"*", b"**/"),
    *(b"[", b"]]", b"[[", b"{", b"=", b".", b'"', b"'''", b'"""', b"#", b";", b",", b":", b"- ", b"\n", b"\t", b"  "),
    *(b"&a ", b"*a", b"<<: ", b"!!python/object:x ", b"? ", b"---\n", b"|\n", b"null", b"true", b"nan", b"-inf"),
    *(b"-1", b"0", b"9" * 400, b"1e999", b"0x" + b"f" * 300, b"1979-05-27T07:32:00Z", b"3650d", b"8388607T", b"99999d"),
    *(
        b"daemons",
        b"defaults",
        b"env",
        b"include",
        b"extends",
        b"env-file",
        b"params",
        b"export ",
        b"[" * 300,
        b"a." * 300,
    ),
)


def manifests(kind: str) -> list[bytes]:
    """The manifests of the golden cases in TOML or in YAML."""
    return [file.read_bytes() for file in sorted((TESTS / "golden" / "check").glob(f"*/udaemon.{kind}"))]


def ini_files() -> list[bytes]:
    """The files whose reading by PHP is on record."""
    return [file.read_bytes() for file in sorted((TESTS / "data").glob("ini-*/*.ini"))]


def corpus(kind: str) -> list[bytes]:
    """The files of one kind beside this module."""
    return [file.read_bytes() for file in sorted((Path(__file__).parent / "corpus").glob(f"*.{kind}"))]


def files(corpus: Sequence[bytes], seconds: float = SECONDS, seed: int = SEED) -> Iterator[bytes]:
    """The corpus, then files made of it until the time is over; each one is to be read within bounds."""
    chance = random.Random(seed)
    until = time.monotonic() + seconds
    yield from corpus
    while time.monotonic() < until:
        made = _changed(corpus, chance)
        began = time.process_time()
        yield made
        assert time.process_time() - began < PATIENCE, made


def _changed(corpus: Sequence[bytes], chance: random.Random) -> bytes:
    made = bytearray(chance.choice(corpus))
    for _ in range(chance.randint(1, 5)):
        at, end = sorted(chance.randrange(len(made) + 1) for _ in range(2))
        match chance.randrange(7):
            case 0:
                made[at : at + 1] = chance.randbytes(1)
            case 1:
                del made[at : min(end, at + 30)]
            case 2:
                made[at:at] = made[at:end][:2000]
            case 3:
                other = chance.choice(corpus)
                start = chance.randrange(len(other) + 1)
                made[at:at] = other[start : start + chance.randint(1, 200)]
            case 4:
                lines = made.split(b"\n")
                chance.shuffle(lines)
                made = bytearray(b"\n".join(lines))
            case _:
                made[at:at] = chance.choice(_ODD)
    return bytes(made[:20_000])


def load(data: bytes, *, toml: bool) -> None:
    """Load one input, and show what is wrong in every format."""
    text = data.decode(errors="replace")
    document = parse("/p/udaemon", text, toml=toml)
    interpolate(document.data, {"A": "1"})
    findings: list[Finding] = []
    built = build([document], SETTING, lambda _file, _path: {}, findings, ())
    judge(built.manifest, locate(findings, [document], built.top), {"/p/udaemon": text})


def judge(manifest: Manifest | None, problems: Sequence[Problem], sources: Mapping[str, str]) -> None:
    """There is a manifest or a reason why not, and all of it can be shown."""
    problems = tuple(problems)
    assert manifest is not None or has_errors(problems), "no manifest, and no reason why"
    for shown in (as_text(problems, sources, "/p"), as_github(problems, "/p")):
        assert all(letter.isprintable() or letter == "\n" for letter in shown)
    as_json(problems)
    as_sarif(problems, "/p")
    if manifest is not None and not has_errors(problems):
        dump(manifest)
