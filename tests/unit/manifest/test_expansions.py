"""What other systems expand is told where nothing expands it, and what is meant as text is not."""

from __future__ import annotations

import pytest

from udaemon.manifest.build import build
from udaemon.manifest.complete import Setting
from udaemon.manifest.document import parse
from udaemon.manifest.expansions import check_expansions
from udaemon.manifest.problems import Finding


def hints(text: str, key: str = "env.X") -> list[str | None]:
    document = parse("/p/udaemon.toml", f"[daemons.a]\n{key} = '{text}'\n", toml=True)
    return [finding.hint for finding in check_expansions(document.written, document.file)]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("$HOME/x", "write ${HOME}, or $$HOME if it is meant so"),
        ("/usr/bin:$MY_PATH", "write ${MY_PATH}, or $$MY_PATH if it is meant so"),
        ("%(ENV_HOME)s", "write ${HOME}"),
        ("((circus.env.home))", "write ${home}"),
        ("{{ .Env.X }}", "write ${X}"),
        ("~/x", "write ${HOME}/"),
        ("%(program_name)s.sock", "write the daemon's name, or ${UDAEMON_NAME} in command or env"),
        ("%(process_num)02d", "write ${UDAEMON_INSTANCE} in command or env"),
    ],
)
def test_the_form_of_ours_is_told(text: str, hint: str) -> None:
    assert hints(text) == [hint]


@pytest.mark.parametrize(
    "text",
    [
        "$$HOME/x",
        "${HOME}/x",
        "${A:-b}$$C",
        "pa$Word",
        "x$Y",
        "%(message)s",
        "{{ name }}",
        "$(date)",
        "a~/b",
        "100%",
        "$5",
    ],
)
def test_what_may_be_meant_is_not_told(text: str) -> None:
    assert hints(text) == []


def test_a_factory_may_look_for_the_home_directory_itself() -> None:
    assert hints("~/x", "params.x") == []
    assert hints("$HOME/x", "params.x") == ["write ${HOME}, or $$HOME if it is meant so"]


def test_nothing_is_shown_of_what_may_be_a_password() -> None:
    assert hints("$ECRET", "env.DB_PASSWORD") == ["write ${VAR}; $$ for a dollar sign"]


def test_nothing_of_a_file_that_is_no_manifest_is_told() -> None:
    from attrs import evolve

    document = evolve(parse("/etc/x", '[daemons.a]\ncommand = "x"\nenv.X = "%(ENV_A)s"\n', toml=True), own=False)
    findings: list[Finding] = []
    build([document], Setting(file="/p/x", directory="/p", environ={"HOME": "/h"}), lambda _f, _p: {}, findings, ())
    assert findings == []
