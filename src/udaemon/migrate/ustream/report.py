"""The report of an import: each file, each surprise with its line, what is still to do.

Knows nothing of where it is shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from udaemon.migrate.ustream.plan import Imported
from udaemon.migrate.ustream.result import Note, Result
from udaemon.units import counted

# Reported once for all files: what hardly differs from file to file would hide what does.
_SHARED = frozenset({"php-ini-limit", "php-ini-guess", "default-path", "no-such-key"})


def as_data(
    imports: Sequence[Imported], output: str | None, directory: str, general: Sequence[Note] = ()
) -> dict[str, Any]:
    """The report as plain data; `general` is about the import as a whole."""
    return {
        "version": 1,
        "directory": directory,
        "output": output,
        "imported": sum(one.result.ok for one in imports),
        "broken": sum(not one.result.ok for one in imports),
        "notes": [{"code": note.code, "text": note.text} for note in general],
        "files": [
            {
                "file": one.file,
                "ok": one.result.ok,
                "line": one.result.line,
                "reason": one.result.reason,
                "php": one.result.php,
                "encoding": one.result.encoding,
                "daemon": one.name if one.result.ok else None,
                "todo": list(one.todo),
                "notes": [note._asdict() for note in one.notes],
            }
            for one in imports
        ],
    }


def shown(file: str, result: Result) -> dict[str, Any]:
    """One file as PHP reads it, as plain data."""
    return {
        "file": file,
        "ok": result.ok,
        "line": result.line,
        "reason": result.reason,
        "encoding": result.encoding,
        "values": result.values,
        "notes": [note._asdict() for note in result.notes],
    }


def as_text(imports: Sequence[Imported], output: str | None, directory: str, general: Sequence[Note] = ()) -> str:
    """The report for a person: places that a terminal can open, then what many files share, then sums."""
    lines = [line for one in imports for line in _file(one, directory)]
    shared: dict[str, list[str]] = {}
    for one in imports:
        for note in one.notes:
            if note.code in _SHARED:
                shared.setdefault(f"{note.code}: {note.text}", []).append(one.file)
    if shared:
        lines += ["", "in several files"]
        lines += [f"  {text}: {', '.join(files)}" for text, files in shared.items()]
    if general:
        lines += ["", "in all files", *(f"  {note.code}: {note.text}" for note in general)]
    imported, broken = sum(one.result.ok for one in imports), sum(not one.result.ok for one in imports)
    todo = [f"{one.name}.{key}" for one in imports for key in one.todo]
    lines += ["", f"{imported} of {counted(len(imports), 'file')} imported" + (f" into {output}" if output else "")]
    if broken:
        names = ", ".join(one.file for one in imports if not one.result.ok)
        lines.append(f"{broken} refused by PHP: {names}")
    if todo:
        lines.append(f"{len(todo)} still to do: {', '.join(todo)}")
    return "\n".join(lines) + "\n"


def _file(one: Imported, directory: str) -> Iterator[str]:
    notes = [note for note in one.notes if note.code not in _SHARED]
    count = counted(len(notes), "note") if notes else "nothing to note"
    if one.result.ok:
        yield f"{one.file} -> {one.name}: {count}"
    else:
        yield f"{one.file}: refused by PHP at line {one.result.line} ({one.result.reason})"
    for note in notes:
        place = f"{directory}/{one.file}" + (f":{note.line}" if note.line else "")
        yield f"  {place}: {note.code}: {note.text}"
