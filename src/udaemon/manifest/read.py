"""From files to a manifest. Beside `env_files.py` the only file here that touches the disk.

Knows nothing of how problems are shown. `load` raises once, with all of them.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from glob import glob, has_magic
from typing import Any

from attrs import evolve, field, frozen

from udaemon.errors import Problem
from udaemon.manifest.build import build
from udaemon.manifest.complete import Setting
from udaemon.manifest.document import MOST, Document, parse, too_big, weight
from udaemon.manifest.env_files import EnvFiles, others_may_write, variables
from udaemon.manifest.find import STDIN, find
from udaemon.manifest.interpolate import interpolate
from udaemon.manifest.locate import has_errors, in_order, locate
from udaemon.manifest.model import Manifest
from udaemon.manifest.problems import BadManifest, Finding, Path

_LARGEST = 4 * 1024**2
"""Bytes; 500 daemons take a fiftieth of it."""

_MOST_INCLUDED = 1000
"""Names and patterns in `include`, and files that they give."""


@frozen(kw_only=True)
class Examined:
    """What came of reading: the manifest as far as it is right, every problem, the layers (the lowest first)."""

    understood: Manifest | None
    problems: tuple[Problem, ...]
    documents: tuple[Document, ...] = field(repr=False)
    top: Mapping[str, Any] = field(repr=False)

    @property
    def manifest(self) -> Manifest | None:
        """The manifest unless there are errors."""
        return None if has_errors(self.problems) else self.understood

    @property
    def sources(self) -> dict[str, str]:
        """The text of each file."""
        return {document.file: document.text for document in self.documents}

    def with_more(self, findings: Iterable[Finding]) -> Examined:
        """Add what was found later."""
        later = locate(findings, self.documents, self.top)
        return evolve(self, problems=in_order((*self.problems, *later), self.documents))


def load(
    paths: Sequence[str] | None = None,
    *,
    environ: Mapping[str, str],
    cwd: str | None = None,
    project: str | None = None,
    context: str | None = None,
    profiles: Collection[str] = (),
) -> Manifest:
    """Read the manifest and check it.

    Args:
        paths: What `-f` named, later ones over earlier ones; without, it is looked for (`find`).
        environ: The environment, for `${VAR}`, `UDAEMON_FILE` and the XDG directories.
        cwd: Where to look and where relative `paths` start; default the working directory.
        project: Stands above the manifest's own `project`.
        context: Stands above the manifest's own `context`; "" for none.
        profiles: Daemons that belong to profiles are left out but for these.

    Raises:
        UdaemonError: There is no manifest, or two in one directory.
        BadManifest: It has errors; all of them are in it.
    """
    examined = examine(paths, environ=environ, cwd=cwd, project=project, context=context, profiles=profiles)
    if examined.manifest is None:
        raise BadManifest(examined.problems, examined.sources)
    return examined.manifest


def examine(
    paths: Sequence[str] | None = None,
    *,
    environ: Mapping[str, str],
    cwd: str | None = None,
    project: str | None = None,
    context: str | None = None,
    profiles: Collection[str] = (),
) -> Examined:
    """Read as `load` does, but give back what is wrong; warnings too."""
    files = find(tuple(paths or ()), environ, cwd or os.getcwd())
    first = os.path.realpath(cwd or os.getcwd()) if files[0] == STDIN else os.path.realpath(files[0])
    setting = Setting(
        file=STDIN if files[0] == STDIN else first,
        directory=first if files[0] == STDIN else os.path.dirname(first),
        environ=environ,
        project=project,
        context=context,
    )
    findings: list[Finding] = []
    documents = tuple(_Reading(variables(setting, findings), setting.directory).layers(files))
    built = build(documents, setting, EnvFiles(findings), findings, profiles)
    problems = locate(findings, documents, built.top)
    return Examined(understood=built.manifest, problems=problems, documents=documents, top=built.top)


class _Reading:
    """Reads the files of a manifest, each with what it includes below it."""

    def __init__(self, variables: Callable[[], Mapping[str, str]], directory: str) -> None:
        self.variables = variables
        self.directory = directory
        self.open: list[str] = []
        self.room = MOST
        self.included_left = _MOST_INCLUDED

    def layers(self, files: Iterable[str]) -> Iterator[Document]:
        for file in files:
            yield from self.with_included(self.read(file))

    def read(self, file: str) -> Document:
        """Read one file; all of them together may have no more in them than one."""
        if not self.room:
            return too_big(file, "", alone=False)
        document = _read_document(file, self.room)
        self.room = max(0, self.room - weight(document.text))
        return document

    def with_included(self, document: Document) -> Iterator[Document]:
        document = self.interpolated(document)
        wanted = document.data.get("include")
        patterns = [wanted] if isinstance(wanted, str) else wanted if isinstance(wanted, list) else []
        wrong: list[Finding] = []
        self.open.append(os.path.realpath(document.file))
        for at, pattern in enumerate(patterns):
            if isinstance(pattern, str):
                path = ("include",) if isinstance(wanted, str) else ("include", at)
                files = self.included(pattern, document, path, wrong)
                self.included_left -= 1 + len(files)
                if self.included_left < 0:
                    message = f"more than {_MOST_INCLUDED} files are included"
                    wrong.append(Finding("too-big", message, None, path, file=document.file))
                    break
                for file in files:
                    yield from self.with_included(self.read(file))
        self.open.pop()
        yield evolve(document, findings=(*document.findings, *wrong)) if wrong else document

    def interpolated(self, document: Document) -> Document:
        if "$" not in document.text or not document.data:
            return document
        data, missing = interpolate(document.data, self.variables())
        told = [finding._replace(file=document.file) for finding in missing]
        return evolve(document, data=data, raw=document.data, findings=(*document.findings, *told))

    def included(self, pattern: str, document: Document, path: Path, wrong: list[Finding]) -> list[str]:
        """Find the files of a pattern, which starts at the file that has it."""
        start = self.directory if document.file == STDIN else os.path.dirname(document.file)
        whole = os.path.join(start, pattern)
        files = sorted(glob(whole)) if has_magic(whole) else [whole]
        for file in files:
            if os.path.realpath(file) in self.open:
                names = " → ".join(os.path.basename(name) for name in [*self.open, file])
                wrong.append(Finding("include-cycle", f"includes itself: {names}", None, path, file=document.file))
            elif not os.path.exists(file):
                wrong.append(Finding("unreadable", f"there is no file {pattern}", None, path, file=document.file))
            else:
                continue
            files = [other for other in files if other != file]
        return files


def _read_document(file: str, room: int) -> Document:
    try:
        raw = _bytes(file)
    except OSError as error:
        finding = Finding("unreadable", f"cannot be read: {error.strerror}", file=file)
        return Document(file, "", {}, (finding,))
    if isinstance(raw, Finding):
        return Document(file, "", {}, (raw,))
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode()
        place = before.count("\n") + 1, len(before) - before.rfind("\n")
        finding = Finding("encoding", "is not UTF-8 from here on", "save the file as UTF-8", file=file, place=place)
        return Document(file, raw.decode(errors="replace"), {}, (finding,))
    if file == STDIN:
        return _of_either_format(file, text, room)
    return parse(file, text, toml=not file.endswith((".yaml", ".yml", ".json")), room=room)


def _of_either_format(file: str, text: str, room: int) -> Document:
    """Parse what nothing says the format of: it is that in which more of it can be read."""
    toml = parse(file, text, toml=True, room=room)
    if not toml.findings or toml.data:
        return toml
    yaml = parse(file, text, toml=False, room=room)
    if not yaml.findings or yaml.data:
        return yaml
    return max(toml, yaml, key=lambda document: document.findings[0].place or (0, 0))


def _bytes(file: str) -> bytes | Finding:
    if file == STDIN:
        raw = sys.stdin.buffer.read(_LARGEST + 1)
    else:
        # O_NONBLOCK: opening a FIFO must not wait for someone to write into it.
        with open(os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as stream:
            status = os.fstat(stream.fileno())
            if not stat.S_ISREG(status.st_mode):
                return Finding("unreadable", "is no regular file", file=file)
            if os.geteuid() == 0 and others_may_write(status):
                hint = "chown it to root and take the write permission of group and others"
                return Finding("unsafe", "root runs no manifest that others may write", hint, file=file)
            raw = stream.read(_LARGEST + 1)
    if len(raw) > _LARGEST:
        return Finding("too-big", f"is larger than {_LARGEST // 1024**2} MiB", file=file)
    return raw
