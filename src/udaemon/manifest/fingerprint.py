"""A short text that is the same for two manifests that say the same, and another when they differ.

Knows nothing of what changed. Secrets cannot be read out of it. Two manifests that differ are taken for the same once
in four thousand million times, which for a hint to the operator is enough: a longer hash would cost the supervisor a
crypto library.
"""

from __future__ import annotations

from binascii import crc32

from udaemon.manifest.model import Manifest

_last: tuple[Manifest, str] | None = None
"""Made once: of a thousand daemons it takes as long as a hundred starts, and each client asks for it."""


def fingerprint(manifest: Manifest) -> str:
    """Return a short text that differs for manifests that differ."""
    global _last  # noqa: PLW0603 - manifests never change, and a process has one at a time
    if _last is None or _last[0] is not manifest:
        _last = manifest, _made(manifest)
    return _last[1]


def _made(manifest: Manifest) -> str:
    text = repr(manifest).encode("utf-8", "backslashreplace")
    return f"{len(text):x}-{crc32(text):08x}"
