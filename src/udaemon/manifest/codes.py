"""Every code that a problem can have: what it means and how it is mended.

Knows nothing of how a problem is found. `explain` and the reference of errors are made from this table.
"""

from __future__ import annotations

from typing import NamedTuple


class Code(NamedTuple):
    """What is known of a code."""

    meaning: str
    mend: str


CODES = {
    "after-run-cycle": Code(
        "A daemon has a run after each of another one that, perhaps by way of further ones, has one after each of its "
        "own: no run would be the last.",
        "Take one of the names out of an `after-run`.",
    ),
    "bad-account": Code(
        "The text names no user or group.", "Write a name as in the system's user database, or a number."
    ),
    "bad-address": Code(
        "The text is no address of a port.", "Write `host:port`, or `:port` for this machine; a port is 1 to 65535."
    ),
    "bad-calendar": Code(
        "A file that `except` names cannot be read, is no iCalendar file, or has an event that is repeated by a "
        "rule or has no moment that can be told.",
        "Mend what the message says; a calendar program can export each date as an event of its own.",
    ),
    "bad-callable": Code(
        "The text names no Python callable, or in the table `php` no PHP callable.",
        "Write the module, a colon and the name in it: `package.module:function` or `package.module:Class.method`. For "
        "PHP write `Namespace\\Class::method`; in single quotes a backslash stays as it is.",
    ),
    "bad-choice": Code("The word is none of those that the key takes.", "Write one of the words of the message."),
    "bad-command": Code(
        "The command names no program, or cannot be split into words because a quote is not closed.",
        'Close the quote, or write the words as a list: `["program", "argument"]`.',
    ),
    "bad-cron": Code(
        "The text is no cron line, or asks for a day that never comes.",
        "Write five fields: minute, hour, day of the month, month, day of the week, each a number, a name, `*`, a "
        "range `1-5`, a list `1,15` or a step `*/10`; or one of `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`.",
    ),
    "bad-date": Code(
        "The text is no date, moment or range, or is not in the calendar.",
        "Write `2026-12-25`, `2026-12-25T18:00` or `2026-12-24..2027-01-02`.",
    ),
    "bad-duration": Code(
        "The text is no duration.",
        "Write seconds as a number, or text such as `500ms`, `30s`, `1m30s`, `1h`, `2d`: units from long to short, "
        "without blanks.",
    ),
    "bad-header": Code(
        "The header of a webhook cannot be sent, or is one that udaemon says itself.",
        "Write a header's name, such as `Authorization`, and plain letters on one line.",
    ),
    "bad-key": Code("A key in a YAML file is no string.", "Put the key in quotes."),
    "bad-limit": Code(
        "The text is no limit of a resource, or the soft limit is above the hard one.",
        "Write a number, a size such as `1G`, `unlimited`, or two of them as `SOFT:HARD`.",
    ),
    "bad-mode": Code(
        "The text is no mode of a file, or one that does not let its owner read and write.",
        'Write octal digits as a string, such as `"0644"`.',
    ),
    "bad-module": Code("The text does not name a Python module.", "Write it as in an import: `package.module`."),
    "bad-name": Code(
        "A name of a project, context or daemon becomes part of file names, and this one must not.",
        "Write 1 to 63 of `a-z`, `0-9`, `-` and `_`, beginning with a letter or digit.",
    ),
    "bad-parameter": Code(
        "A key of `params` cannot be the name of a keyword argument.", "Write a name as Python has it."
    ),
    "bad-path": Code("A path is empty.", "Write a path, or take the key out."),
    "bad-pattern": Code(
        "The text is no regular expression, is empty, or has more than 1000 letters.",
        "Write one that Python's `re` understands; it is searched for anywhere in a line.",
    ),
    "bad-reference": Code(
        "A `${` begins no reference to a variable, or its brace is not closed.",
        "Write `${VAR}`, `${VAR:-default}` or `${VAR:?message}`; write `$$` where a dollar sign is meant.",
    ),
    "bad-signal": Code("The text names no signal.", "Write a name such as `TERM`, `INT` or `SIGUSR1`."),
    "bad-size": Code(
        "The text is no size.",
        "Write bytes as a number, or text such as `64K`, `10M`, `1G` (powers of 1024), `5MB` (powers of 1000), or -1 "
        "for no limit.",
    ),
    "bad-timezone": Code(
        "The text names no time zone.", "Write a name of the IANA database, such as `Europe/Berlin` or `UTC`."
    ),
    "bad-umask": Code("The text is no file mode creation mask.", 'Write octal digits as a string, such as `"022"`.'),
    "bad-url": Code("The text is no URL.", "Write `http://` or `https://`, the host, and the path."),
    "bad-variable": Code(
        "A key of `env` cannot be the name of a variable.", "Write a name that is not empty and has no `=`."
    ),
    "both-to-run": Code(
        "The daemon has two of `factory`, `task`, `php` and `command`, perhaps one of them from `defaults`.",
        "Leave one of them.",
    ),
    "context-in-name": Code(
        "A daemon `a-b` stands beside `a`, and the context is `b`: log and pid file of `a` are called `a-b` then, as "
        "those of the other are without a context. A warning: both would write one log, each at its time.",
        "Give one of them another name.",
    ),
    "contradiction": Code(
        "Two keys exclude each other, or a key means nothing for this kind of daemon.",
        "Take one of them out; the message says which and why.",
    ),
    "depends-cycle": Code(
        "A daemon needs another one that, perhaps by way of further ones, needs it: none of them could ever start.",
        "Take one of the names out of a `depends-on`.",
    ),
    "duplicate-key": Code("A key stands twice in one table.", "Keep one of them."),
    "encoding": Code("The file is not UTF-8, or holds a NUL character.", "Save it as UTF-8 text."),
    "env-file": Code(
        "A file of variables cannot be read, or a line in it is neither `NAME=value` nor `NAME`.",
        "Mend the line that is told; relative names start at the manifest's directory.",
    ),
    "extends-cycle": Code(
        "A daemon extends another one that, perhaps by way of further ones, extends it.", "Take one of them out."
    ),
    "import-failed": Code(
        "What `task`, `factory` or a listener names cannot be imported: the module is missing or fails, or has no such "
        "name. Or PHP does not find the factory, or its bootstrap is missing or fails. "
        "Modules are looked for in the manifest's directory first.",
        "Try it: `python -c 'import package.module'` in the manifest's directory. `check --no-import` leaves it out.",
    ),
    "include-cycle": Code(
        "A file includes another one that, perhaps by way of further ones, includes it.", "Take one of them out."
    ),
    "memory-small": Code(
        "The percent of `memory-limit` that `memory-threshold` says is less than a Python process has from its start, "
        "so that it is replaced after every run. A warning: it works, at the price of a new process for each run.",
        "Raise `memory-limit`; in PHP, where it comes from, a process needs less. With `php` it is PHP's own limit.",
    ),
    "merge-key": Code(
        "`<<` is a key of YAML 1.1; in YAML 1.2 it means nothing, and here it is refused.",
        "Use `defaults`, or `extends` of another daemon.",
    ),
    "missing-variable": Code(
        "A variable of the text is set neither in the environment nor in `.env` beside the manifest.",
        "Set it, or write `${VAR:-default}`.",
    ),
    "no-cgroup": Code(
        "`cgroup` asks for limits that could not be had by a supervisor that is started from here: it has no control "
        "group of cgroup v2 of its own. A warning: it may be started elsewhere. `check --no-import` does not look.",
        "Start udaemon as a systemd service with `Delegate=yes`; or set `optional = true` to go without.",
    ),
    "no-daemons": Code("The manifest declares no daemon.", "Add a table such as `[daemons.mailer]`."),
    "no-directory": Code(
        "`cwd` is not there, or no directory; or no log can be written where `log-dir` or `common-log` says: what is "
        "no regular file, a link too, stands in the way, or the directory may not be written to. `check --no-import` "
        "does not look.",
        "Make the directory, or name another. That of the logs is made where it is missing.",
    ),
    "no-interpreter": Code(
        "The program of the command is text without a `#!` line, or with one that names what is not there, perhaps as "
        "the line ends as Windows writes it. `check --no-import` does not look.",
        "Begin it with `#!` and the path of who reads it, such as `#!/bin/sh`, or write that program before the file.",
    ),
    "no-library": Code(
        "A daemon of ustream/daemon is to be kept in the foreground, and the library is not where Composer puts it. A "
        "warning: what the entry script starts is followed instead, and its errors are seen only in the log.",
        "Name the library's directory by `php.library`.",
    ),
    "no-pause": Code(
        "`sleep` and `min-sleep` are both 0, so that the task runs again and again without a pause. A warning: a task "
        "that itself waits for work is written so.",
        "Set `sleep` to the period, or `min-sleep` to a pause after each run.",
    ),
    "no-php": Code(
        "The daemon runs PHP, and there is none on its PATH. `check --no-import` does not look.",
        "Install it; on Debian and Ubuntu `apt-get install php-cli`.",
    ),
    "no-probe": Code(
        "`ready` or `health` says not what is asked.", "Add `tcp`, `http`, `exec`, `file`, `log-line` or `notify`."
    ),
    "no-program": Code(
        "The program of the command is not there. Without a slash it is looked for in the directories of the daemon's "
        "`PATH`, with one from its `cwd`. `check --no-import` does not look.",
        "Install it, or write its path: `./serve` is the file in `cwd`.",
    ),
    "no-python": Code(
        "What `python` names cannot be executed, is no Python, or an older one than udaemon needs.",
        "Name an interpreter, or the directory of a virtual environment; 3.11 or later.",
    ),
    "no-task": Code(
        "What the factory makes is no task, as its class or annotation says, or as it returns nothing. Or what `task` "
        "names is none: it is a class, or makes a task or a generator.",
        "A factory returns an object with a method `do_task`, or a function. Name a function that is the task itself "
        "by `task`, and what makes one by `factory`.",
    ),
    "no-value": Code("A key has no value. A missing value is no value of any type.", "Write one, or take the key out."),
    "not-callable": Code(
        "What `task`, `factory` or a listener names is there, but cannot be called.", "Name a function."
    ),
    "not-executable": Code(
        "The program of the command is a directory, or nobody may execute it.",
        "`chmod +x` it, or write who reads it before it: `python3 serve.py`.",
    ),
    "not-expanded": Code(
        "A value of `env`, `params` or `command` has what another system puts something into: `%(ENV_HOME)s` of "
        "supervisor, `$(circus.env.HOME)`, `{{.Env.HOME}}`, a shell's `$HOME` or `~/`. A warning: here it is plain "
        "text.",
        "Write `${HOME}`; where the text is meant as it stands, `$$HOME`.",
    ),
    "nothing-to-run": Code(
        "The daemon has no `factory`, `task`, `php` or `command`, or its `php` has neither `factory` nor `entry`.",
        "Add one of them.",
    ),
    "out-of-range": Code("The value is too small or too large.", "Write one within the bounds of the message."),
    "same-log": Code(
        "Two would write one file: the logs of two daemons, or a log and a common log; or one is called as another one "
        "is when it is rotated.",
        "Name another file. `${UDAEMON_NAME}.log` is another one for each daemon.",
    ),
    "same-pid-file": Code(
        "A daemon is called as an instance of another one, such as `web-1` beside `web` with two instances: they would "
        "share a pid file.",
        "Give one of them another name.",
    ),
    "shell-syntax": Code(
        "The command has what only a shell understands, and no shell reads it. As the name of the program, such as "
        "`cd` or `$HOME/serve`, it is an error. Further on it is a warning: the program gets `&&`, `|`, `>`, `*` or "
        "`$NAME` as it stands.",
        "Say it by keys: `cwd` for `cd`, `env` for variables; the log has the output already. Or set `shell = true`. "
        "What is in quotes is meant for the program and never told: `sh -c 'a && b'`.",
    ),
    "syntax": Code(
        "The file is no TOML or no YAML from this place on. Nothing else in it is looked at.",
        "Mend the place; the mistake may stand just before it.",
    ),
    "threshold-alone": Code(
        "`memory-threshold` is a percent of `memory-limit`, and there is none. A warning: nothing is limited.",
        "Set `memory-limit`, or take the threshold out.",
    ),
    "too-big": Code("The file, or all that are included, is larger than any manifest.", "Is it the right file?"),
    "too-deep": Code(
        "Tables or lists are nested deeper, aliases repeat more, or more daemons extend one another than needed.",
        "Write it flat.",
    ),
    "too-many": Code("A thousand problems are told, and there are more.", "Is it the right file?"),
    "two-hooks": Code(
        "A hook is a command or a webhook, not both.", "Leave one of them, or write a list with a table for each."
    ),
    "two-probes": Code("`ready` or `health` asks two things.", "Leave one of them."),
    "unknown-daemon": Code(
        "`extends` or `depends-on` names a daemon that is not declared, or is left out for want of its profile.",
        "Write one that is there, or ask for the profile; with `required = false` a daemon that is left out is not "
        "waited for.",
    ),
    "unknown-key": Code(
        "There is no such key at this place. Keys of your own begin with `x-` and stand at the top level.",
        "Write the key that was meant, or take it out; `udaemon explain` lists them.",
    ),
    "unknown-profile": Code("No daemon has a profile that was asked for.", "Ask for one that a daemon has."),
    "unreadable": Code(
        "The file cannot be opened, or is none: a directory, a named pipe, a device, a link that leads nowhere.",
        'Look at its name and its mode. For the files of a directory write `include = "conf.d/*.toml"`.',
    ),
    "unsafe": Code(
        "udaemon runs as root, and someone who is not root may write this file, or the directory that it lies in, and "
        "so could run anything as root. Manifests, included files, env-files and modules of tasks are looked at.",
        "`chown root` it, and take the write permission of group and others.",
    ),
    "variable-in-command": Code(
        "`NAME=value` before a program sets a variable only where a shell reads the command.",
        'Put it in `env`: `env = { NAME = "value" }`. Or set `shell = true`.',
    ),
    "wrong-params": Code(
        "`params` are passed as keyword arguments, and the factory or task takes no such one, or needs one that is not "
        "there.",
        "Compare `params` with its signature.",
    ),
    "wrong-type": Code("The value is of another type than the key takes.", "Write the type that the message names."),
    "yaml-tag": Code("A YAML tag (`!something`) is refused: values have the types they show.", "Leave it out."),
}
"""By their slugs, in alphabetical order. A code is never given a new meaning."""
