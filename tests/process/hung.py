"""A file system that does not answer, as one on NFS whose server has gone: FUSE, and nobody serves it.

Knows nothing of udaemon. Where the kernel or the user's rights do not allow it, the test that wants one is skipped.
"""

from __future__ import annotations

import ctypes
import os
import select
import struct
from pathlib import Path

import pytest

_DEVICE = "/dev/fuse"
_MNT_DETACH = 2
_INIT = 26
_HEADER = struct.Struct("=IIQQIIII")  # fuse_in_header
_REPLY = struct.Struct("=IiQ")  # fuse_out_header
_MOST = 1 << 17


class HungMount:
    """Covers a directory. Whoever looks into it waits, and can be killed until `swallow` has taken his request."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self._libc = ctypes.CDLL(None, use_errno=True)
        try:
            self._fd = os.open(_DEVICE, os.O_RDWR | os.O_CLOEXEC)
        except OSError as error:
            pytest.skip(f"{_DEVICE}: {error.strerror}")
        options = f"fd={self._fd},rootmode=40000,user_id={os.getuid()},group_id={os.getgid()}"
        if self._libc.mount(b"hung", os.fsencode(place), b"fuse.hung", 0, options.encode()) != 0:
            os.close(self._fd)
            pytest.skip(f"mount: {os.strerror(ctypes.get_errno())}")
        unique, opcode = self._take()
        assert opcode == _INIT
        said = struct.pack("=IIIIHHIIHHI7I", 7, 31, 0, 0, 12, 9, 4096, 1, 0, 0, 0, *[0] * 7)
        os.write(self._fd, _REPLY.pack(_REPLY.size + len(said), 0, unique) + said)

    def asked(self, timeout: float = 20.0) -> None:
        """Wait until somebody waits for an answer."""
        assert select.select([self._fd], [], [], timeout)[0], "nobody has looked into it"

    def swallow(self) -> None:
        """Take a request and never answer it: who made it cannot even be killed (D state)."""
        self.asked()
        self._take()

    def refuse(self, number: int) -> None:
        """Answer a request after all, with an error."""
        self.asked()
        unique, _ = self._take()
        os.write(self._fd, _REPLY.pack(_REPLY.size, -number, unique))

    def close(self) -> None:
        """Have all that wait go on with an error, and uncover the directory."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
            self._libc.umount2(os.fsencode(self.place), _MNT_DETACH)

    def _take(self) -> tuple[int, int]:
        _, opcode, unique, *_ = _HEADER.unpack_from(os.read(self._fd, _MOST))
        return unique, opcode
