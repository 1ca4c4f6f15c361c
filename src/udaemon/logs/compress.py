"""Compresses one rotated file in a process of its own, with the lowest claim on the processor.

Knows nothing of backup numbers: the logger gives the finished file its name, because numbers shift meanwhile.
"""

from __future__ import annotations

import os

_PIECE = 256 * 1024


def start(source: int, result: str) -> tuple[int, int]:
    """Begin to write the open file `source`, compressed, to `result`: its name may be another's in a moment.

    Returns:
        The pid, and the read end of a pipe that ends with the process.

    Raises:
        OSError: No process or no pipe to be had.
    """
    read, write = os.pipe()
    try:
        pid = os.fork()
    except OSError:
        os.close(read)
        os.close(write)
        raise
    if pid == 0:
        _child(source, result, write)
    os.close(write)
    return pid, read


def _child(source: int, result: str, write: int) -> None:
    """Never returns. Holds no log pipe and no socket: nobody must wait for it to see their end."""
    code = 1
    try:
        low, high = sorted((source, write))
        os.closerange(0, low)
        os.closerange(low + 1, high)
        os.closerange(high + 1, 65536)
        os.nice(19)
        _compress(source, result)
        code = 0
    finally:
        os._exit(code)


def _compress(source: int, result: str) -> None:
    import zlib  # the logger itself never needs it

    out = os.open(result, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o640)
    os.fchmod(out, os.fstat(source).st_mode & 0o777)  # who may read the one may read the other
    packer = zlib.compressobj(6, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    while piece := os.read(source, _PIECE):
        _write(out, packer.compress(piece))
    _write(out, packer.flush())
    # Followers know a rotated file by its time of change when its inode is a new one.
    changed = os.fstat(source).st_mtime_ns
    os.utime(out, ns=(changed, changed))
    os.fsync(out)


def _write(fd: int, data: bytes) -> None:
    while data:
        data = data[os.write(fd, data) :]
