"""Text that a daemon chose, made safe to show: control bytes, C1, bidi overrides and lone surrogates as escapes.

Knows no terminal; what was stored stays as it was. Colours (SGR, "select graphic rendition", ECMA-48 8.3.117) move no
cursor: `shown_line` passes them on or takes them out, as it is told.
"""

from __future__ import annotations

import re

_INVISIBLE = (
    *range(0x20),
    *range(0x7F, 0xA0),
    0x061C,
    0x200E,
    0x200F,
    *range(0x2028, 0x202F),
    *range(0x2066, 0x206A),
    0xFEFF,
)
"""C0, DEL and C1; the marks and overrides of the bidirectional algorithm (UAX #9), the line and paragraph separators,
and the byte order mark."""


_SGR = re.compile(r"\x1b\[[0-9;:]{0,64}m")
"""Numbers only: what has a private mark (`?`, `>`) or an intermediate byte is another function than SGR."""
_RESET = "\x1b[0m"


def _escaped(code: int) -> str:
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


_TABLE = {code: _escaped(code) for code in _INVISIBLE} | {0x09: "\\t", 0x0A: "\\n", 0x0D: "\\r"}
_KEEPING_TABS = {code: shown for code, shown in _TABLE.items() if code != 0x09}


def escape(text: str, *, keep_tabs: bool = False) -> str:
    """Show every character that could move a cursor, hide text or turn it round."""
    shown = text.translate(_KEEPING_TABS if keep_tabs else _TABLE)
    return shown.encode("utf-8", "backslashreplace").decode("utf-8")


def shown_line(text: str, *, colors: bool) -> str:
    """One line of a daemon's: its colours kept, but none beyond its end, or left out; all else as `escape` has it."""
    if "\x1b[" not in text:
        return escape(text, keep_tabs=True)
    plain = [escape(part, keep_tabs=True) for part in _SGR.split(text)]
    if not colors or len(plain) == 1:
        return "".join(plain)
    codes = [*_SGR.findall(text), _RESET]
    return "".join(part + code for part, code in zip(plain, codes, strict=True))
