"""Files that somebody made up: whatever stands in them, they are read or refused at a place, and soon.

`UDAEMON_FUZZ_SECONDS=60` goes on for a minute each, `UDAEMON_FUZZ_SEED=N` elsewhere.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from tests.fuzz.readers import corpus, files, ini_files, judge, load, manifests

from udaemon.manifest.env_file_names import EnvFileName
from udaemon.manifest.env_files import EnvFiles
from udaemon.manifest.interpolate import replace
from udaemon.manifest.problems import Finding, Wrong
from udaemon.manifest.read import examine
from udaemon.migrate.ustream.emit import emit
from udaemon.migrate.ustream.importing import import_files
from udaemon.migrate.ustream.plan import Settings, Wishes


@pytest.mark.parametrize("kind", ["toml", "yaml"])
def test_any_manifest_is_right_or_told_what_is_wrong(kind: str) -> None:
    fed = 0
    for data in files(manifests(kind)):
        load(data, toml=kind == "toml")
        fed += 1
    assert fed > 100


def test_any_text_has_its_references_replaced_or_refused() -> None:
    for data in files(corpus("text")):
        text = data.decode(errors="replace")
        assert replace(text.replace("$", "$$"), {}) == text
        with contextlib.suppress(Wrong):
            replace(text, {"HOME": "/h"})


def test_any_file_of_variables_is_read_or_refused_at_its_line(tmp_path: Path) -> None:
    file = tmp_path / "made.env"
    for data in files(corpus("env")):
        file.write_bytes(data)
        findings: list[Finding] = []
        for name in EnvFiles(findings)(EnvFileName(str(file)), ("env-file",)):
            assert name, data
            assert name.isascii(), data
            assert not {"=", "\0"} & set(name), data
        lines = data.count(b"\n") + data.count(b"\r") + 1
        assert all(finding.place is None or 1 <= finding.place[0] <= lines for finding in findings), data


def test_any_files_that_include_one_another_are_a_manifest_or_told(tmp_path: Path) -> None:
    top = tmp_path / "udaemon.toml"
    (tmp_path / "other.toml").write_bytes(corpus("toml")[0])
    before = (tmp_path / "made.env", tmp_path / "other.toml", tmp_path / "one.yaml", tmp_path / ".env")
    for number, data in enumerate(files([*corpus("toml"), *corpus("env")])):
        before[number % len(before)].write_bytes(data)
        top.write_bytes(data if number % 3 else corpus("toml")[number % 2])
        found = examine([str(top)], environ={"HOME": str(tmp_path)}, cwd=str(tmp_path))
        judge(found.manifest, found.problems, found.sources)


def test_any_ini_file_is_imported_or_refused() -> None:
    for data in files(ini_files()):
        settings = Settings(environ={"HOME": "/h"}, guessed={"memory_limit": "128M"})
        for php in ("5", "8", "auto"):
            one = import_files({"a.ini": data}, Wishes(), constants={"M_E": "2.7"}, settings=settings, php=php)
            for form in ("toml", "yaml"):
                load(emit(one, Wishes(), title="made", form=form).encode(), toml=form == "toml")
