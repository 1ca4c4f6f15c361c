"""What serves instead: of keys that are not there yet, and of values that other systems write for `restart`.

Knows no table of the model: once a key is declared, `meant.py` asks no more for what serves in its place.
"""

from __future__ import annotations

TODAY = {
    "after-stop": "a wrapper script as command can do it",
    "before-start": "a wrapper script as command can do it",
    "cgroup": "run `udaemon up` as a systemd service with MemoryMax and CPUQuota, which hold for the whole project",
    "cron": 'sleep = "1h" is a period from start to start; for times of day call `udaemon run NAME` from cron',
    "group": "`udaemon up` runs as the group it is started as; start it as that one",
    "max-age": "`udaemon restart NAME` from cron",
    "max-runs": "memory-limit replaces the process of a task that has grown",
    "misfire": "a run that is late starts as soon as the one before it has ended",
    "nice": 'put it before the program: command = "nice -n 5 …"',
    "on.failed": "`udaemon events` tells it",
    "oom-score": 'put it before the program: command = "choom -n 500 -- …"',
    "ready.log-line": "ready.exec can look into a file, or at whatever the program has by then",
    "rlimits": "call `ulimit` in the shell that starts `udaemon up`, or `prlimit` before the program",
    "stagger": "daemons start all at once",
    "stdin": "daemons read from /dev/null",
    "task-timeout": "nothing ends a run that takes too long",
    "user": "start `udaemon up` as that user; one project for each user",
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
