"""What the daemons of a zygote share: from their modules on to all that these import, read and not run.

Knows no process. The look at a text is `policy.sharing`'s; here its answers are put together over files: a module is
shared when it only defines and all that it imports is shared, a library unless it has been found to do harm.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from udaemon.engines.zygote.find import Finder, Found
from udaemon.policy.sharing.bindings import Origin
from udaemon.policy.sharing.module import LARGEST, examine
from udaemon.policy.sharing.scope import is_standard
from udaemon.policy.sharing.verdict import NOTHING, Import, Reason, Verdict
from udaemon.system import oserror

MOST_MODULES = 3000
MOST_BYTES = 32 * 1024 * 1024
"""Of the project's source; what goes beyond is imported by each daemon for itself."""
PATCHES_THE_WORLD = frozenset({"gevent", "eventlet"})
"""Libraries that replace parts of the standard library: what has been loaded before is not as they want it."""


class Root(NamedTuple):
    """What some daemons begin with: their own modules, and those that the manifest has them preload."""

    modules: tuple[str, ...]
    preload: tuple[str, ...] = ()


class Library(NamedTuple):
    """An import of a library: the module, and what is taken from it, which may be modules too."""

    module: str
    names: tuple[str, ...] = ()


class Unshared(NamedTuple):
    """A module of the project that each daemon imports for itself."""

    module: str
    file: str | None
    reason: Reason


class _Module:
    """A module of the project and what it needs."""

    def __init__(self, name: str, found: Found) -> None:
        self.name = name
        self.found = found
        self.verdict = Verdict()
        self.needs: dict[str, int] = {}
        self.libraries: dict[Library, int] = {}
        self.surely: list[Library] = []
        self.reason: Reason | None = None


class Verdicts:
    """What is known of files, as they were when they were looked at: time and size tell whether they still are."""

    def __init__(self, most: int = MOST_MODULES, most_bytes: int = MOST_BYTES) -> None:
        self._most = most
        self._bytes = most_bytes
        self._known: dict[str, tuple[tuple[int, int], Verdict]] = {}

    def of(self, file: str) -> Verdict:
        """What the import of a file does."""
        try:
            status = os.stat(file)
            stamp = (status.st_mtime_ns, status.st_size)
            known = self._known.get(file)
            if known is not None and known[0] == stamp:
                return known[1]
            if len(self._known) >= self._most or status.st_size > self._bytes:
                return Verdict(impure=Reason(1, "is one of too many modules to look at"))
            descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # it may be a FIFO
            with open(descriptor, "rb") as stream:
                text = stream.read(LARGEST + 1)
        except (OSError, ValueError) as error:
            reason = oserror.reason(error) if isinstance(error, OSError) else error
            return Verdict(impure=Reason(1, f"cannot be read: {reason}"))
        verdict = examine(text)
        self._bytes -= len(text)
        self._known[file] = (stamp, verdict)
        return verdict


class Sharing:
    """The modules of a project, and which of them may be imported once for all.

    Args:
        roots: What daemons begin with.
        path: What `sys.path` is where they will be imported.
        left_out: Modules that must not be imported once, each with the reason; libraries or the project's.
        verdicts: What is known of files already.
    """

    def __init__(
        self,
        roots: Sequence[Root],
        path: Sequence[str],
        *,
        left_out: Mapping[str, str] | None = None,
        verdicts: Verdicts | None = None,
    ) -> None:
        self._verdicts = verdicts or Verdicts()
        self._left_out = left_out or {}
        self._finder = Finder(path, {name.partition(".")[0] for root in roots for name in root.modules})
        self._modules: dict[str, _Module] = {}
        for root in roots:
            self._follow((*root.preload, *root.modules))
        vouched = {module.name for root in roots for module in self._reached(Root((), root.preload))}
        self._vouched = vouched - self._left_out.keys()
        self._unshared = self._judge()

    def patches_the_world(self, root: Root) -> bool:
        """Whether daemons of this root must begin where nothing of theirs has been loaded."""
        return any(
            library.module.partition(".")[0] in PATCHES_THE_WORLD
            for module in self._reached(root)
            for library in module.libraries
        )

    def libraries(self, root: Root) -> Iterator[Library]:
        """What to import of libraries, in the order in which they are met."""
        seen: set[Library] = set()
        for name in (*root.preload, *root.modules):
            if name not in self._modules and name not in self._left_out and self._finder.find(name) is not None:
                seen.add(Library(name))
                yield Library(name)
        for module in self._reached(root):
            for library in module.surely:
                if library not in seen and not self._is_left_out(library):
                    seen.add(library)
                    yield library

    def imports(self, root: Root) -> list[Library]:
        """All that is to be imported once for daemons of this root: libraries first, and none where they begin bare."""
        if self.patches_the_world(root):
            return []
        return [*self.libraries(root), *map(Library, self.shared(root))]

    def shared(self, root: Root) -> list[str]:
        """The project's modules to import, in the order in which they are met."""
        return [module.name for module in self._reached(root) if module.name not in self._unshared]

    def unshared(self, root: Root) -> list[Unshared]:
        """The project's modules that each daemon imports for itself, and why."""
        return [
            Unshared(module.name, module.found.file, self._unshared[module.name])
            for module in self._reached(root)
            if module.name in self._unshared
        ]

    @property
    def kept_out(self) -> frozenset[str]:
        """All modules that must not be there once the imports are done."""
        return frozenset(self._unshared)

    def _follow(self, names: Iterable[str]) -> None:
        waiting = deque(names)
        while waiting:
            name = waiting.popleft()
            if not name or name in self._modules:
                continue
            found = self._finder.find(name)
            if found is None or found.library:
                continue
            module = self._modules[name] = _Module(name, found)
            parent = name.rpartition(".")[0]
            if parent:
                module.needs[parent] = 1
            if found.closed:
                module.reason = Reason(1, found.closed)
            elif found.file is not None:
                module.verdict = self._verdicts.of(found.file)
                for statement in module.verdict.imports:
                    self._import(module, statement)
            waiting += module.needs

    def _import(self, module: _Module, statement: Import) -> None:
        base = _absolute_name(module, statement.level, statement.module)
        found = self._finder.find(base) if base else None
        if found is None:
            if not statement.guarded and module.reason is None:
                module.reason = Reason(statement.line, f"imports {base or '.'}, which is not there")
            return
        if found.library:
            library = Library(base, statement.names)
            module.libraries.setdefault(library, statement.line)
            if statement.sure:
                module.surely.append(library)
            return
        for name in (base, *(f"{base}.{name}" for name in statement.names)):
            inner = self._finder.find(name)
            if inner is not None and not inner.library and name != module.name:
                module.needs.setdefault(name, statement.line)
            elif inner is not None and inner.library:
                module.libraries.setdefault(Library(name), statement.line)
                if statement.sure:
                    module.surely.append(Library(name))

    def _judge(self) -> dict[str, Reason]:
        """Why each module is not shared that is not."""
        unshared = {
            name: reason
            for name, module in self._modules.items()
            if name not in self._vouched and (reason := self._own_reason(module)) is not None
        }
        users: dict[str, list[_Module]] = {}
        for module in self._modules.values():
            for need in module.needs:
                users.setdefault(need, []).append(module)
        waiting = deque(unshared)
        while waiting:
            name = waiting.popleft()
            for user in users.get(name, ()):
                if user.name not in unshared and user.name not in self._vouched:
                    verb = "is in" if user.name.startswith(f"{name}.") else "imports"
                    unshared[user.name] = Reason(user.needs[name], f"{verb} {name}, which is not shared")
                    waiting.append(user.name)
        return unshared

    def _own_reason(self, module: _Module) -> Reason | None:
        if module.name in self._left_out:
            return Reason(1, self._left_out[module.name])
        if module.verdict.impure or module.reason:
            return module.verdict.impure or module.reason
        for library, line in module.libraries.items():
            if self._is_left_out(library):
                return Reason(line, f"imports {library.module}, which is not shared: {self._left_out[library.module]}")
            if library.module.partition(".")[0] in PATCHES_THE_WORLD:
                return Reason(line, f"imports {library.module}, which patches the standard library")
        for condition in module.verdict.conditions:
            if not self._holds(module, condition.origin, base=condition.base):
                return condition.reason
        return None

    def _holds(self, module: _Module, origin: Origin, *, base: bool, hops: int = 10) -> bool:
        """Whether something imported is the project's own, and with `base` a plain class."""
        if origin == NOTHING:
            return not base
        place = _absolute_name(module, origin.level, origin.module)
        parts = ".".join(part for part in (place, origin.name) if part).split(".")
        if parts[0] == "udaemon":
            return True
        split = next((n for n in range(len(parts), 0, -1) if ".".join(parts[:n]) in self._modules), 0)
        if not split:  # handed on by a module of ours
            return hops < 10 and is_standard(parts[0]) and parts[:2] != ["os", "environ"]
        home, rest = self._modules[".".join(parts[:split])], parts[split:]
        if not rest or not hops:  # a module itself, through which all that it has can be reached; or a circle
            return False
        if rest[0] in home.verdict.exports:
            return all(
                self._holds(home, _attribute(one, rest[1:]), base=base, hops=hops - 1)
                for one in home.verdict.exports[rest[0]]
            )
        return not base or (rest[1:] == [] and rest[0] in home.verdict.classes)

    def _is_left_out(self, library: Library) -> bool:
        return library.module in self._left_out

    def _reached(self, root: Root) -> list[_Module]:
        """The project's modules that are imported with a root, each before those that it needs."""
        reached: dict[str, _Module] = {}
        waiting = deque((*root.preload, *root.modules))
        while waiting:
            name = waiting.popleft()
            module = self._modules.get(name)
            if module is not None and name not in reached:
                reached[name] = module
                waiting += module.needs
        return list(reached.values())


def _absolute_name(module: _Module, level: int, name: str) -> str:
    """What a name with leading dots means in this module; empty where it leads out of all packages."""
    if not level:
        return name
    package = module.name if module.found.places is not None else module.name.rpartition(".")[0]
    parts = package.split(".") if package else []
    if level > len(parts):
        return ""
    return ".".join([*parts[: len(parts) - level + 1], *([name] if name else [])])


def _attribute(origin: Origin, rest: Sequence[str]) -> Origin:
    if origin == NOTHING:
        return origin
    return origin._replace(name=".".join(part for part in (origin.name, *rest) if part))
