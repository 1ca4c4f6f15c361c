"""From files to a manifest. The disk is touched here, and in what this calls to read a file.

Knows nothing of how problems are shown. `load` raises once, with all of them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from attrs import evolve, field

from udaemon.errors import Problem
from udaemon.frozen import frozen
from udaemon.manifest.build import build
from udaemon.manifest.calendars import Calendars
from udaemon.manifest.complete import Setting
from udaemon.manifest.document import MOST, Document, parse, too_big, weight
from udaemon.manifest.env_files import EnvFiles, variables
from udaemon.manifest.find import STDIN, find
from udaemon.manifest.included import NotIncluded, files_of
from udaemon.manifest.interpolate import interpolate
from udaemon.manifest.locate import has_errors, in_order, locate
from udaemon.manifest.model import Manifest
from udaemon.manifest.paths import absolute
from udaemon.manifest.problems import BadManifest, Finding, Path
from udaemon.manifest.regular import LARGEST, Refused, checked_size, not_utf8, read_regular
from udaemon.manifest.stamps import stamp
from udaemon.system import oserror

_MANIFESTS = (".toml", ".yaml", ".yml", ".json")

_MOST_INCLUDED = 1000
"""Names and patterns in `include`, and files that they give."""
_UNFILLED = frozenset({"missing-variable", "bad-reference"})
"""What is told of a text that could not be filled."""


@frozen(kw_only=True)
class Examined:
    """What came of reading: the manifest as far as it is right, every problem, the layers (the lowest first).

    `absent` are the env-files that are not there and need not be.
    """

    understood: Manifest | None
    problems: tuple[Problem, ...]
    documents: tuple[Document, ...] = field(repr=False)
    top: Mapping[str, Any] = field(repr=False)
    absent: tuple[str, ...] = ()

    @property
    def manifest(self) -> Manifest | None:
        """The manifest unless there are errors."""
        return None if has_errors(self.problems) else self.understood

    def right(self) -> Manifest:
        """The manifest.

        Raises:
            BadManifest: It has errors; all of them are in it.
        """
        if self.manifest is None:
            raise BadManifest(self.problems, self.sources)
        return self.manifest

    @property
    def sources(self) -> dict[str, str]:
        """The text of each file that is a manifest of the project: no line of another one is ever shown."""
        return {document.file: document.text for document in self.documents if document.own}

    def with_more(self, findings: Iterable[Finding]) -> Examined:
        """Add what was found later; of a value that a variable would have had to fill nothing more is known."""
        unfilled = {problem.path for problem in self.problems if problem.code in _UNFILLED}
        later = [one for one in locate(findings, self.documents, self.top) if one.path not in unfilled]
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
    return examine(paths, environ=environ, cwd=cwd, project=project, context=context, profiles=profiles).right()


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
    documents = tuple(_Reading(variables(setting, findings), setting).layers(files))
    env_files = EnvFiles(findings)
    built = build(documents, setting, env_files, findings, profiles)
    calendars = Calendars(findings)
    understood = built.manifest and calendars.fill(built.manifest, built.top)
    problems = locate(findings, documents, built.top)
    if understood is not None:
        beside = os.path.join(setting.directory, ".env")
        names = (*(document.file for document in documents), *env_files.known, *calendars.known, beside)
        understood = evolve(understood, files={name: stamp(name) for name in names if name != STDIN})
    absent = tuple(env_files.absent)
    return Examined(understood=understood, problems=problems, documents=documents, top=built.top, absent=absent)


class _Reading:
    """Reads the files of a manifest, each with what it includes below it."""

    def __init__(self, variables: Callable[[], Mapping[str, str]], setting: Setting) -> None:
        self.variables = variables
        self.directory = setting.directory
        self.environ = setting.environ
        self.named: set[str] = set()
        self.open: list[str] = []
        self.room = MOST
        self.included_left = _MOST_INCLUDED

    def layers(self, files: Collection[str]) -> Iterator[Document]:
        self.named = {os.path.realpath(file) for file in files}
        for file in files:
            yield from self.with_included(self.read(file))

    def read(self, file: str) -> Document:
        """Read one file; all of them together may have no more in them than one."""
        if not self.room:
            return too_big(file, "", alone=False)
        document = evolve(_read_document(file, self.room), own=self.is_own(file))
        self.room = max(0, self.room - weight(document.text))
        return document

    def is_own(self, file: str) -> bool:
        """Whether a file is called as a manifest is, and was named with `-f` or lies in the project's own tree."""
        if file == STDIN:
            return True
        real = os.path.realpath(file)
        if not real.endswith(_MANIFESTS):
            return False
        return real in self.named or real.startswith(os.path.join(os.path.realpath(self.directory), ""))

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
        try:
            files = files_of(pattern, absolute(pattern, start, self.environ))
        except NotIncluded as error:
            wrong.append(Finding("unreadable", str(error), error.hint, path, file=document.file))
            return []
        cyclic = [file for file in files if os.path.realpath(file) in self.open]
        for file in cyclic:
            names = " → ".join(os.path.basename(name) for name in [*self.open, file])
            wrong.append(Finding("include-cycle", f"includes itself: {names}", None, path, file=document.file))
        return [file for file in files if file not in cyclic]


def _read_document(file: str, room: int) -> Document:
    try:
        raw = checked_size(sys.stdin.buffer.read(LARGEST + 1)) if file == STDIN else read_regular(file)
    except OSError as error:
        return Document(file, "", {}, (Finding("unreadable", f"cannot be read: {oserror.reason(error)}", file=file),))
    except Refused as refused:
        finding = Finding(refused.code, refused.message, refused.hint, file=file)
        if refused.code == "unsafe" and refused.hint is None:
            hint = "chown it to root and take the write permission of group and others"
            finding = finding._replace(message="root runs no manifest that others may write", hint=hint)
        return Document(file, "", {}, (finding,))
    if (place := not_utf8(raw)) is not None:
        finding = Finding("encoding", "is not UTF-8 from here on", "save the file as UTF-8", file=file, place=place)
        return Document(file, raw.decode(errors="replace"), {}, (finding,))
    text = raw.decode()
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
