"""Bytes that a hostile client or child may send, made from a corpus and a seed: pieces mended, doubled, cut and mixed.

Knows nothing of what is right. `tests/unit/test_fuzz_frames.py` feeds them; the same seed gives the same bytes.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Iterator
from typing import Any

from udaemon.frames import frame

SECONDS = float(os.environ.get("UDAEMON_FUZZ_SECONDS", "1"))
"""How long each target is fed; `UDAEMON_FUZZ_SECONDS=60` for a minute."""
SEED = int(os.environ.get("UDAEMON_FUZZ_SEED", "9"))


def packed(value: Any) -> bytes:
    """A frame of JSON."""
    return frame(json.dumps(value).encode())


ODD = (
    b"",
    b"null",
    b"[]",
    b"1e999",
    b"-0",
    b"NaN",
    b'"\\ud800"',
    b"[" * 5000,
    b'{"a":' * 3000,
    b"9" * 5000,
    b"\xff\xfe",
)
HEADERS = (
    b"\0\0\0\0",
    b"\0\0\0\1",
    b"\0\1\0\0",
    b"\0\1\0\1",
    b"\x7f\xff\xff\xff",
    b"\xff\xff\xff\xff",
    b"GET ",
    b"\0\0",
)

_ARGS: tuple[dict[str, Any], ...] = (
    {},
    {"names": ["db"], "name": "db", "until": "stopped", "signal": "HUP", "timeout": 0},
    {"names": ["*", "tag:x", "db/0", "mailer/99"], "timeout": 1e9, "follow": True},
    {"names": "db", "name": None, "until": 3, "signal": [], "timeout": "1", "follow": 1, "hurry": None},
    {"timeout": -1, "wait_timeout": 1e400, "names": [None]},
)
REQUESTS = [
    packed({"verb": verb, "args": args})
    for verb in ("ps", "events", "wait", "stop", "start", "restart", "signal", "up", "inspect", "logs", "hello", "x")
    for args in _ARGS
]
REPORTS = [
    packed(fields)
    for fields in (
        {"kind": "ready"},
        {"kind": "run-failed", "id": 1, "error": "ValueError: no"},
        {"kind": "run-failed", "id": -1, "error": None},
        {"kind": "run-failed", "id": True, "error": "x" * 9000},
        {"kind": "leaving", "reason": "exception", "message": None},
        {"kind": "leaving", "reason": "memory", "message": "\x1b[2J\u202e"},
        {"kind": ["leaving"], "reason": {}, "message": []},
    )
]


def streams(corpus: list[bytes], seconds: float = SECONDS, seed: int = SEED) -> Iterator[bytes]:
    """Streams of frames, most of them broken, until the time is over."""
    chance = random.Random(seed)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        yield b"".join(_frame(corpus, chance) for _ in range(chance.randint(1, 6)))


def pieces(data: bytes, seed: int) -> Iterator[bytes]:
    """The same bytes as they may arrive."""
    chance = random.Random(seed)
    at = 0
    while at < len(data):
        size = chance.choice((1, 3, 4, 5, 100, 4096, 65536))
        yield data[at : at + size]
        at += size


def _frame(corpus: list[bytes], chance: random.Random) -> bytes:
    one = bytearray(chance.choice(corpus))
    match chance.randrange(8):
        case 0 | 1:
            pass
        case 2:
            for _ in range(chance.randint(1, 8)):
                one[chance.randrange(len(one))] = chance.randrange(256)
        case 3:
            del one[chance.randrange(len(one)) :]
        case 4:
            return frame(chance.choice(ODD))
        case 5:
            return chance.choice(HEADERS) + bytes(one)
        case 6:
            cut = chance.randrange(len(one))
            one[cut:cut] = chance.choice(corpus)[chance.randrange(4) :]
        case _:
            return chance.randbytes(chance.randrange(200))
    return bytes(one)
