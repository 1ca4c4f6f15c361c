"""Finds the files of modules without importing anything: not the module, and none of the packages it lies in.

Knows nothing of what is in them. `importlib.util.find_spec` of a dotted name imports its parents, and so runs them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Sequence
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from typing import NamedTuple

_PACKAGES = frozenset({"site-packages", "dist-packages"})
_OWN = "udaemon"


class Found(NamedTuple):
    """Where a module is.

    Attributes:
        library: It is of the standard library or was installed.
        file: Its source, None where it has none.
        places: Where its submodules are, None for one that is no package.
        closed: Why nothing is known of what its import does, None where its source tells.
    """

    library: bool = False
    file: str | None = None
    places: tuple[str, ...] | None = None
    closed: str | None = None


class Finder:
    """Looks for modules as an import would.

    Args:
        path: What `sys.path` is where they will be imported.
        own: Top-level packages that are the project's also where they are installed: the daemons' own modules.
    """

    def __init__(self, path: Sequence[str], own: Collection[str] = ()) -> None:
        self._path = list(path)
        self._own = frozenset(own) - sys.stdlib_module_names - {_OWN}
        library = os.path.dirname(os.__file__)
        self._libraries = tuple({library + os.sep, os.path.realpath(library) + os.sep})
        self._found: dict[str, Found | None] = {}

    def find(self, name: str) -> Found | None:
        """Find a module, None where there is none of that name."""
        if name not in self._found:
            self._found[name] = self._find(name)
        return self._found[name]

    def _find(self, name: str) -> Found | None:
        parent, _, _ = name.rpartition(".")
        if not parent:
            return self._of(name, _spec(name, None, self._path))
        package = self.find(parent)
        if package is None or package.library or package.closed:
            return package
        if package.places is None:
            return None
        return self._of(name, _spec(name, package.places, self._path))

    def _of(self, name: str, spec: ModuleSpec | None) -> Found | None:
        if spec is None:
            return None
        top = name.partition(".")[0]
        places = None if spec.submodule_search_locations is None else _places(spec)
        if spec.origin in {"built-in", "frozen"} or top == _OWN:
            return Found(library=True)
        if spec.origin is None:  # a directory without __init__.py: each of its modules counts for itself
            return Found(library=all(map(self._is_installed, places or ())) and top not in self._own, places=places)
        installed = self._is_installed(spec.origin)
        if installed and top not in self._own:
            return Found(library=True)
        if not installed and top in sys.stdlib_module_names:
            return Found(closed="takes the place of one of the standard library")
        if not isinstance(spec.loader, SourceFileLoader):
            return Found(closed="has no source file")
        return Found(file=spec.origin, places=places)

    def _is_installed(self, place: str) -> bool:
        return not _PACKAGES.isdisjoint(place.split(os.sep)) or place.startswith(self._libraries)


def _spec(name: str, places: Sequence[str] | None, path: Sequence[str]) -> ModuleSpec | None:
    """Ask each finder, as an import does: an editable install may have one of its own."""
    for finder in sys.meta_path:
        where = path if finder is PathFinder and places is None else places
        try:
            spec = finder.find_spec(name, where)
        except KeyError:  # a directory without __init__.py, in a package that is not loaded
            tail = name.rpartition(".")[2]
            spec = ModuleSpec(name, None, is_package=True)
            spec.submodule_search_locations = [
                inner for place in places or () if os.path.isdir(inner := os.path.join(place, tail))
            ]
        except Exception:  # noqa: BLE001 - somebody's finder, which is not made for this
            spec = None
        if spec is not None:
            return spec
    return None


def _places(spec: ModuleSpec) -> tuple[str, ...]:
    """Where the submodules of a package are. To iterate over those of a namespace may look for its parent."""
    return tuple(getattr(spec.submodule_search_locations, "_path", spec.submodule_search_locations) or ())
