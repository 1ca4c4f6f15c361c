"""A file that a verb writes, as a whole or not at all: who reads it meanwhile sees the old one or the new one.

Knows nothing of what is in it.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress

from udaemon.errors import UdaemonError
from udaemon.system import oserror


def write_file(path: str, text: str, *, over: bool) -> None:
    """Put a file with this text there; a device or a pipe that is there gets the text and stays what it is.

    Args:
        path: Where; its directory exists.
        text: What shall be in it.
        over: Whether it takes the place of another.

    Raises:
        FileExistsError: There is one, and it is not to be written over.
        UdaemonError: It cannot be written.
    """
    directory, name = os.path.split(os.path.abspath(path))
    temporary = None
    try:
        if os.path.exists(path) and not (os.path.isfile(path) or os.path.isdir(path)):
            with open(path, "wb") as special:
                special.write(text.encode("utf-8", "replace"))
            return
        with tempfile.NamedTemporaryFile(dir=directory, prefix=f".{name[:50]}.", delete=False) as file:
            temporary = file.name
            file.write(text.encode("utf-8", "replace"))
            os.fchmod(file.fileno(), 0o644)
        (os.replace if over else os.link)(temporary, path)
    except FileExistsError:
        raise
    except OSError as error:
        raise UdaemonError(f"{path} cannot be written: {oserror.reason(error)}") from error
    finally:
        if temporary is not None:
            with suppress(FileNotFoundError):
                os.unlink(temporary)
