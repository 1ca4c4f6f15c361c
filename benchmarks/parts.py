"""Copies of udaemon in which one part of the way to a forked daemon is replaced by the plain way of doing it.

Knows nothing of what is measured. A part that stands in the code has to be worth its lines; the copies show what it
saves, in one run with the code as it is.
"""

from __future__ import annotations

import compileall
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import udaemon


class Edit(NamedTuple):
    """One place of the source: a text that stands there once, and what stands in the copy."""

    file: str
    text: str
    instead: str


PLAIN: Mapping[str, Sequence[Edit]] = {
    # `up` executes the supervisor when it has read its arguments.
    "no-young-fork": (Edit("cli/main.py", "_begin_early() if _asks_for_up(sys.argv[1:]) else None", "None"),),
    # The first zygote is executed, as all others are.
    "no-spare-zygote": (
        Edit(
            "service/spawn_supervisor.py",
            "    return prefork_zygote(busy)\n",
            "    return None\n",
        ),
        Edit(
            "service/groundwork.py",
            "if limit is not None:\n            resource.prlimit",
            "if 0:\n            resource.prlimit",
        ),
    ),
    # Each child makes ready for itself what the process between makes ready for all of a batch.
    "no-preparation": (
        Edit(
            "engines/zygote/fork_batch.py",
            "partial(run_child, prepared(request, common, shared), ",
            "partial(run_child, request, ",
        ),
        Edit(
            "engines/zygote/fork_batch.py",
            "os.closerange(first, end)\n    return life\n",
            "os.closerange(first, end)\n    return prepared(life, _common, {**_shared})\n",
        ),
        Edit(
            "engines/zygote/fork_batch.py",
            "    become_intermediate(oom_score)\n",
            "    become_intermediate(oom_score)\n    _common[:] = common\n",
        ),
        Edit(
            "engines/zygote/fork_batch.py",
            "    _kept.append(shared)\n",
            "    _kept.append(shared)\n    _shared.update(shared)\n",
        ),
        Edit("engines/zygote/fork_batch.py", "_kept: list", "_common, _shared = [], {}\n_kept: list"),
    ),
}
"""Each part, and how the copy does without it."""


def copy(source: Path, target: Path, edits: Sequence[Edit] = ()) -> Path:
    """Put a copy of a source tree with these edits into `target`, compiled. Returns what PYTHONPATH has to name.

    Raises:
        ValueError: A text does not stand where it is to be replaced, or more than once.
    """
    package = target / "udaemon"
    shutil.copytree(source, package, ignore=shutil.ignore_patterns("__pycache__"))
    for edit in edits:
        file = package / edit.file
        text = file.read_text()
        if text.count(edit.text) != 1:
            raise ValueError(f"{edit.file} has {edit.text!r} {text.count(edit.text)} times")
        file.write_text(text.replace(edit.text, edit.instead))
    compileall.compile_dir(os.fspath(package), quiet=1)
    return target


def copies(target: Path, beside: Path | None = None) -> dict[str, Path]:
    """A copy of udaemon as it is, and one without each part, or one of another source tree where that is asked for."""
    here = Path(udaemon.__path__[0])
    others = {"beside": (beside, ())} if beside is not None else {name: (here, edits) for name, edits in PLAIN.items()}
    made = {"udaemon": copy(here, target / "udaemon")}
    return made | {name: copy(source, target / name, edits) for name, (source, edits) in others.items()}
