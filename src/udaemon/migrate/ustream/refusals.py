"""Says in plain words why PHP refuses a file, and at which line of it to look.

Knows nothing of how the refusal was found.
"""

from __future__ import annotations

from udaemon.migrate.ustream.result import Note
from udaemon.migrate.ustream.source import Source, show
from udaemon.migrate.ustream.tokens import SyntaxRefused

_QUOTE_IT = "put the whole value in quotes"
_ALONE = "that can only be a whole value: no key, and no word among others without quotes"

# By what PHP did not expect.
_REASONS = {
    "'('": f"a `(` behind text is a calculation to PHP; {_QUOTE_IT}",
    "'!'": f"a `!` behind text is a calculation to PHP; {_QUOTE_IT}",
    "'~'": f"a `~` behind text is a calculation to PHP; {_QUOTE_IT}",
    "')'": f"a `)` without `(` before it; {_QUOTE_IT}",
    "'|'": f"a `|` with nothing to calculate with before it; {_QUOTE_IT}",
    "'&'": f"a `&` with nothing to calculate with before it; {_QUOTE_IT}",
    "'^'": f"a `^` with nothing to calculate with before it; {_QUOTE_IT}",
    "'='": f"an `=` inside a value; {_QUOTE_IT}",
    "'$'": "a `$` is not allowed in a key",
    "'{'": "a `{` is not allowed in a key",
    "'}'": "a `}` is not allowed outside a value",
    "'\"'": 'a `"` is not allowed outside a value',
    "BOOL_TRUE": f"a bare true, on or yes is a word of PHP's {_ALONE}",
    "BOOL_FALSE": f"a bare false, off, no or none is a word of PHP's {_ALONE}",
    "NULL_NULL": f"a bare null is a word of PHP's {_ALONE}",
    "TC_CONSTANT": f"text behind a bare true, false, on, off, yes, no, none or null; {_QUOTE_IT}",
    "TC_SECTION": "only one pair of brackets can follow a key",
    "END_OF_LINE": f"the line ends inside a calculation, or a `(` is not closed; {_QUOTE_IT}",
}
_UNCLOSED = {
    "']'": "a `[` is never closed",
    "'}'": "a `${` is never closed, or its name holds a character it cannot",
    "TC_VARNAME": "no name in `${…}`",
    "TC_DOLLAR_CURLY or TC_QUOTED_STRING or '\"'": 'a `"` is never closed',
    "": "a ' is never closed",
}
_UNEXPECTED = "syntax error, unexpected "


def explain(source: Source, refused: SyntaxRefused) -> Note:
    """The refusal as a note on the line that causes it, which is not always the line PHP names."""
    unexpected, _, expecting = refused.reason.removeprefix(_UNEXPECTED).partition(", expecting ")
    if not refused.reason.startswith(_UNEXPECTED):
        why = "the value nests too deep"
    elif unexpected == "end of file":
        why = _UNCLOSED.get(expecting, "the file ends inside a value")
    elif expecting in {"']'", "'}'", "TC_VARNAME"}:
        why = _UNCLOSED[expecting]
    else:
        why = _REASONS.get(unexpected, f"PHP does not expect {unexpected} here; {_QUOTE_IT}")
    start = source.line_start(refused.at)
    if b"=" not in source.data[start : refused.at] and unexpected in _REASONS and unexpected != "'='":
        why = f"PHP does not expect {unexpected} in a key; text of your own needs a `;` before it"
    text = show(source.data[start : source.line_end(start)].strip())
    return Note(source.line_at(refused.at), "refused", f"PHP refuses the whole file: {why}: `{text}`")
