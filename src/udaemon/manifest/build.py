"""From parsed documents to a manifest: layer, structure, check, complete.

Touches no disk; what stands in env-files is asked of an argument. Findings are collected, never raised.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from attrs import evolve

from udaemon.manifest.chains import check_chains
from udaemon.manifest.checks import check_lineage, check_manifest, check_profiles, check_root, check_tables
from udaemon.manifest.complete import EnvFile, Setting, complete
from udaemon.manifest.document import Document
from udaemon.manifest.expansions import check_expansions
from udaemon.manifest.hooks import Listeners
from udaemon.manifest.locks import check_locks
from udaemon.manifest.merge import layered, with_levels
from udaemon.manifest.model import Daemon, Manifest
from udaemon.manifest.order import check_order
from udaemon.manifest.problems import Finding
from udaemon.manifest.root import Root
from udaemon.manifest.structure import structure

_MAY_EXPAND = ("$", "%", "~", "((", "{{", "{PC_")
"""A text without any of these has nothing that another system would replace."""
_NOBODY = Listeners()


class Built(NamedTuple):
    """The manifest as far as it is right, None where a file was not understood; and `top`, the same as plain tables."""

    manifest: Manifest | None
    top: Mapping[str, Any]


def build(
    documents: Sequence[Document],
    setting: Setting,
    env_file: EnvFile,
    findings: list[Finding],
    profiles: Collection[str],
) -> Built:
    """Build the manifest of its layers, the lowest first; what is wrong is added to `findings`."""
    findings += [finding for document in documents for finding in document.findings]
    if len(documents) > 1:  # what a later layer hides is wrong all the same
        for document in documents:
            _, wrong = structure(layered([document.data]))
            findings += [finding._replace(file=document.file) for finding in wrong]
    top = layered([document.data for document in documents])
    if any(document.findings and not document.data for document in documents):
        return Built(None, top)  # a file was not understood: nothing is to be said about what is missing
    findings += check_tables({"daemons": {}, **top})
    findings += check_lineage(top)
    root, wrong = structure(with_levels(top))
    findings += wrong
    if not wrong:  # else a daemon that has the profile may have been left out
        findings += check_profiles(root, profiles)
    root = evolve(root, daemons=_chosen(root, profiles))
    whole = _without_wrong(root, wrong)
    findings += check_root(whole, top)
    findings += check_order(root, top)
    findings += check_locks(root)
    findings += check_chains(root, top.get("daemons", {}))
    for document in documents:
        if document.own and any(mark in document.text for mark in _MAY_EXPAND):
            findings += check_expansions(document.written, document.file)
    if whole.on != _NOBODY or any(map(_executes, whole.daemons.values())):
        from udaemon.manifest.shell_syntax import check_commands  # tasks do without

        filled_in = any(document.raw is not None for document in documents)
        findings += check_commands(whole, layered([document.written for document in documents]) if filled_in else top)
    manifest = complete(root, top, setting, env_file)
    findings += check_manifest(manifest)
    return Built(manifest, top)


def _executes(daemon: Daemon) -> bool:
    """Whether it names a command that no shell reads."""
    if (daemon.command and not daemon.shell) or daemon.before_start or daemon.after_stop or daemon.stop.command:
        return True
    return bool(daemon.ready.exec or daemon.health.exec or daemon.on != _NOBODY)


def _without_wrong(root: Root, wrong: Sequence[Finding]) -> Root:
    """Leave out daemons that lack a key because it is wrong: what the rest comes to without it is nobody's mistake."""
    names = {finding.path[1] for finding in wrong if finding.path[:1] == ("daemons",) and len(finding.path) > 1}
    return evolve(root, daemons={name: daemon for name, daemon in root.daemons.items() if name not in names})


def _chosen(root: Root, profiles: Collection[str]) -> dict[str, Daemon]:
    """Leave out daemons of profiles that nobody asked for, and those that are there only to be extended."""
    return {
        name: evolve(daemon, profiles=(), extends=None) if daemon.profiles or daemon.extends else daemon
        for name, daemon in root.daemons.items()
        if (not daemon.profiles or set(daemon.profiles) & set(profiles))
        and (daemon.enabled or daemon.kind != "command" or daemon.command)
    }
