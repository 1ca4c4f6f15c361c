"""Completion in bash, for which a colon ends a word: `tag:mail` comes as three of them, and only the last is replaced.

Knows no verb; click does the rest.
"""

from __future__ import annotations

from click.shell_completion import BashComplete, CompletionItem


class Bash(BashComplete):
    """Joins what bash took apart, and answers what is still to be typed."""

    typed = ""

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the one that is completed, and that one."""
        words, word = super().get_completion_args()
        if word != ":" and words[-1:] == [":"]:
            word = words.pop() + word
        if word.startswith(":") and words:
            word = words.pop() + word
            self.typed = word[: word.index(":") + 1]
        return words, word

    def format_completion(self, item: CompletionItem) -> str:
        """One offer as click's script reads it."""
        return f"{item.type},{item.value.removeprefix(self.typed)}"
