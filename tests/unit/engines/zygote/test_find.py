"""Modules found as an import would find them, and nothing imported."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from udaemon.engines.zygote.find import Finder, Found


@pytest.fixture
def finder(tmp_path: Path) -> Finder:
    """A project with a package, a namespace, a module of the standard library's name, and an installed library."""
    raises = "raise AssertionError('it was imported')\n"
    for name in ("app/__init__.py", "app/jobs.py", "plain.py", "space/inner.py", "site-packages/third/__init__.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(raises)
    (tmp_path / "json.py").write_text(raises)
    (tmp_path / "compiled.pyc").write_bytes(b"")
    return Finder([str(tmp_path), str(tmp_path / "site-packages"), *sys.path])


def test_a_module_of_the_project_has_its_source(finder: Finder, tmp_path: Path) -> None:
    assert finder.find("plain") == Found(file=str(tmp_path / "plain.py"))
    assert finder.find("app") == Found(file=str(tmp_path / "app/__init__.py"), places=(str(tmp_path / "app"),))
    assert finder.find("app.jobs") == Found(file=str(tmp_path / "app/jobs.py"))
    assert "app" not in sys.modules


def test_what_is_installed_is_a_library_whatever_is_asked_for_in_it(finder: Finder) -> None:
    assert finder.find("third") == finder.find("third.not.there") == Found(library=True)
    assert finder.find("sqlite3.dbapi2") == Found(library=True)
    assert finder.find("sys") == finder.find("udaemon.errors") == Found(library=True)


def test_a_library_that_is_the_daemons_own_package_is_the_project_s(tmp_path: Path, finder: Finder) -> None:
    own = Finder([str(tmp_path / "site-packages")], own={"third"}).find("third")
    assert own is not None
    assert (own.library, own.file) == (False, str(tmp_path / "site-packages/third/__init__.py"))
    assert Finder(sys.path, own={"json"}).find("json") == Found(library=True), "nobody owns the standard library"


def test_a_directory_without_init_is_a_namespace(finder: Finder, tmp_path: Path) -> None:
    found = finder.find("space")
    assert found is not None
    assert (found.library, found.file, found.places) == (False, None, (str(tmp_path / "space"),))
    assert finder.find("space.inner") == Found(file=str(tmp_path / "space/inner.py"))


def test_a_module_in_the_place_of_one_of_the_standard_library_is_closed(finder: Finder) -> None:
    assert finder.find("json") == Found(closed="takes the place of one of the standard library")


def test_one_without_source_is_closed(tmp_path: Path, finder: Finder) -> None:
    assert finder.find("compiled") == Found(closed="has no source file")


@pytest.mark.parametrize("name", ["nothing", "app.nothing", "plain.nothing", "nothing.at.all"])
def test_what_is_not_there_is_not_found(finder: Finder, name: str) -> None:
    assert finder.find(name) is None
