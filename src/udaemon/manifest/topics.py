"""What `explain` can print beside keys and codes: how something works that no single key says.

Knows no key.
"""

from __future__ import annotations

TOPICS = {
    "sharing": """\
Python daemons are forked from a process that has imported once what they share, the zygote: a start takes a
millisecond, and memory is shared until it is written to.

Libraries (the standard library, and what is installed) that your modules import at their top level are shared. Your
own modules are shared when they do nothing but define while they are imported: imports, functions, classes, constants,
and calls that are known to be pure, such as `logging.getLogger`, `re.compile`, `namedtuple`. That is told from their
source; nothing of it is run for that.

A module that calls anything else at its top level (it opens a file, connects, configures logging, registers a metric)
is imported by each daemon for itself, as in a program of its own, and so is every module that imports it. A library
that leaves a file, a thread or a child process behind when it is imported is left out, too, and one that removes at
its exit what it made when it was imported. A daemon whose modules use gevent or eventlet begins with nothing loaded. So
does the only instance with an `env` of its own.

No daemon waits for a slow import that it does not need: at the first start it may be forked with nothing loaded
instead, and share from its next start on.

`preload` shares what you vouch for. `start-method = "spawn"` gives a daemon an interpreter of its own.
`udaemon check -v` tells what is shared and what is not, with the line that decides; `udaemon inspect NAME` tells what
the zygote that runs has found (`sharing`, with `loaded` once all is imported), and for each instance what its process
was forked from (`zygote`, with the reason where that had nothing loaded).""",
}
"""By the word that is asked for."""
