"""From files to a manifest. The only file here that touches the disk.

Knows nothing of how problems are shown. `load` raises once, with all of them.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable, Mapping, Sequence

from attrs import field, frozen

from udaemon.errors import Problem
from udaemon.manifest.checks import check_manifest, check_root, check_tables
from udaemon.manifest.complete import Setting, complete
from udaemon.manifest.document import Document, parse
from udaemon.manifest.find import STDIN, find
from udaemon.manifest.interpolate import interpolate
from udaemon.manifest.locate import has_errors, locate
from udaemon.manifest.merge import with_levels
from udaemon.manifest.model import Manifest
from udaemon.manifest.problems import BadManifest, Finding, Path
from udaemon.manifest.structure import structure

_LARGEST = 4 * 1024**2
"""Bytes; 500 daemons take a fiftieth of it."""


@frozen(kw_only=True)
class Examined:
    """What came of reading: the manifest unless there are errors, every problem, the text of every file."""

    manifest: Manifest | None
    problems: tuple[Problem, ...]
    documents: tuple[Document, ...] = field(repr=False)

    @property
    def sources(self) -> dict[str, str]:
        """The text of each file."""
        return {document.file: document.text for document in self.documents}

    def locate(self, findings: Iterable[Finding]) -> tuple[Problem, ...]:
        """Give places to what was found later."""
        return locate(findings, self.documents)


def load(
    paths: Sequence[str] | None = None,
    *,
    environ: Mapping[str, str],
    cwd: str | None = None,
    project: str | None = None,
    context: str | None = None,
) -> Manifest:
    """Read the manifest and check it.

    Args:
        paths: What `-f` named; without, it is looked for (`find`).
        environ: The environment, for `${VAR}`, `UDAEMON_FILE` and the XDG directories.
        cwd: Where to look and where relative `paths` start; default the working directory.
        project: Stands above the manifest's own `project`.
        context: Stands above the manifest's own `context`; "" for none.

    Raises:
        UdaemonError: There is no manifest, or two in one directory.
        BadManifest: It has errors; all of them are in it.
    """
    examined = examine(paths, environ=environ, cwd=cwd, project=project, context=context)
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
) -> Examined:
    """Read as `load` does, but give back what is wrong; warnings too."""
    file = find(tuple(paths or ()), environ, cwd or os.getcwd())[-1]
    document = _read_document(file)
    directory = os.path.realpath(cwd or os.getcwd()) if file == STDIN else os.path.dirname(os.path.realpath(file))
    setting = Setting(
        file=file if file == STDIN else os.path.realpath(file),
        directory=directory,
        environ=environ,
        project=project,
        context=context,
    )
    manifest, findings = _build(document, setting)
    problems = locate(findings, (document,))
    if has_errors(problems):
        manifest = None
    return Examined(manifest=manifest, problems=problems, documents=(document,))


def _build(document: Document, setting: Setting) -> tuple[Manifest | None, list[Finding]]:
    findings = list(document.findings)
    if findings and not document.data:  # nothing was understood, and nothing is to be said about what is missing
        return None, findings
    data = document.data
    if "$" in document.text:
        data, missing = interpolate(data, _variables(setting, findings))
        findings += missing
    top = {name: value for name, value in data.items() if not name.startswith("x-")}
    findings += check_tables({"daemons": {}, **top})
    root, wrong = structure(with_levels(top))
    findings += wrong
    if root is None:
        return None, findings
    findings += check_root(root, top)
    manifest = complete(root, top, setting, _EnvFiles(findings))
    return manifest, findings + list(check_manifest(manifest))


def _read_document(file: str) -> Document:
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
    return parse(file, text, toml=not file.endswith((".yaml", ".yml")))


def _bytes(file: str) -> bytes | Finding:
    if file == STDIN:
        raw = sys.stdin.buffer.read(_LARGEST + 1)
    else:
        # O_NONBLOCK: opening a FIFO must not wait for someone to write into it.
        with open(os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as stream:
            status = os.fstat(stream.fileno())
            if not stat.S_ISREG(status.st_mode):
                return Finding("unreadable", "is no regular file", file=file)
            if os.geteuid() == 0 and _others_may_write(status):
                hint = "chown it to root and take the write permission of group and others"
                return Finding("unsafe", "root runs no manifest that others may write", hint, file=file)
            raw = stream.read(_LARGEST + 1)
    if len(raw) > _LARGEST:
        return Finding("too-big", f"is larger than {_LARGEST // 1024**2} MiB", file=file)
    return raw


def _others_may_write(status: os.stat_result) -> bool:
    by_group = bool(status.st_mode & stat.S_IWGRP) and status.st_gid != 0
    return status.st_uid != 0 or by_group or bool(status.st_mode & stat.S_IWOTH)


def _variables(setting: Setting, findings: list[Finding]) -> dict[str, str]:
    """Tell what `${VAR}` can name: the environment, over `.env` beside the manifest."""
    beside = os.path.join(setting.directory, ".env")
    if not os.path.lexists(beside):
        return dict(setting.environ)
    values, trouble = _dotenv(beside)
    if trouble:
        findings.append(Finding("env-file", f".env {trouble}", at_key=True))
    return {**values, **setting.environ}


class _EnvFiles:
    """Reads each env-file once, and notes for its key what cannot be read."""

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = findings
        self.known: dict[str, tuple[dict[str, str], str | None]] = {}

    def __call__(self, file: str, path: Path) -> Mapping[str, str]:
        if file not in self.known:
            self.known[file] = _dotenv(file)
        values, trouble = self.known[file]
        if trouble:
            self.findings.append(Finding("env-file", f"{os.path.basename(file)} {trouble}", None, path))
        return values


def _dotenv(file: str) -> tuple[dict[str, str], str | None]:
    from dotenv.parser import parse_stream  # pulls in logging; most manifests have no env-file

    try:
        with open(os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), encoding="utf-8") as stream:
            if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                return {}, "is no regular file"
            bindings = list(parse_stream(stream))
    except OSError as error:
        return {}, f"cannot be read: {error.strerror}"
    except UnicodeDecodeError:
        return {}, "is not UTF-8"
    broken = next((binding for binding in bindings if binding.error), None)
    if broken is not None:
        return {}, f"is wrong in line {broken.original.line}"
    return {binding.key: binding.value or "" for binding in bindings if binding.key}, None
