"""Which verb a command line asks for, told before click is loaded.

Knows the options that may stand before a verb, and no verb. It refuses nothing: click does, a moment later.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

WITH_VALUE = frozenset({"-f", "--file", "-p", "--project", "--context", "--profile", "--color"})
"""Options of `udaemon` itself whose next word is theirs; a test holds them against those that click reads."""
ENDING = frozenset({"-h", "--help", "--version"})
"""Options with which no verb is done."""


def verb_of(arguments: Sequence[str]) -> str | None:
    """The verb, None where there is none or only help is wanted."""
    words = iter(arguments)
    for word in words:
        if word == "--":
            return next(words, None)
        if word == "-" or not word.startswith("-"):
            return None if _is_help_wanted(words) else word
        options = [word] if word.startswith("--") else [f"-{letter}" for letter in word[1:]]
        for place, option in enumerate(options, 1):
            if option in ENDING:
                return None
            if option in WITH_VALUE:  # the rest of the letters is its value, or else the next word
                if place == len(options):
                    next(words, None)
                break
    return None


def _is_help_wanted(rest: Iterator[str]) -> bool:
    """Whether what follows a verb asks for its help. Where it is an option's value instead, a moment is lost."""
    for word in rest:
        if word == "--":
            break
        if word in {"-h", "--help"}:
            return True
    return False
