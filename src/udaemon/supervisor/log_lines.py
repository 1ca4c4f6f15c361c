"""What a line of a daemon's output says of it, as an event of its instance.

Knows no pattern: the logger looks for it. The line is a daemon's own word, and is believed in nothing else.
"""

from __future__ import annotations

from collections.abc import Callable

from udaemon.logs.answers import Answer
from udaemon.manifest.secrets import masked_text
from udaemon.policy.events import Event, Question, Said, Teller
from udaemon.policy.instance import Key

Publish = Callable[[Key, str, str], None]


def on_line(key: Key, answer: Answer, happen: Callable[[Key, Event], None], publish: Publish) -> None:
    """Let an instance know of a line of its process; publish that a pattern was given up.

    Args:
        key: The instance.
        answer: The logger's.
        happen: Called with the event.
        publish: Called with a word and a sentence.
    """
    if answer.kind == "overran":
        publish(key, "warning", f"{answer.question}.log-line takes too long for its output, and is given up")
        return
    line = "".join(letter if letter.isprintable() else " " for letter in masked_text(answer.text)).strip()
    happen(key, Said(Teller.LOG_LINE, Question(answer.question), ok=True, reason=f"says: {line}"))
