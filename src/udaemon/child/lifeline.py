"""The wish to live no longer than somebody: a pipe that he owns, and whose end everybody sees who has the other end.

Knows nothing of who owns it: the terminal's `up` for its supervisor, the supervisor for its zygotes and daemons. No
thread and no look at a pid: PDEATHSIG would tell of the thread that forked us.
"""

from __future__ import annotations

import fcntl
import os
import select
from typing import Self

from udaemon.system.file_identity import identity
from udaemon.system.procfs import path_of


class Lifeline:
    """The read end of such a pipe, as owner and holders have it.

    Args:
        fd: The read end.
        opened: Device and inode of the pipe, where its processes need not all ask for them.
    """

    def __init__(self, fd: int, opened: tuple[int, int] | None = None) -> None:
        self.fd = fd
        self._opened = opened

    @classmethod
    def own(cls) -> Self:
        """A new one, owned by this process. Nobody closes the write end: that it closes with us is all it is for."""
        fd, _ = os.pipe2(os.O_CLOEXEC)
        return cls(fd)

    @classmethod
    def endless(cls) -> Self:
        """One that nobody owns: whoever has it, has its write end too, and may outlive everybody.

        multiprocessing wants such a descriptor in each process; so there is one where there is nobody to die with.
        """
        read, write = os.pipe2(os.O_CLOEXEC)
        try:
            return cls(os.open(path_of(read), os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC))
        finally:
            os.close(read)
            os.close(write)

    def signal_at_end(self, number: int) -> None:
        """Have the kernel send this process a signal when the owner has gone, also if he had before.

        Our end is replaced by a description of our own, because owner and signal belong to the open file description,
        which a fork shares. It keeps its number, which multiprocessing knows as the sentinel of the parent process.
        """
        if fcntl.fcntl(self.fd, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDWR:
            return  # see `endless`
        if not hasattr(fcntl, "F_SETSIG"):
            import threading  # where there is Linux, nobody needs it here

            threading.Thread(target=self._wait_for_end, args=(number,), daemon=True).start()
            return
        own = os.open(path_of(self.fd), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        fcntl.fcntl(own, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(own, fcntl.F_SETSIG, int(number))
        fcntl.fcntl(own, fcntl.F_SETFL, os.O_NONBLOCK | os.O_ASYNC)
        look = select.poll()  # a read that finds nothing raises, which is ten more pages for each fork to copy
        look.register(self.fd, 0)
        ended = look.poll(0)  # of the description as it came: one opened after the owner had gone shows no hang-up
        os.dup2(own, self.fd, inheritable=False)
        os.close(own)
        if ended:
            os.kill(os.getpid(), number)

    def has_ended(self) -> bool:
        """Whether the owner has gone, asked of our own description. Who has closed it can never know."""
        return (self._opened is None or identity(self.fd) == self._opened) and self._at_end()

    def let_go(self) -> None:
        """Close our end."""
        os.close(self.fd)

    def _at_end(self) -> bool:
        # Not poll: it reports no hang-up on a description that was opened after the last writer had gone.
        try:
            return os.read(self.fd, 1) == b""
        except BlockingIOError:
            return False

    def _wait_for_end(self, number: int) -> None:
        while os.read(self.fd, 1):
            pass
        os.kill(os.getpid(), number)
