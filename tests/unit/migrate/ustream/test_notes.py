"""What a person is told about a file that PHP reads otherwise than the eye."""

from __future__ import annotations

import pytest

from udaemon.migrate.ustream import read

CASES = {
    "lone apostrophe": (
        b"sleep=1\nlog-dir=don't\nmin-sleep=2\n; c\nfactory=A::c\n",
        (
            2,
            "cut-short",
            (
                'a lone \' ends the file for PHP: `log-dir` is "don", and 2 lines below are lost: '
                "`min-sleep=2`, `factory=A::c`"
            ),
        ),
    ),
    "two apostrophes": (
        b"log-dir=Bob's\nsleep=2\ncommon-log=Al's\n",
        (1, "apostrophes", "the text between the two ', 2 line ends included, joins the value without them"),
    ),
    "arithmetic": (b"log-dir=~/x\n", (1, "arithmetic", 'PHP calculates: `~/x` is "-1"; quotes would keep the text')),
    "keyword": (b"\nsleep=no\n", (2, "keyword", '`no` is "" to PHP')),
    "constant": (b"log-dir=ROOT\n", (1, "constant", '`ROOT` is a constant of PHP: "/srv"')),
    "unknown word": (
        b"log-dir=LOGS\n",
        (1, "all-caps", "`LOGS` is kept as text; if PHP defines a constant of that name, its value was used"),
    ),
    "hash key": (
        b"#sleep=1\n",
        (1, "hash-key", "a line that starts with `#` is no comment to PHP 7 and later: `#sleep` is a key"),
    ),
    "hash in value": (b"sleep=5 # s\n", (1, "hash-value", 'a `#` in a value starts no comment: the value is "5 # s"')),
    "semicolon": (
        b"sleep=10;s\n",
        (1, "semicolon", 'a `;` starts a comment without a blank before it: the value is "10"'),
    ),
    "colon": (b"sleep: 5\n", (1, "colon", "`sleep: 5` has no `=`: PHP ignores the line")),
    "bare key": (b"verbose\n", (1, "no-value", "`verbose` has no `=`: PHP ignores it")),
    "bare key at the end": (b"a\nverbose", (2, "no-value", "`verbose` has no `=`: PHP ignores it")),
    "wrong case": (
        b"Sleep=1\n",
        (1, "unknown-key", "the library does not know `Sleep` and ignores it; did you mean `sleep`?"),
    ),
    "underscore": (
        b"min_sleep=1\n",
        (1, "unknown-key", "the library does not know `min_sleep` and ignores it; did you mean `min-sleep`?"),
    ),
    "stranger": (b"wibble=1\n", (1, "unknown-key", "the library does not know `wibble` and ignores it")),
    "no effect": (b"id=x\n", (1, "no-effect", "the library ignores `id` in an ini file")),
    "repeated": (b"sleep=1\nsleep=2\n", (2, "repeated-key", "`sleep` again: it replaces the value of line 1")),
    "section": (
        b"[a]\nsleep=1\n",
        (1, "sections", "section names mean nothing to the library: the keys of all sections are one list"),
    ),
    "override": (
        b"sleep=1\n[b]\nsleep=2\n",
        (3, "section-override", "`sleep` in section [b] replaces the value of line 1"),
    ),
    "array": (b"factory=A\nfactory[]=B\n", (2, "array-replaced", "`factory` replaces the value of line 1")),
    "variable": (b"log-dir=${HOME}/x\n", (1, "variable", '`${HOME}` is "/home/u" from the environment')),
    "undefined": (b"log-dir=${X}/x\n", (1, "undefined-variable", "`${X}` is not set: PHP puts nothing there")),
    "dollar": (
        b"log-dir=US$\nsleep\n",
        (1, "dollar-at-line-end", 'a `$` takes the line end into the value: `log-dir` is "US$\\nsleep"'),
    ),
    "dollar and semicolon": (
        b"log-dir=a$;b\n",
        (1, "dollar", "a `$` takes the `;` behind it into the value as text"),
    ),
    "blanks around quotes": (b'log-dir=a "b" c\n', (1, "quote-joined", 'the blanks around "b" vanish')),
    "quotes over lines": (b'log-dir="a\nb"\n', (1, "many-lines", 'the quoted value goes over lines: "a\\nb"')),
    "empty apostrophes": (
        b"log-dir=''x\n",
        (1, "rest-ignored", "the value is \"\"; `''x` behind it is ignored"),
    ),
    "form feed": (
        b"log-dir=1\x0c\n",
        (1, "invisible", '`log-dir` = "1\\x0c" has a character that cannot be seen'),
    ),
    "latin-1": (
        b"log-dir=\xf1\n",
        (0, "encoding", "the values are no UTF-8; they are read as Latin-1, a character a byte"),
    ),
    "nul": (
        b"log-dir=/var/log/x\0y\n",
        (0, "nul", "the file has NUL bytes; in a bare value one ends the value"),
    ),
}
REFUSALS = {
    b"a=1\nlog-dir=a (b)\n": (2, "a `(` behind text is a calculation to PHP; put the whole value in quotes"),
    b"a=1\nb='x\n": (2, "a ' is never closed"),
    b'a=1\nb="x\nc=2\n': (2, 'a `"` is never closed'),
    b"[a\nb=1\n": (1, "a `[` is never closed"),
    b"a=${}\n": (1, "no name in `${…}`"),
    b"a=(1\n": (1, "the line ends inside a calculation, or a `(` is not closed; put the whole value in quotes"),
    b"Hello!\n": (1, "PHP does not expect '!' in a key; text of your own needs a `;` before it"),
    b"a=host=b\n": (1, "an `=` inside a value; put the whole value in quotes"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_surprise_is_told(name: str) -> None:
    data, expected = CASES[name]
    result = read(data, constants={"ROOT": "/srv"}, environ={"HOME": "/home/u"})
    assert expected in [tuple(note) for note in result.notes]


@pytest.mark.parametrize("data", REFUSALS)
def test_a_refusal_is_explained_at_the_line_that_causes_it(data: bytes) -> None:
    line, why = REFUSALS[data]
    note = read(data).notes[0]
    assert (note.line, note.code) == (line, "refused")
    assert note.text.startswith(f"PHP refuses the whole file: {why}: `")


def test_a_plain_file_has_no_notes() -> None:
    data = b"; mail\nfactory=Acme\\Mail::create\nsleep = 0.5 ; half\nlog-dir='/var/log'\n# old\n-----\n"
    assert read(data).notes == ()


def test_notes_are_by_line_and_a_key_is_unknown_once() -> None:
    result = read(b"[x]\nhosts[]=a\nhosts[]=b\nsleep=yes\n")
    assert [(note.line, note.code) for note in result.notes] == [
        (1, "sections"),
        (2, "unknown-key"),
        (4, "keyword"),
    ]


def test_the_line_of_a_key_is_where_its_value_stands() -> None:
    assert read(b"a=1\n\nb=2\na=3\n").lines == {"a": 4, "b": 3}
