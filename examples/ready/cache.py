"""A task that says itself whether it is ready, and whether it is well."""

from __future__ import annotations

import os


class Cache:
    """Warm after three runs, and well while there is no file `cold`."""

    def __init__(self) -> None:
        self.entries = 0

    def do_task(self) -> None:
        self.entries += 1
        print(f"{self.entries} entries")

    def ready(self) -> bool:
        return self.entries >= 3

    def health(self) -> None:
        if os.path.exists("cold"):
            raise RuntimeError("somebody left the door open")
