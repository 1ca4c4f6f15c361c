"""The zygote's own process: it imports once what its daemons share, and forks on request until the parent has gone.

Knows nothing of daemons. It makes no decision of its own: whatever makes it unfit for forking it reports to its parent,
who ends it and starts another. While it imports, the two take turns: it says how far it has come and waits to be asked
for forks or told to go on, so that no request lies unheard behind a slow import.
"""

from __future__ import annotations

import errno
import gc
import importlib
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from udaemon.child.dispositions import block_signals, clean_signals, survive_signals
from udaemon.child.fresh import watch_for_crashes
from udaemon.child.lifeline import Lifeline
from udaemon.child.streams import take_standard_streams
from udaemon.child.title import set_title
from udaemon.engines.zygote.fork_batch import fork_batch
from udaemon.engines.zygote.free_blocks import take_free_blocks
from udaemon.engines.zygote.load import Loaded, Loader, Spoiled
from udaemon.engines.zygote.pickling import unpack
from udaemon.engines.zygote.sharing import Root, Sharing
from udaemon.engines.zygote.sources import Sources
from udaemon.engines.zygote.spare_child import Prepare, SpareChild, fork_spare
from udaemon.engines.zygote.wire import Truncated, answer, receive_request
from udaemon.system.threads import is_alone

_MAIN = "__main__"
_MOST_TOLD = 100
"""Modules of a root that the parent hears of; all of them are told by `check -v`."""


class Setup(NamedTuple):
    """The first request: where to be, and what to import from where.

    `env` is the whole environment; `path` goes before the rest of `sys.path`; `own` modules are trusted to import well,
    what daemons begin with (`roots`) is other people's; `left_out` are modules that are not to be imported here, each
    with the reason; `program` is what `program.py` describes, where the processes are of one; `warm_up` is called
    before the first fork, and with `again` when all is imported; `oom_score` is what children get, None for ours;
    `spare` prepares a child that is forked before it is asked for. With it come descriptors for stdout and stderr, and
    those that all children have in common: first of these the read end of a pipe that ends when the parent does.
    """

    env: Mapping[str, str]
    cwd: str
    path: tuple[str, ...]
    own: tuple[str, ...]
    roots: tuple[Root, ...] = ()
    left_out: Mapping[str, str] | None = None
    program: Mapping[str, Any] | None = None
    warm_up: Callable[..., object] = dict  # does nothing
    oom_score: int | None = None
    spare: Prepare | None = None


def serve(fd: int) -> None:
    """Run as a zygote for the parent at the other end of socket `fd`."""
    gc.disable()  # while importing; a child enables it for itself
    sys.dont_write_bytecode = True  # matched to its source by whole seconds, it could hide an edit made a moment later
    set_title("zygote")
    survive_signals()
    channel = socket.socket(fileno=fd)
    channel.set_inheritable(False)  # a module may start programs at import
    try:
        _serve(channel)
    except (BrokenPipeError, ConnectionResetError):  # the parent has ended, and has not read all
        os._exit(0)


def _serve(channel: socket.socket) -> None:
    first = receive_request(channel)
    if first is None:
        return
    setup: Setup = unpack(first[0])
    stdout, stderr, *common = first[0].fds
    Lifeline(common[0]).signal_at_end(signal.SIGKILL)  # whatever this process does then
    try:
        _prepare(setup, stdout, stderr)
    except OSError as error:  # the next one is executed, and that fails with the same in its parent's words
        answer(channel, {"spoiled": None, "why": f"{setup.cwd}: {error.strerror}"})
        raise
    server = _Server(channel, common, setup.oom_score)
    for name in setup.own:
        importlib.import_module(name)
    setup.warm_up()
    try:
        server.load(setup)
    except Spoiled as spoiled:
        answer(channel, {"spoiled": spoiled.module, "why": spoiled.why})
        return
    survive_signals()  # a module may have given one a handler; a daemon has none of these
    gc.collect()
    setup.warm_up(again=True)
    # From here on they wait for ever. Handled ones nest on the small stack that the watch for crashes has for handlers
    # (sigaltstack(2)), and a few that come at once are more than that holds.
    block_signals()
    clean_signals()
    take_free_blocks()
    gc.freeze()  # or the first collection in a child writes to, and so copies, every page of ours
    while True:
        server.take_turn()
        if setup.spare is not None:
            server.keep_spare(setup.spare)


class _Server:
    """The zygote's side of the talk."""

    def __init__(self, channel: socket.socket, common: Sequence[int], oom_score: int | None) -> None:
        self._channel = channel
        self._oom_score = oom_score
        self._common = common
        self._sources = Sources()
        self._spare: SpareChild | None = None
        self._asked = self._asked_for_one = False

    def keep_spare(self, prepare: Prepare) -> None:
        """Have a child in reserve once one was asked for alone after others, as when one has died: more may follow."""
        if self._asked_for_one and self._spare is None:
            self._asked_for_one = False
            self._spare = fork_spare(self._common, self._oom_score, prepare)
            if self._spare is not None:
                answer(self._channel, {"spare": self._spare.pid})

    def load(self, setup: Setup) -> None:
        """Import what is shared; fork in between those who have all they need."""
        answer(self._channel, {"reading": True})
        sharing = Sharing(setup.roots, sys.path, left_out=setup.left_out)
        bare = [number for number, root in enumerate(setup.roots) if sharing.patches_the_world(root)]
        if bare:
            answer(self._channel, {"bare": bare})
        loader = Loader(sharing, setup.roots, self._say)
        failed: dict[str, str] = {}
        left = len(setup.roots)
        for step in loader.steps():
            left -= len(step.roots)
            failed |= step.failed
            if left:
                self._pause(step)
        failed |= self._load_program(setup)
        for number, root in enumerate(setup.roots):
            answer(self._channel, {"root": number, **_told(sharing, root)})
        self._sources.note()
        answer(self._channel, {"ready": True, "failed": failed})

    def _load_program(self, setup: Setup) -> dict[str, str]:
        """Import the main module. Returns it with the reason if that failed."""
        if setup.program is None or _MAIN in (setup.left_out or ()):
            return {}
        from udaemon.engines.zygote.program import be_of  # what it loads is nothing for daemons

        self._say(_MAIN, [])
        why = be_of(setup.program)
        if not is_alone():
            raise Spoiled(_MAIN, "it started a thread at import")
        return {} if why is None else {_MAIN: why}

    def _say(self, module: str, roots: list[int]) -> None:
        answer(self._channel, {"importing": module, "for": roots})

    def _pause(self, step: Loaded) -> None:
        """Let the parent ask for forks until it says to go on."""
        self._sources.note()
        answer(self._channel, {"loaded": step.roots})
        while self.take_turn():
            pass

    def take_turn(self) -> bool:
        """Answer one request. Returns False for the one to go on."""
        try:
            request = receive_request(self._channel)
        except Truncated:
            answer(self._channel, {"refused": errno.EMFILE})
            return True
        if request is None:
            os._exit(0)
        if not request:
            return False
        if (file := self._sources.changed()) is not None:
            reply: dict[str, object] = {"stale": file}
        elif not is_alone():
            reply = {"spoiled": None, "why": "a thread was started after the imports"}
        else:
            spare = None
            if len(request) == 1:
                spare, self._spare = self._spare, None
                self._asked_for_one = self._asked
            self._asked = True
            reply = {"forked": fork_batch(request, self._common, self._oom_score, spare)}
        # Before the answer: the parent may ask at once whether the locks among these are free. In no `finally`: whoever
        # was forked leaves through here with them.
        for fd in [fd for part in request for fd in part.fds]:
            os.close(fd)
        answer(self._channel, reply)
        return True


def _told(sharing: Sharing, root: Root) -> dict[str, object]:
    """What daemons of a root share and what not, short enough for an answer."""
    unshared = sharing.unshared(root)
    return {
        "shared": len(sharing.shared(root)),
        "own": [[one.module, one.reason.line, one.reason.text] for one in unshared[:_MOST_TOLD]],
        "unshared": len(unshared),
    }


def _prepare(setup: Setup, *output: int) -> None:
    """Take the place of one that was executed for this, wherever this process comes from."""
    for number, fd in enumerate(output, start=1):
        os.dup2(fd, number)
        os.close(fd)
    take_standard_streams()
    watch_for_crashes()
    os.chdir(setup.cwd)
    for name in os.environ.keys() - setup.env.keys():
        del os.environ[name]
    os.environ.update(setup.env)
    time.tzset()  # the C library may have read TZ before
    sys.path[:0] = [entry for entry in setup.path if entry not in sys.path]
