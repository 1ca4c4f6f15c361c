"""What serves instead: of keys that are not there yet, and of values that other systems write for `restart`.

Knows no table of the model: once a key is declared, `meant.py` asks no more for what serves in its place.
"""

from __future__ import annotations

TODAY = {
    "after-stop": "a wrapper script as command can do it",
    "before-start": 'a wrapper script as command, or depends-on = { OTHER = "completed" }',
    "max-age": 'a daemon with cron and command = "udaemon restart NAME"',
    "max-runs": "memory-limit replaces the process of a task that has grown",
    "on.failed": "`udaemon events` tells it",
    "ready.log-line": "ready.exec can look into a file, or at whatever the program has by then",
}
"""Keys that the model may not have yet, and what serves until it does."""

RESTART = {
    "unless-stopped": 'write "always": what `udaemon stop` stopped stays so',
    "no": 'write "never"',
    "none": 'write "never"',
    "off": 'write "never"',
    "false": 'write "never"',
    "yes": 'write "always"',
    "true": 'write "always"',
    "any": 'write "always"',
    "unexpected": 'write "on-failure"; success-exit-codes says which codes are none',
    "on-abnormal": 'write "on-failure"',
    "on-abort": 'write "on-failure"',
    "on-watchdog": 'write "on-failure"',
    "on-success": 'write "always"; nothing restarts after success alone',
    "exit_on_failure": 'write "never"',
}
"""Values of other systems' `restart`."""
