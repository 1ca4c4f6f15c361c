"""The ini reader on whatever bytes: an answer each time, after a bounded number of steps."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from udaemon.migrate.ustream import read
from udaemon.migrate.ustream.scanner import Scanner
from udaemon.migrate.ustream.tokens import Kind

SYNTAX = st.lists(
    st.sampled_from(
        [bytes([byte]) for byte in b"a=[]\"'$\\{}|&^~!(); \t\n\r#1.:-\x00\xff"]
        + [b"yes", b"null", b"E_ALL", b"${X}", b"sleep=", b"\nb=1\n", b"don't", b"$\n"]
    ),
    max_size=60,
).map(b"".join)
FILES = st.binary(max_size=200) | SYNTAX


@given(FILES, st.sampled_from(["5", "8", "auto"]))
def test_any_bytes_give_an_answer(data: bytes, php: str) -> None:
    result = read(data, constants={"E_ALL": "32767"}, environ={"X": "y"}, php=php)  # type: ignore[arg-type]
    assert result.ok is (result.values is not None)
    assert result.ok is (result.reason is None) is (result.line is None)
    lines = data.count(b"\n") + data.count(b"\r") + 1
    assert all(0 <= note.line <= lines for note in result.notes)


@given(FILES)
def test_every_token_is_a_step_forward(data: bytes) -> None:
    scanner = Scanner(data, php5=False)
    tokens = [scanner.next()]
    while tokens[-1].kind is not Kind.END:
        tokens.append(scanner.next())
        assert tokens[-1].start >= tokens[-2].end
    assert len(tokens) <= 2 * len(data) + 2


@given(st.dictionaries(st.from_regex(r"\A[a-z][a-z-]{3,12}x\Z"), st.text("abc \\/.-_;=|'${}"), max_size=5))
def test_a_quoted_value_comes_back(values: dict[str, str]) -> None:
    lines = [
        f'{key}="{value.replace(chr(92), 2 * chr(92)).replace("$", chr(92) + "$")}"\n' for key, value in values.items()
    ]
    assert read("".join(lines).encode()).values == values


@pytest.mark.parametrize(
    "unit",
    [
        b"[x]a=\0",
        b"a=''",
        b"a=x'",
        b'a="',
        b"a=$\\",
        b"(",
        b"~",
        b"a=1|",
        b" \t",
        b";",
        b"a[$\\",
        b"k:v\n",
        b"\0",
        b"a=",
    ],
)
def test_a_large_file_of_one_kind_of_trouble_is_read_through(unit: bytes) -> None:
    data = unit * (100_000 // len(unit))
    assert read(data).encoding == "utf-8"
    assert read(b"a=" + data + b"\n").encoding == "utf-8"
