"""What differs from one machine and moment to the next, replaced by a word, so that two outputs can be compared.

Knows nothing of the docs and of udaemon but the look of its times, tables and numbers.
"""

from __future__ import annotations

import re

_MASKS = [
    (re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z"), "TIME"),
    (re.compile(r"\b[A-Z][a-z]{2} [A-Z][a-z]{2} +\d+ \d\d:\d\d:\d\d( [AP]M)? [A-Z]+ \d{4}"), "TIME"),
    (re.compile(r"(?<![\w.$~}])/(?:[\w.@+-]+/)*[\w.@+-]+"), "PATH"),
    (re.compile(r"(?<![\w.])\d+\.\d+\.\d+[\w.+]*"), "VERSION"),
    (re.compile(r"(?:\d+(?:\.\d+)?(?:ms|[smhd]))+(?![\w])"), "LENGTH"),
    (re.compile(r"(?<![\w.])\d+(?:\.\d+)? (?:ms|[smhd])(?![\w])"), "LENGTH"),
    (re.compile(r"(?<![\w.])\d+(?:\.\d+)?[KMGT](?:iB|B)?(?!\w)"), "SIZE"),
    (re.compile(r"\bpid \d+"), "pid N"),
    (re.compile(r"(?<![\w.])\d{3,}(?![\w.])"), "N"),
]
_MOMENT = re.compile(r"in run(?: LENGTH)?|in LENGTH|LENGTH ago|\bnow\b")
_NUMBER = re.compile(r"(?<!\S)\d+(?!\S)")
_BLANKS = re.compile(r" +")


def masked(text: str) -> list[str]:
    """The lines of an output without what changes: times, lengths of time, pids, sizes, versions, absolute paths.

    From a table's head on (a line that begins with NAME) all numbers go, and moments, and how wide a column is.
    """
    lines = []
    in_table = False
    for line in text.splitlines():
        in_table = in_table or line.startswith("NAME ")
        for pattern, word in _MASKS:
            line = pattern.sub(word, line)
        if in_table:
            line = _BLANKS.sub(" ", _NUMBER.sub("N", _MOMENT.sub("WHEN", line)))
        lines.append(line.rstrip())
    return lines
