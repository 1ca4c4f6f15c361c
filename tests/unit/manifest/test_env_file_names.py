"""The key `env-file`: a path, or a table that says whether the file may be missing."""

from __future__ import annotations

import pytest

from udaemon.manifest.env_file_names import EnvFileEntry, EnvFileName
from udaemon.manifest.problems import Wrong


@pytest.mark.parametrize(
    ("value", "read", "written"),
    [
        ("a.env", EnvFileName("a.env"), "a.env"),
        ({"path": "a.env"}, EnvFileName("a.env"), "a.env"),
        ({"path": "a.env", "required": True}, EnvFileName("a.env"), "a.env"),
        (
            {"required": False, "path": "a.env"},
            EnvFileName("a.env", required=False),
            {"path": "a.env", "required": False},
        ),
    ],
)
def test_each_form_is_read_and_written_as_short_as_may_be(value: object, read: EnvFileName, written: object) -> None:
    entry = EnvFileEntry()
    assert entry.parse(value) == read
    assert entry.dump(read) == written


@pytest.mark.parametrize(
    ("value", "code"), [(5, "wrong-type"), (["a.env"], "wrong-type"), ("", "bad-path"), ({}, "no-value")]
)
def test_what_names_no_file_is_told(value: object, code: str) -> None:
    with pytest.raises(Wrong) as caught:
        EnvFileEntry().parse(value)
    assert caught.value.code == code


def test_all_that_is_wrong_in_a_table_is_told_at_once() -> None:
    with pytest.raises(ExceptionGroup) as caught:
        EnvFileEntry().parse({"pth": "a", "required": "no", "other": 1})
    wrongs = [one for one in caught.value.exceptions if isinstance(one, Wrong)]
    assert [(one.code, one.path) for one in wrongs] == [
        ("unknown-key", ("pth",)),
        ("wrong-type", ("required",)),
        ("unknown-key", ("other",)),
    ]
    assert wrongs[0].hint == "did you mean path?"
