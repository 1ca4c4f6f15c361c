"""Log files and logger frames that somebody made up, from a corpus and a seed: see `tests.fuzz.frames`.

Knows nothing of what is right. `tests/unit/test_fuzz_logs.py` feeds them.
"""

from __future__ import annotations

from udaemon.frames import frame


def _message(*fields: bytes) -> bytes:
    return frame(b"\0".join(fields))


FROM_LOGGER = [
    _message(b"state", b"1", b"ok"),
    _message(b"state", b"1", b"blocked (ENOSPC)"),
    _message(b"state", b"2", b"dropping (EIO)\xff"),
    _message(b"eof", b"1"),
    _message(b"lost", b"/var/log/\xc3\xa4.log", b"3", b"99"),
    _message(b"lost", b"/x", b"-1", b"many"),
    _message(b"abandoned", b""),
    _message(b"left", b""),
    _message(b"state", b"99999999999999999999", b"ok"),
    _message(b"state", b"one"),
    _message(b""),
]
FROM_SUPERVISOR = [
    _message(b"open", b"1", b"/x/a.log", b"web", b"0", b"", b"plain", b"1", b"", b"", b"5", b"", b""),
    _message(b"open", b"2", b"a.log", b"web", b"3", b"1", b"json", b"", b"1000", b"2.5", b"0", b"1", b"1"),
    _message(b"watch", b"1"),
    _message(b"born", b"1", b"4711"),
    _message(b"abandon", b""),
    _message(b"finish", b"3.0"),
]
STAMP = b"2026-11-24T12:00:00.250Z"
LINES = [
    STAMP + b" hello\n",
    STAMP + b" [3] hello\n",
    STAMP + b" udaemon: 7 lines (70 bytes) dropped here since 2026-11-24T12:00:00Z (ENOSPC)\n",
    b"11/24/2026 12:00:00 p [17768] hello\n",
    b"11/24/2026 12:00:00 p [17768] 3> hello\n",
    b"99/99/9999 99:99:99 p [1] never\n",
    b'{"time":"%b","name":"web","instance":0,"line":"a \\u00e4 b"}\n' % STAMP,
    b'{"time":"%b","name":"web","instance":0,"line":"\\ud800","partial":true}\n' % STAMP,
    b'{"name":"a","line":5}\n',
    b'{"name":"a","line":"x","level":"info"}\n',
    b'{"line":' + b"[" * 5000 + b"\n",
    b"[123456] tagged\n",
    b"[9999999999999999999999] tagged\n",
    b"\x1b[2J\x1b]0;title\x07\x9b31m \xff\xfe \xed\xa0\x80\n",
    b"\n",
    b"\r\n",
    b"no end of line",
    b"x" * 70_000 + b"\n",
    b"\x1f\x8b\x08\0\0\0\0\0\0\3cut",
]
