"""What a line of a daemon's output says of it, as an event of its instance.

Knows no pattern: the logger looks for it. The line is a daemon's own word, and is believed in nothing else.
"""

from __future__ import annotations

from udaemon.logs.answers import Answer
from udaemon.manifest.secrets import masked_text
from udaemon.policy.events import Said
from udaemon.policy.questions import Question, Teller


def said(answer: Answer) -> Said:
    """That it is ready or well; or that nobody can tell, where its pattern was given up."""
    question = Question(answer.question)
    if answer.kind == "overran":
        return Said(Teller.LOG_LINE, question, False, "log-line takes too long for its output, and is given up")
    line = "".join(letter if letter.isprintable() else " " for letter in masked_text(answer.text)).strip()
    return Said(Teller.LOG_LINE, question, True, f"says: {line}")
