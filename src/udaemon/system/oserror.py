"""What the system refused, in words: the C library's, and the name by which a manual has it where that helps.

Knows nothing of what was tried; who tried says that before.
"""

from __future__ import annotations

import errno


def reason(error: OSError) -> str:
    """As "No space left on device", for a line in which the rest says enough."""
    return error.strerror or str(error)


def named_reason(error: OSError) -> str:
    """As "No space left on device (ENOSPC)", for what somebody will search for."""
    return f"{reason(error)} ({name(error)})"


def name(error: OSError) -> str:
    """As "ENOSPC"; the number where it has no name, ? where there is none."""
    return "?" if error.errno is None else errno.errorcode.get(error.errno, str(error.errno))
