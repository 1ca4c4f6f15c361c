"""Files of variables: `.env`, which serves `${VAR}`, and those that `env-file` names.

Knows no key. Beside `read.py` the only file here that touches the disk; what is wrong is noted as a finding.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Mapping
from functools import cache

from udaemon.manifest.complete import Setting
from udaemon.manifest.problems import Finding, Path


def variables(setting: Setting, findings: list[Finding]) -> Callable[[], Mapping[str, str]]:
    """Tell what `${VAR}` can name: the environment, over `.env` beside the manifest; read when first asked for."""

    @cache
    def known() -> Mapping[str, str]:
        beside = os.path.join(setting.directory, ".env")
        if not os.path.lexists(beside):
            return setting.environ
        values, trouble = _dotenv(beside)
        if trouble:
            findings.append(Finding("env-file", f".env {trouble}", at_key=True))
        return {**values, **setting.environ}

    return known


class EnvFiles:
    """Reads each env-file once, and notes for its key what cannot be read."""

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = findings
        self.known: dict[str, tuple[dict[str, str], str | None]] = {}

    def __call__(self, file: str, path: Path) -> Mapping[str, str]:
        """Tell the variables of a file that the key at `path` names."""
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
            status = os.fstat(stream.fileno())
            if not stat.S_ISREG(status.st_mode):
                return {}, "is no regular file"
            if os.geteuid() == 0 and others_may_write(status):  # a variable can name a library to load
                return {}, "may be written by others than root"
            bindings = list(parse_stream(stream))
    except OSError as error:
        return {}, f"cannot be read: {error.strerror}"
    except UnicodeDecodeError:
        return {}, "is not UTF-8"
    broken = next((binding for binding in bindings if binding.error), None)
    if broken is not None:
        return {}, f"is wrong in line {broken.original.line}"
    return {binding.key: binding.value or "" for binding in bindings if binding.key}, None


def others_may_write(status: os.stat_result) -> bool:
    """Whether someone who is not root may change a file."""
    by_group = bool(status.st_mode & stat.S_IWGRP) and status.st_gid != 0
    return status.st_uid != 0 or by_group or bool(status.st_mode & stat.S_IWOTH)
