"""How a Python that has no udaemon finds ours: an interpreter or virtual environment that the manifest names.

Knows no daemon. Nothing of ours gets on that Python's search path: the package is put among its modules by the file it
is in, so that a daemon imports what its own environment has and nothing else.
"""

from __future__ import annotations

import os
from functools import cache

LEAST = (3, 11)
"""The oldest Python that ours runs in."""

_ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

_PROGRAM = """\
import sys
if sys.version_info < {least!r}:
    sys.exit("udaemon: {python} is Python %d.%d, and udaemon needs {words} or later" % sys.version_info[:2])
if sys.path[:1] == [""]:
    del sys.path[0]
from importlib.util import module_from_spec
class Ours:
    def find_spec(name, path=None, target=None):
        from importlib.util import spec_from_file_location
        if name in {files!r}:
            at = {files!r}[name]
            return spec_from_file_location(name, at + "/__init__.py", submodule_search_locations=[at])
sys.meta_path.append(Ours)
spec = Ours.find_spec("udaemon")
sys.modules["udaemon"] = module_from_spec(spec)
spec.loader.exec_module(sys.modules["udaemon"])
del Ours, module_from_spec, spec
"""


def program(python: str, then: str) -> str:
    """What another Python is to execute with `-c`: find our package, then do this with it.

    Args:
        python: How it is named to people.
        then: Statements.
    """
    words = ".".join(map(str, LEAST))
    return _PROGRAM.format(least=LEAST, words=words, python=python.replace('"', ""), files=_files()) + then


def resolved(python: str, directory: str) -> str:
    """The interpreter that a manifest names: itself, that of a virtual environment, or one that is on PATH.

    Args:
        python: As the manifest names it; a relative one starts at `directory`.
        directory: The manifest's.
    """
    path = os.path.join(directory, python)
    if os.path.isdir(path):
        return os.path.join(path, "bin", "python")
    if "/" in python:
        return path
    found = (os.path.join(place, python) for place in os.get_exec_path())
    return next((file for file in found if os.path.isfile(file) and os.access(file, os.X_OK)), path)


@cache
def _files() -> dict[str, str]:
    """Our package, and what its parts that run in a daemon take from others; that is used where there is no other."""
    from importlib.util import find_spec

    cronsim = find_spec("cronsim")
    where = [] if cronsim is None else list(cronsim.submodule_search_locations or ())
    return {"udaemon": _ROOT, **({"cronsim": where[0]} if where else {})}
