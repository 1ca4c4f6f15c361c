"""What only a shell would understand is told, and what is meant for the program is not."""

from __future__ import annotations

import pytest

from udaemon.manifest.shell_syntax import may_be_program, suspects


@pytest.mark.parametrize(
    ("command", "code", "word"),
    [
        ("cd x && y", "shell-syntax", "cd"),
        ("cd 'a b' && y", "shell-syntax", "cd"),
        ("exec serve", "shell-syntax", "exec"),
        (". venv/bin/activate; serve", "shell-syntax", "."),
        ("ulimit -n 100; serve", "shell-syntax", "ulimit"),
        ("if true; then serve; fi", "shell-syntax", "if"),
        ("( serve; work )", "shell-syntax", "("),
        ("[[ -f x ]] && serve", "shell-syntax", "[["),
        ("FOO=1 serve", "variable-in-command", "FOO=…"),
        ("FOO='a b' BAR=2 serve", "variable-in-command", "FOO=…"),
        ("PATH+=:/x serve", "variable-in-command", "PATH=…"),
        ("FOO=${BAR} serve", "variable-in-command", "FOO=…"),
        ("$HOME/bin/serve", "shell-syntax", "$HOME"),
        ("$(which serve) --port 80", "shell-syntax", "$("),
        ("`which serve`", "shell-syntax", "`"),
        ("work; serve", "shell-syntax", ";"),
        ("work|serve", "shell-syntax", "|"),
        ("serve&", "shell-syntax", "&"),
        (">log serve", "shell-syntax", ">"),
        (["cd", "x"], "shell-syntax", "cd"),
        (["FOO=1", "serve"], "variable-in-command", "FOO=…"),
        (["$HOME/serve"], "shell-syntax", "$HOME"),
    ],
)
def test_a_first_word_that_is_no_program_is_an_error(command: object, code: str, word: str) -> None:
    (told,) = suspects(command)
    assert (told.code, told.severity) == (code, "error")
    assert word in told.message.split()


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("work && serve", ["&&"]),
        ("work ||serve", ["||"]),
        ("serve | tee x", ["|"]),
        ("serve |& tee x", ["|&"]),
        ("serve a; work", [";"]),
        ("serve ; work", [";"]),
        ("serve > x 2>&1", [">"]),
        ("serve >>x", [">>x"]),
        ("serve 2>/dev/null", ["2>/dev/null"]),
        ("serve &> x", ["&>"]),
        ("serve < x", ["<"]),
        ("serve <<EOF", ["<<EOF"]),
        ("serve &", ["&"]),
        ("serve x&", ["&"]),
        ("serve a* b", ["a*"]),
        ("serve jobs/*.json", ["jobs/*.json"]),
        ("serve $PORT $HOST", ["$PORT"]),
        ("serve --port=$PORT", ["$PORT"]),
        ("serve a$PORT *.html || x", ["$PORT", "*.html", "||"]),
        ("serve ~/www", ["~/"]),
        ("serve $(date)", ["$(…"]),
        ("serve `date`", ["`…"]),
    ],
)
def test_what_the_program_would_get_as_it_stands_is_a_warning(command: str, words: list[str]) -> None:
    told = list(suspects(command))
    assert [one.message.split()[4] for one in told] == words
    assert {one.severity for one in told} == {"warning"}


@pytest.mark.parametrize(
    "command",
    [
        "sh -c 'a && b | c > d; $X `y` *'",
        'sh -c "a && b | c > d; $X `y` *"',
        "psql -c 'select * from x'",
        r"psql -c select\ *\ from\ x",
        "grep a\\|b\\$ x",
        "find . -name *.py -exec rm {} ;",
        r"find . -exec rm {} \;",
        "celery -A app worker -Q mail*",
        "listen *:80",
        "listen *",
        "cron 0 * * * *",
        "curl http://x/?a=1&b=2",
        "curl http://x/a;b",
        "mail <me@example.org>",
        "pip install x>=1 y<2",
        "echo ${A} ${B:-a|b} $$HOME",
        "${SERVE} --port 80",
        "echo 100$ a$",
        "./FOO=1 serve",
        "env FOO=1 serve",
        "time serve",
        "test a = b",
        "python -c print(1)",
        "setpriv --reuid=1 serve",
        "cdrecord x",
        "a\n&b",
        "",
        ["sh", "-c", "a && b > $X"],
        ["find", ".", "-exec", "rm", "{}", ";"],
        ["expr", "1", "|", "0", "&"],
        ["a;b"],
        [],
        7,
    ],
)
def test_what_is_meant_for_the_program_is_not_told(command: object) -> None:
    assert list(suspects(command)) == []


def test_no_value_is_repeated() -> None:
    (told,) = suspects("PASSWORD=hunter2 serve")
    assert "hunter2" not in told.message + told.hint


def test_what_is_told_here_is_not_looked_for_in_path() -> None:
    assert [may_be_program(word) for word in ("cd", "FOO=1", "a;", "$X", "serve", "./a=b")] == [False] * 4 + [True] * 2
