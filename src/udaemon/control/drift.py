"""Marks in the answer of `ps` that the manifest on disk is not what runs.

Knows nothing of what differs: `diff` has the manifest read for that. The client looks at the files, as that takes as
long as their file system likes.
"""

from __future__ import annotations

from udaemon.manifest.stamps import changed_in_time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def marked(told: dict[str, Any]) -> dict[str, Any]:
    """The answer to a `ps` that asked for `files`, as everybody knows it: `drift` is true where any of them changed."""
    files = told.pop("files", {})
    if files and changed_in_time({name: (time, size) for name, (time, size) in files.items()}):
        for instance in told["instances"]:
            instance["drift"] = True
    return told


def marked_text(data: bytes) -> bytes | None:
    """The same for an answer that nobody parses; None for one in which a path has to be unquoted."""
    begin, _, rest = data.partition(b'{"files":{')
    listed, separator, rest = rest.partition(b'},"version":')
    if begin or not separator or b"\\" in listed:
        return None
    files = {}
    for entry in listed.split(b',"') if listed else ():
        name, _, numbers = entry.strip(b'"').rpartition(b'":[')
        time, size = numbers.rstrip(b"]").split(b",")
        files[name.decode()] = (int(time), int(size))
    told = b'{"version":' + rest
    return told.replace(b'"drift":false', b'"drift":true') if changed_in_time(files) else told
