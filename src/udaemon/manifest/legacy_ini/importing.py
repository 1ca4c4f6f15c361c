"""A directory of ini files, given as names and bytes, becomes daemons.

Knows nothing of the disk and of how a manifest is written.
"""

from __future__ import annotations

from collections.abc import Mapping

from udaemon.manifest.legacy_ini.convert import convert, marks
from udaemon.manifest.legacy_ini.names import daemon_name
from udaemon.manifest.legacy_ini.plan import Imported, Wishes
from udaemon.manifest.legacy_ini.reader import Php, read


def import_files(
    files: Mapping[str, bytes],
    wishes: Wishes,
    *,
    constants: Mapping[str, str],
    environ: Mapping[str, str],
    php: Php,
) -> list[Imported]:
    """Convert each file, in the order of their names.

    Args:
        files: The bytes of each by its name.
        wishes: What the files do not say.
        constants: Constants that PHP would find.
        environ: What `${NAME}` finds.
        php: How to read them.
    """
    imports: list[Imported] = []
    taken: set[str] = set()
    # A name that needs no change is not taken away by one that does.
    for file in sorted(files, key=lambda file: (daemon_name(_identifier(file), ()) != _identifier(file), file)):
        result = read(files[file], constants=constants, environ=environ, php=php)
        marked = read(files[file], constants=constants, environ={**environ, **marks(result)}, php=php)
        name = daemon_name(_identifier(file), taken)
        if result.ok:
            taken.add(name)
        imports.append(convert(file, result=result, marked=marked, name=name, wishes=wishes))
    return sorted(imports, key=lambda one: one.file)


def _identifier(file: str) -> str:
    return file.removesuffix(".ini")
