"""Where one log pipe goes: the file, and how its lines are written there.

Knows no manifest and no daemon. The logger loads this module, and `typing` alone would double its start: a plain class.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

PLAIN, JSON, LEGACY = "plain", "json", "legacy"
"""How lines stand in a file: the words of the manifest."""


class LogTarget:
    """Where the bytes of one pipe go. Never changed once made.

    Args:
        path: The log file, absolute.
        name: The daemon, named in JSON lines.
        instance: Number of the copy that writes to the pipe.
        tagged: Several copies share the file, so that each line says which one wrote it.
        format: `PLAIN`, `JSON` or `LEGACY`.
        timestamps: Each line begins with the time it was captured. Legacy lines always do.
        max_size: Bytes at which the file is rotated, None for never.
        max_age: Seconds after which the file is rotated, None for never.
        backups: Rotated files to keep.
        compress: Compress rotated files.
        mode: Permissions that the file is to have, None for those that it gets or has.
        drop: While the file cannot be written and the buffer is full, drop lines; else block the writer.
        ready: A pattern of the line that says that the process is ready; empty for none.
        health: A pattern of the lines that say that it is well; empty for none.
        healthy_for: Seconds for which one of those is enough.
    """

    __slots__ = (
        "backups",
        "compress",
        "drop",
        "format",
        "health",
        "healthy_for",
        "instance",
        "max_age",
        "max_size",
        "mode",
        "name",
        "path",
        "ready",
        "tagged",
        "timestamps",
    )

    def __init__(
        self,
        *,
        path: str,
        name: str = "",
        instance: int = 0,
        tagged: bool = False,
        format: str = PLAIN,
        timestamps: bool = True,
        max_size: int | None = None,
        max_age: float | None = None,
        backups: int = 5,
        compress: bool = False,
        drop: bool = False,
        mode: int | None = None,
        ready: str = "",
        health: str = "",
        healthy_for: float = 0.0,
    ) -> None:
        self.path = path
        self.name = name
        self.instance = instance
        self.tagged = tagged
        self.format = format
        self.timestamps = timestamps
        self.max_size = max_size
        self.max_age = max_age
        self.backups = backups
        self.compress = compress
        self.drop = drop
        self.mode = mode
        self.ready = ready
        self.health = health
        self.healthy_for = healthy_for

    def fields(self) -> list[str]:
        """The target as texts, for the wire."""
        return [
            self.path,
            self.name,
            str(self.instance),
            "1" if self.tagged else "",
            self.format,
            "1" if self.timestamps else "",
            "" if self.max_size is None else str(self.max_size),
            "" if self.max_age is None else repr(self.max_age),
            str(self.backups),
            "1" if self.compress else "",
            "1" if self.drop else "",
            "" if self.mode is None else str(self.mode),
            self.ready,
            self.health,
            repr(self.healthy_for),
        ]

    @classmethod
    def from_fields(cls, fields: Sequence[str]) -> LogTarget:
        """The target that `fields` was made of."""
        path, name, instance, tagged, form, timestamps, max_size, max_age, backups, compress, drop, *later = fields
        mode, ready, health, healthy_for = later or ("", "", "", "0")  # an older udaemon knew nothing of these
        return cls(
            path=path,
            name=name,
            instance=int(instance),
            tagged=bool(tagged),
            format=form,
            timestamps=bool(timestamps),
            max_size=int(max_size) if max_size else None,
            max_age=float(max_age) if max_age else None,
            backups=int(backups),
            compress=bool(compress),
            drop=bool(drop),
            mode=int(mode) if mode else None,
            ready=ready,
            health=health,
            healthy_for=float(healthy_for),
        )
