"""The floor: the least that an orchestrator can do, and so the fastest that one can be.

Knows no manifest, log, state or command. Imports once, freezes, forks N light daemons, replaces one that dies, and on
SIGTERM stops them all. Run as `python -m benchmarks.floor STAMPS COUNT`.
"""

from __future__ import annotations

import gc
import os
import select
import signal
import sys
import time
from typing import NoReturn

from benchmarks.light import PERIOD, Light


class Floor:
    """The daemons' pidfds, one epoll, nothing else."""

    def __init__(self, stamps: str) -> None:
        self._stamps = stamps
        self._epoll = select.epoll()
        self._alive: dict[int, tuple[int, int]] = {}
        self._wakeup, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(wake)
        signal.signal(signal.SIGTERM, lambda *_: None)
        self._epoll.register(self._wakeup, select.EPOLLIN)

    def start(self, slot: int) -> None:
        """Fork one daemon and watch it."""
        pid = os.fork()
        if pid == 0:
            run(self._stamps, slot)
        pidfd = os.pidfd_open(pid)
        self._alive[pidfd] = (pid, slot)
        self._epoll.register(pidfd, select.EPOLLIN)

    def reap(self, pidfd: int) -> int:
        """Take the exit status of a dead daemon and answer its slot."""
        _, slot = self._alive.pop(pidfd)
        self._epoll.unregister(pidfd)
        os.waitid(os.P_PIDFD, pidfd, os.WEXITED)
        os.close(pidfd)
        return slot

    def serve(self) -> None:
        """Replace what dies until SIGTERM comes."""
        while True:
            for fd, _ in self._epoll.poll():
                if fd == self._wakeup:
                    return
                self.start(self.reap(fd))

    def stop(self) -> None:
        """Signal all, then wait for all."""
        for pidfd in self._alive:
            signal.pidfd_send_signal(pidfd, signal.SIGTERM)
        while self._alive:
            for fd, _ in self._epoll.poll():
                if fd != self._wakeup:
                    self.reap(fd)
                else:
                    os.read(fd, 64)


def run(stamps: str, slot: int) -> NoReturn:
    """Be a daemon: a loop and a default SIGTERM."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    task = Light(stamps, slot)
    while True:
        task.do_task()
        time.sleep(PERIOD)


def main(stamps: str, count: int) -> None:
    """Start `count` daemons, serve, stop."""
    gc.collect()
    gc.freeze()
    floor = Floor(stamps)
    for slot in range(count):
        floor.start(slot)
    floor.serve()
    floor.stop()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
