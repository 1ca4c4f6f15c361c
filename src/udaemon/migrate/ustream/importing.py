"""A directory of ini files, given as names and bytes, becomes daemons.

Knows nothing of the disk and of how a manifest is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import evolve

from udaemon.migrate.ustream.convert import convert, marks
from udaemon.migrate.ustream.names import daemon_name
from udaemon.migrate.ustream.plan import Imported, Settings, Wishes
from udaemon.migrate.ustream.reader import Php, read
from udaemon.migrate.ustream.result import Note, Result


def import_files(
    files: Mapping[str, bytes],
    wishes: Wishes,
    *,
    constants: Mapping[str, str],
    settings: Settings,
    php: Php,
) -> list[Imported]:
    """Convert each file, in the order of their names.

    Args:
        files: The bytes of each by its name.
        wishes: What the files do not say.
        constants: Constants that PHP would find.
        settings: What `${NAME}` finds.
        php: How to read them.
    """
    imports: list[Imported] = []
    taken: set[str] = set()
    # A name that needs no change is not taken away by one that does.
    for file in sorted(files, key=lambda file: (daemon_name(_identifier(file), ()) != _identifier(file), file)):
        result = read(files[file], constants=constants, environ=settings.found, php=php)
        result = evolve(result, notes=(*result.notes, *guesses(result, settings)))
        kept = marks(name for name in result.variables if settings.of_environ(name))
        marked = read(files[file], constants=constants, environ={**settings.found, **kept}, php=php)
        name = daemon_name(_identifier(file), taken)
        if result.ok:
            taken.add(name)
        imports.append(convert(file, result=result, marked=marked, name=name, wishes=wishes))
    return sorted(imports, key=lambda one: one.file)


def guesses(result: Result, settings: Settings) -> Iterator[Note]:
    """A note for each php.ini setting that a file names and nobody has said."""
    for name, value in result.variables.items():
        if settings.is_guess(name):
            told = f"${{{name}}} is a setting of php.ini, here PHP's own default {value}: name your file by --php-ini"
            yield Note(0, "php-ini-guess", told)


def _identifier(file: str) -> str:
    return file.removesuffix(".ini")
