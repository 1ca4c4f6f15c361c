"""Calls a Python callable with an event, in a process of its own: what a hook that names one is executed as.

Knows nothing of who waits for it. The event comes as JSON on standard input, and is handed on as a dict.
"""

from __future__ import annotations

import importlib
import json
import sys
from functools import reduce
from typing import Any

PROGRAM = "from udaemon.engines.hooks.call import main; main()"


def main() -> None:
    """Call what the first argument names; the second is the directory of the manifest, where its modules are."""
    name, directory = sys.argv[1:3]
    sys.path.insert(0, directory)
    module, _, path = name.partition(":")
    event = json.load(sys.stdin)
    found: Any = reduce(getattr, path.split("."), importlib.import_module(module))
    found(event)
