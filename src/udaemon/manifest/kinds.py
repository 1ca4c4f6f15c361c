"""The kinds of daemon, by the keys that say what to run.

Knows no other key.
"""

from __future__ import annotations

KINDS = ("factory", "task", "php", "command")
"""The keys that say what to run; a daemon has one of them."""

PYTHON = ("factory", "task")
"""Those of them that name a Python callable."""

TASKS = (*PYTHON, "php")
"""Those of them that make a daemon with runs."""

RUNS = (*TASKS, "command")
"""Those of them that make a daemon which a schedule may run."""
