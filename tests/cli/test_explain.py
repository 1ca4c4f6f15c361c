"""`udaemon explain`."""

from __future__ import annotations

import pytest

from udaemon.cli.main import main
from udaemon.manifest.explain import overview


def test_a_key_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "stop.timeout"]) == 0
    assert capsys.readouterr().out == (
        "stop.timeout\n"
        "\n"
        "After this long the whole process tree is killed.\n"
        "\n"
        "  type     duration\n"
        '  default  "10s"\n'
        '  example  stop.timeout = "30s"\n'
        "  since    0.1\n"
        "  more     https://udaemon.readthedocs.io/en/latest/reference/manifest.html#key-stop-timeout\n"
    )


@pytest.mark.parametrize("name", ["daemons.mailer.sleep", "defaults.sleep", "sleep"])
def test_a_key_is_found_as_a_problem_names_it(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", name]) == 0
    assert capsys.readouterr().out.startswith("sleep\n")


def test_what_stands_beside_a_term_keeps_its_column(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["explain", "start-limit"]) == 0
    shown = capsys.readouterr().out.partition("  since")[0]
    assert max(map(len, shown.splitlines())) <= 80
    assert f"\n{' ' * 27}" in shown


def test_words_of_a_choice_are_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "log.on-full"]) == 0
    assert '  "drop"         Lines are dropped, and a mark in the log says how many.\n' in capsys.readouterr().out


def test_a_code_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "bad-umask"]) == 0
    assert capsys.readouterr().out.startswith("bad-umask: an error of the manifest\n")


def test_without_a_word_all_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain"]) == 0
    shown = capsys.readouterr().out
    assert "start-limit.then" in shown
    assert "bad-umask" in shown


def test_what_was_meant_is_guessed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "min_slep"]) == 1
    assert "did you mean min-sleep?" in capsys.readouterr().err


def test_the_list_is_wrapped_on_a_terminal_and_whole_elsewhere(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain"]) == 0
    assert capsys.readouterr().out == overview()
    narrow = overview(width=50)
    assert max(map(len, narrow.splitlines())) <= 50
    assert " ".join(narrow.split()) == " ".join(overview().replace("`", "").split())
