"""Problems for GitHub and in SARIF."""

from __future__ import annotations

import json

from udaemon.errors import Problem
from udaemon.manifest.codes import CODES
from udaemon.manifest.pages import code_page
from udaemon.manifest.sarif import as_github, as_sarif

PROBLEM = Problem("bad-name", '"A" is no name', "write a", "project", "/w/a,b.toml", 2, 11)
WARNING = Problem("no-pause", "50%\nof it", None, "", None, None, None, "warning")


def test_github_shows_a_problem_beside_its_line() -> None:
    assert as_github([PROBLEM], "/w") == (
        '::error file=a%2Cb.toml,title=udaemon bad-name,line=2,col=11::project: "A" is no name (write a)\n'
    )


def test_what_a_workflow_command_reads_as_its_own_is_escaped() -> None:
    assert as_github([WARNING], "/w") == "::warning title=udaemon no-pause::50%25%0Aof it\n"


def test_sarif_has_a_rule_for_each_code_and_a_place_for_each_problem() -> None:
    log = json.loads(as_sarif([PROBLEM, WARNING, PROBLEM], "/w"))
    (run,) = log["runs"]
    assert log["version"] == "2.1.0"
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["bad-name", "no-pause"]
    assert run["tool"]["driver"]["rules"][0]["helpUri"] == code_page("bad-name")
    first, second, _ = run["results"]
    assert first == {
        "ruleId": "bad-name",
        "ruleIndex": 0,
        "level": "error",
        "message": {"text": 'project: "A" is no name (write a)'},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "a%2Cb.toml", "uriBaseId": "BASE"},
                    "region": {"startLine": 2, "startColumn": 11},
                }
            }
        ],
    }
    assert (second["level"], "locations" in second) == ("warning", False)


def test_every_code_can_be_a_rule() -> None:
    problems = [Problem(code, "x", None, "", "/elsewhere/f", 1, 1) for code in CODES]
    (run,) = json.loads(as_sarif(problems, "/w"))["runs"]
    assert {rule["id"] for rule in run["tool"]["driver"]["rules"]} == set(CODES)
    assert run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": "file:///elsewhere/f"}
