"""The tables within a daemon: php, backoff, start limit and stop, key by key.

Knows nothing of the daemon around them, of files and of how a value was spelled.
"""

from __future__ import annotations

from enum import StrEnum

from udaemon.frozen import frozen
from udaemon.manifest.keys import key
from udaemon.manifest.references import PATH, PHP_CALLABLE, Command, Cooldown, SignalName
from udaemon.manifest.values import Duration, Flag, Number, Text


class Restart(StrEnum):
    """When a daemon that ended by itself is started again."""

    ALWAYS = "always"
    ON_FAILURE = "on-failure"
    NEVER = "never"


@frozen(kw_only=True)
class Php:
    """A task whose runs PHP does (`factory`), or a daemon of ustream/daemon as it is (`entry`).

    What daemons share of it may be in `defaults`: it makes none of them a PHP daemon.
    """

    factory: str | None = key(
        "PHP callable that makes the task, called without arguments: a static method or a function.",
        PHP_CALLABLE,
        example="Acme\\Mail\\Queue::create",
    )
    bootstrap: str = key(
        "PHP file that makes the application's classes known.",
        PATH,
        default="vendor/autoload.php",
        example="app/bootstrap.php",
    )
    interpreter: tuple[str, ...] = key(
        "The PHP to run, and what it is always told.",
        Command(),
        default=("php",),
        example="php8.2 -d assert.exception=1",
    )
    entry: str | None = key(
        "Script that starts a daemon of the PHP library ustream/daemon by its `--id`; it is kept in the foreground.",
        PATH,
        example="daemon.php",
    )
    id: str | None = key(
        "What the entry script is given as `--id`.",
        Text(empty=False),
        example="mail.queue",
        shown_default="the daemon's name",
    )
    library: str | None = key(
        "Directory of the PHP library, or its Daemon.php.",
        PATH,
        example="lib/ustream-daemon",
        shown_default="`vendor/ustream/daemon`, from the entry script's directory up",
    )


@frozen(kw_only=True)
class Backoff:
    """How long to wait before a crashed daemon is started again. Seconds.

    The first crash restarts at once; crash n waits `initial * factor ** (n - 2)`, at most `max`, give or take
    `jitter` (a share of the wait). A process that stayed up for `max` seconds clears the count.
    """

    initial: float = key("Wait after the second crash in a row.", Duration(), default=1.0, example="1s")
    factor: float = key("Each further wait is this many times longer.", Number(1, 100), default=2.0, example=2)
    max: float = key(
        "The longest wait; a daemon up for this long counts as healthy again.", Duration(), default=60.0, example="1m"
    )
    jitter: float = key("Share by which a wait is longer or shorter at random.", Number(0, 1), default=0.1, example=0.1)


@frozen(kw_only=True)
class StartLimit:
    """How many automatic restarts are allowed in a window of time.

    `then` is None for "give-up" and the seconds to wait for "cooldown 10m".
    """

    count: int = key(
        "Automatic restarts allowed within the window.", Number(1, 1_000_000, whole=True), default=10, example=10
    )
    window: float = key("Length of the window.", Duration(low=0.001), default=600.0, example="10m")
    then: float | None = key(
        'What to do when the limit is reached: "give-up", or "cooldown 10m" to wait that long and try anew.',
        Cooldown(),
        default=None,
        example="cooldown 10m",
    )


@frozen(kw_only=True)
class Stop:
    """How a daemon is asked to stop."""

    signal: str = key("Signal that asks the daemon to stop.", SignalName(), default="TERM", example="INT")
    command: tuple[str, ...] | None = key(
        "Command that asks it to stop, in place of the signal; `UDAEMON_PID` in its environment is the daemon's "
        "process. Where it fails, the signal is sent after all.",
        Command(),
        example="redis-cli shutdown",
    )
    timeout: float = key("After this long the whole process tree is killed.", Duration(), default=10.0, example="30s")
    kill_tree: bool = key(
        "Kill what the daemon's process leaves behind when it ends.", Flag(), default=True, example=False
    )
