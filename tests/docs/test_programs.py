"""A user's programs, as the guide shows them: the very text of `examples/embedded`, and clean under `mypy --strict`.

`test_pages.py` runs them, as everything else on the page.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.docs.page import steps

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples" / "embedded"
PROGRAMS = {step.file: step.text for step in steps(ROOT / "docs" / "guide" / "embedding.md") if step.file}
CACHE = ROOT / ".mypy_cache" / "programs"
WRONG = {
    "udaemon.run('no task')": 'Argument 1 to "run" has incompatible type "str"',
    "udaemon.run(print, slep=1)": 'Unexpected keyword argument "slep" for "run"',
    "end: int = udaemon.run(print)": 'Incompatible types in assignment (expression has type "End"',
    "udaemon.Runner().run_daemon(1)": 'Argument 1 to "run_daemon" of "Runner" has incompatible type "int"',
    "udaemon.client.connect().instances()[0].stat": '"Instance" has no attribute "stat"',
    "udaemon.client.connect().wait('a', until='done')": 'Argument "until" to "wait" of "Project" has incompatible',
    "udaemon.Nothing": 'Module has no attribute "Nothing"',
}


def mypy(*files: Path) -> tuple[int, list[str]]:
    """What `mypy --strict` says where a user has the package installed: no path leads to its source."""
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "mypy",
            "--strict",
            "--no-pretty",
            f"--cache-dir={CACHE}",
            *(file.name for file in files),
        ],
        cwd=files[0].parent,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.stderr == ""
    return done.returncode, done.stdout.splitlines()


@pytest.mark.parametrize("name", ["embed.py", "declared.py", "ask.py"])
def test_the_guide_and_the_examples_have_the_same_text(name: str) -> None:
    assert PROGRAMS[name] == (EXAMPLES / name).read_text(encoding="utf-8")


@pytest.mark.timeout(240)
def test_a_users_programs_are_clean_under_mypy_strict_and_his_mistakes_are_told(tmp_path: Path) -> None:
    assert shutil.which("mypy", path=Path(sys.executable).parent) is not None
    files = [tmp_path / name for name in (*PROGRAMS, "wrong.py") if name.endswith(".py")]
    for file in files[:-1]:
        file.write_text(PROGRAMS[file.name], encoding="utf-8")
    files[-1].write_text("import udaemon\nimport udaemon.client\n\n" + "\n".join(WRONG) + "\n", encoding="utf-8")

    code, said = mypy(*files)

    errors = [line for line in said if ": error: " in line]
    assert code == 1
    assert [line.partition(":")[0] for line in errors] == ["wrong.py"] * len(WRONG), said
    for line, (number, message) in zip(errors, enumerate(WRONG.values(), 4), strict=True):
        assert line.startswith(f"wrong.py:{number}: error: {message}"), line


def test_the_package_says_that_it_is_typed() -> None:
    import udaemon

    assert udaemon.__file__ is not None
    assert Path(udaemon.__file__).with_name("py.typed").is_file()
