"""The command that runs an untouched PHP entry script in the foreground.

Knows nothing of where PHP and the files are; `foreground.php` says what the settings mean.
"""

from __future__ import annotations

import shlex

from udaemon.manifest.legacy_ini.names import old_pid
from udaemon.manifest.legacy_ini.plan import Bridge, Plain

_NUMBER = "\ue000"


def command(bridge: Bridge, identifier: str, *, number: int | None = None, copies: bool = False) -> dict[str, Plain]:
    """The keys of a daemon that say what to run.

    Args:
        bridge: Where the parts are.
        identifier: The library's id.
        number: What `instance` says in the ini file, which the library reads by itself.
        copies: Whether there are several, each to be told its number.
    """
    words = [*_php(bridge, identifier, _NUMBER if copies else number), bridge.entry, "--id", identifier]
    if not copies:
        return {"command": [word.replace("$", "$$") for word in words]}
    # Only a shell can put the number in; exec leaves no shell behind.
    words = ["exec", *words, "--instance", _NUMBER]
    return {"command": " ".join(_quoted(word) for word in words).replace("$", "$$"), "shell": True}


def _php(bridge: Bridge, identifier: str, instance: int | str | None) -> list[str]:
    """PHP with what keeps it in the foreground: the patched class, a follower, or no fork at all."""
    if bridge.library is None and bridge.follow is not None:
        return [*bridge.follow, "php"]
    settings = [f"auto_prepend_file={bridge.prepend}"]
    settings.append(f"udaemon.library={bridge.library}" if bridge.library else "disable_functions=pcntl_fork")
    if bridge.run_dir and bridge.context:
        settings.append(f"udaemon.pid_file={bridge.run_dir}/{old_pid(identifier, bridge.context, instance)}")
    return ["php", *(word for setting in settings for word in ("-d", setting))]


def _quoted(word: str) -> str:
    return '"$UDAEMON_INSTANCE"'.join(part and shlex.quote(part) for part in word.split(_NUMBER))
