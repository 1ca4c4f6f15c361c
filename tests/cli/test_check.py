"""`udaemon check` and `udaemon schema`."""

from __future__ import annotations

import json
import os
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]
import pytest

from udaemon.check.imports import check_imports
from udaemon.cli.main import main
from udaemon.manifest.read import load

GOOD = '[daemons.a]\ncommand = "true"\n'


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(text: str, name: str = "udaemon.toml") -> None:
    Path(name).parent.mkdir(exist_ok=True, parents=True)
    Path(name).write_text(text)


def test_a_good_manifest_is_said_to_be_good(capsys: pytest.CaptureFixture[str]) -> None:
    write(GOOD)
    assert main(["check"]) == 0
    assert capsys.readouterr().out == "udaemon.toml: good, 1 daemon\n"


def test_a_wrong_one_exits_1_with_every_problem(capsys: pytest.CaptureFixture[str]) -> None:
    write("[daemons.a]\nslep = 1\n")
    assert main(["check"]) == 1
    assert capsys.readouterr().out == (
        "udaemon.toml:1:10: error[nothing-to-run]: daemons.a: has no factory, task, php or command\n"
        "1 | [daemons.a]\n"
        "  |          ^\n"
        "  = hint: add one of them\n"
        "\n"
        "udaemon.toml:2:1: error[unknown-key]: daemons.a.slep: unknown key\n"
        "2 | slep = 1\n"
        "  | ^^^^\n"
        "  = hint: did you mean sleep?\n"
        "\n"
        "2 errors\n"
    )


def test_files_and_directories_are_manifests_of_their_own(capsys: pytest.CaptureFixture[str]) -> None:
    write(GOOD, "one/udaemon.yaml".replace("yaml", "toml"))
    write("daemons: {b: {command: 'true'}, c: {command: 'false'}}", "two.yaml")
    assert main(["check", "one", "two.yaml"]) == 0
    assert capsys.readouterr().out == "one/udaemon.toml: good, 1 daemon\ntwo.yaml: good, 2 daemons\n"


def test_f_named_files_are_layers_of_one_manifest(capsys: pytest.CaptureFixture[str]) -> None:
    write("[daemons.a]\nrestart = 'never'\n[daemons.dev]\ncommand = 'true'\nprofiles = 'dev'", "one.toml")
    write("daemons: {a: {command: 'true'}}", "two.yaml")
    assert main(["-f", "one.toml", "-f", "two.yaml", "check"]) == 0
    assert main(["-f", "one.toml", "-f", "two.yaml", "--profile", "dev", "check"]) == 0
    assert capsys.readouterr().out == "one.toml: good, 1 daemon\none.toml: good, 2 daemons\n"


def test_an_unreadable_one_exits_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "gone.toml"]) == 2
    assert "cannot be read: No such file or directory" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["", "x"])
def test_a_directory_without_a_manifest_exits_2(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("empty").mkdir()
    assert main(["check", "empty"]) == 2
    assert "empty has no manifest" in capsys.readouterr().err


def test_json_is_a_list(capsys: pytest.CaptureFixture[str]) -> None:
    write("[daemons.a]\nsleep = 'x'\nfactory = 'a:b'")
    assert main(["check", "--format", "json", "--no-import"]) == 1
    (problem,) = json.loads(capsys.readouterr().out)
    assert (problem["path"], problem["line"], problem["column"]) == ("daemons.a.sleep", 2, 9)


def test_a_warning_is_no_failure(capsys: pytest.CaptureFixture[str]) -> None:
    write("[daemons.a]\nfactory = 'json:dumps'")
    assert main(["check", "--no-import"]) == 0
    assert capsys.readouterr().out.endswith("1 warning\nudaemon.toml: good, 1 daemon, 1 warning\n")


JOBS = """
import os, sys
print("noise")
def create(queue, size=1): ...
def bare(): ...
def free(**more): ...
class Mailer:
    def __init__(self, context, queue): ...
    def do_task(self): ...
    @classmethod
    def create(cls): ...
number = 3
class Nothing: ...
class Called:
    def __call__(self): ...
def nothing() -> Nothing: ...
def text() -> "str": ...
def called() -> Called: ...
def unknown() -> "Unknown": ...
async def waits() -> None: ...
"""


@pytest.mark.parametrize(
    ("factory", "params", "code", "message", "path"),
    [
        ("jobs:create", "{queue = 'q'}", None, None, None),
        ("jobs:free", "{any = 1}", None, None, None),
        ("jobs:Mailer", "{queue = 'q'}", None, None, None),
        ("jobs:Mailer.create", "{}", None, None, None),
        ("jobs:called", "{}", None, None, None),
        ("jobs:unknown", "{}", None, None, None),
        ("jobs:waits", "{}", "no-task", "waits is async and makes no task", "daemons.a.factory"),
        ("jobs:Nothing", "{}", "no-task", "Nothing is a class, which has no do_task", "daemons.a.factory"),
        ("jobs:nothing", "{}", "no-task", "nothing makes a Nothing, which has no do_task", "daemons.a.factory"),
        ("jobs:text", "{}", "no-task", "text makes a str, which has no do_task", "daemons.a.factory"),
        ("jobs:create", "{quue = 'q'}", "wrong-params", "create takes no parameter quue", "daemons.a.params.quue"),
        ("jobs:create", "{}", "wrong-params", "create needs the parameter queue", "daemons.a.factory"),
        ("jobs:bare", "{x = 1}", "wrong-params", "bare takes no parameter x", "daemons.a.params.x"),
        ("jobs:creat", "{}", "import-failed", "jobs has no creat", "daemons.a.factory"),
        ("jobs:number", "{}", "not-callable", "number is no callable but a int", "daemons.a.factory"),
        (
            "job:create",
            "{}",
            "import-failed",
            "cannot import job: ModuleNotFoundError: No module named 'job'",
            "daemons.a.factory",
        ),
        ("exits:f", "{}", "import-failed", "cannot import exits: it calls sys.exit(3)", "daemons.a.factory"),
        ("dies:f", "{}", "import-failed", "importing it exits the process", "daemons.a.factory"),
        ("killed:f", "{}", "import-failed", "importing it dies by signal 9", "daemons.a.factory"),
        ("broken:f", "{}", "import-failed", "cannot import broken: SyntaxError: invalid syntax", "daemons.a.factory"),
    ],
)
def test_a_factory_is_imported_and_its_parameters_are_held_against_it(
    factory: str,
    params: str,
    code: str | None,
    message: str | None,
    path: str | None,
    capsys: pytest.CaptureFixture[str],
) -> None:
    write(JOBS, "jobs.py")
    write("import sys; sys.exit(3)", "exits.py")
    write("import os; os._exit(0)", "dies.py")
    write("import os; os.kill(os.getpid(), 9)", "killed.py")
    write("def", "broken.py")
    write(f"[daemons.a]\nsleep = 1\nfactory = '{factory}'\nparams = {params}\n")
    assert main(["check", "--format", "json"]) == (0 if code is None else 1)
    problems = json.loads(capsys.readouterr().out)
    found = [(problem["code"], problem["message"], problem["path"]) for problem in problems]
    if code == "wrong-params" and "quue" in str(message):
        found = found[:1] if found[0][2] == path else found[1:]
    assert found == ([] if code is None else [(code, message, path)])


@pytest.mark.parametrize(
    ("factory", "hint"),
    [("job:create", "jobs"), ("pack.mial:create", "pack.mail"), ("qqq:f", None), ("json.qqq:f", None)],
)
def test_the_module_that_was_meant_is_guessed(
    factory: str, hint: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    write(JOBS, "jobs.py")
    write("", "pack/__init__.py")
    write(JOBS, "pack/mail.py")
    write(f"[daemons.a]\nsleep = 1\nfactory = '{factory}'")
    assert main(["check", "--format", "json"]) == 1
    (problem,) = json.loads(capsys.readouterr().out)
    assert problem["hint"] == (hint and f"did you mean {hint}?")


def test_an_import_that_hangs_is_ended_and_the_others_are_told(folder: Path) -> None:
    write("import signal; signal.pause()", "hangs.py")
    write("def f(): ...", "good.py")
    write(
        "[defaults]\nsleep=1\n[daemons.a]\nfactory='hangs:f'\n[daemons.b]\nfactory='good:f'\n[daemons.c]\nfactory='good:g'"
    )
    imported = check_imports(load(environ={}), patience=1.0)
    assert [(finding.path, finding.message) for finding in imported.findings] == [
        (("daemons", "a", "factory"), "importing it takes longer than 1 s"),
        (("daemons", "c", "factory"), "good has no g"),
    ]


@pytest.mark.parametrize(
    "module",
    [
        "import registry\nregistry.register('runs')\n",
        "import registry, os\nif registry.names: os._exit(3)\nregistry.names.append('runs')\n",
        "import registry, os\nif registry.names: os.abort()\nregistry.names.append('runs')\n",
        "import registry, sys\nif registry.names: sys.exit()\nregistry.names.append('runs')\n",
    ],
)
def test_what_one_module_did_at_import_is_no_fault_of_another(folder: Path, module: str) -> None:
    """A metric of the same name, settings that may be made once: each daemon imports its module alone."""
    register = "names = []\ndef register(name):\n    assert name not in names\n    names.append(name)\n"
    write(register, "registry.py")
    names = [f"jobs_{letter}" for letter in "abcd"]
    for name in names:
        write(module + "def create(): ...\n", f"{name}.py")
    write("".join(f"[daemons.{name}]\nfactory = '{name}:create'\n" for name in [*names, "none"]))

    imported = check_imports(load(environ={}))

    assert [(finding.path[1], finding.code) for finding in imported.findings] == [("none", "import-failed")]


def test_listeners_are_imported_too(capsys: pytest.CaptureFixture[str]) -> None:
    write(
        "[daemons.a]\nsleep = 1\nfactory = 'json:loads'\nparams = {s = ''}\non.start = ['json:dumps', 'json:dump_all']"
    )
    assert main(["check", "--format", "concise"]) == 1
    assert (
        "udaemon.toml:5:27: error[import-failed]: daemons.a.on.start[1]: json has no dump_all"
        in capsys.readouterr().out
    )


def test_each_daemon_s_environment_is_there_at_import(capsys: pytest.CaptureFixture[str]) -> None:
    write("import os\nif os.environ['WHO'] == 'a': raise OSError('not me')\ndef f(): ...", "who.py")
    write("[defaults]\nsleep=1\nfactory='who:f'\n[daemons.a]\nenv.WHO='a'\n[daemons.b]\nenv.WHO='b'")
    assert main(["check", "--format", "json"]) == 1
    (problem,) = json.loads(capsys.readouterr().out)
    assert problem["message"] == "cannot import who: OSError: not me"


def test_v_tells_what_imports_cost(capsys: pytest.CaptureFixture[str]) -> None:
    write("[daemons.a]\nsleep = 1\nfactory = 'json:loads'\nparams.s = ''")
    assert main(["-v", "check"]) == 0
    assert capsys.readouterr().err.startswith("imported 1 callable: ")


def test_v_tells_which_optional_env_files_are_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    write(GOOD + "env-file = { path = 'gone.env', required = false }\n")
    assert main(["-v", "check", "--no-import"]) == 0
    told = capsys.readouterr()
    assert (told.out, told.err) == (
        "udaemon.toml: good, 1 daemon\n",
        "env-file gone.env is not there, and need not be\n",
    )
    assert main(["check", "--no-import"]) == 0
    assert capsys.readouterr().err == ""


def test_an_async_listener_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    write(JOBS, "jobs.py")
    write("[daemons.a]\nsleep = 1\nfactory = 'jobs:bare'\non.start = 'jobs:waits'")
    assert main(["check", "--format", "concise"]) == 1
    assert "daemons.a.on.start: the listener waits is async (make it a plain function)" in capsys.readouterr().out


def test_schema_of_the_project_has_its_factories(capsys: pytest.CaptureFixture[str]) -> None:
    text = """
from __future__ import annotations
from typing import Literal
class Mailer:
    def __init__(self, context, queue: str, size: int = 3, how: Literal["a", "b"] = "a", to: list[str] | None = None):
        "Not told."
    def do_task(self): ...
def create(queue, **more):
    "Make one.\\n\\nIn detail."
"""
    write(text, "jobs.py")
    write("[daemons.a]\nsleep = 1\nfactory = 'jobs:create'\nparams.queue='x'")
    assert main(["schema", "--project"]) == 0
    schema = json.loads(capsys.readouterr().out)
    validator = jsonschema.Draft7Validator(schema)
    factory = schema["definitions"]["daemon"]["properties"]["factory"]["anyOf"]
    assert factory[:2] == [
        {"const": "jobs:Mailer", "description": "a factory"},
        {"const": "jobs:create", "description": "Make one."},
    ]

    def good(factory: str, **params: object) -> bool:
        return bool(validator.is_valid({"daemons": {"a": {"factory": factory, "params": params}}}))

    assert good("jobs:Mailer", queue="x", size=1, how="b", to=["me"])
    assert good("jobs:create", queue="x", any=1)
    assert good("other:create", any=1)
    assert not good("jobs:Mailer", size="1")
    assert not good("jobs:Mailer", how="c")
    assert not good("jobs:Mailer", quue="x")
    assert not good("jobs:Mailer", to=[1])


def test_schema_of_the_project_has_its_tasks_and_their_params(capsys: pytest.CaptureFixture[str]) -> None:
    write(
        "async def fetch(url: str): ...\ndef sweep(days: int) -> None: ...\nclass Mailer:\n    def do_task(self): ...\n"
        "def create() -> Mailer: ...\ndef either(): ...",
        "jobs.py",
    )
    write("[daemons.a]\nsleep = 1\ntask = 'jobs:sweep'\nparams.days = 1")
    assert main(["schema", "--project"]) == 0
    schema = json.loads(capsys.readouterr().out)
    daemon = schema["definitions"]["daemon"]["properties"]
    named = {key: [one["const"] for one in daemon[key]["anyOf"] if "const" in one] for key in ("task", "factory")}
    assert named == {
        "task": ["jobs:either", "jobs:fetch", "jobs:sweep"],
        "factory": ["jobs:Mailer", "jobs:create", "jobs:either"],
    }

    def good(task: str, **params: object) -> bool:
        manifest = {"daemons": {"a": {"task": task, "params": params}}}
        return bool(jsonschema.Draft7Validator(schema).is_valid(manifest))

    assert good("jobs:sweep", days=7)
    assert not good("jobs:sweep", days="7")
    assert not good("jobs:fetch", uri="x")


def test_schema_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "udaemon manifest"


def test_places_are_looked_at_and_not_with_no_import(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "file").touch()
    write(f'{GOOD}cwd = "gone"\nlog-dir = "file"\n')
    assert main(["check", "--format", "concise"]) == 1
    told = capsys.readouterr().out
    assert f"udaemon.toml:3:7: error[no-directory]: daemons.a.cwd: there is no directory {folder}/gone" in told
    assert f"udaemon.toml:4:11: error[no-directory]: daemons.a.log-dir: {folder}/file is no directory" in told
    assert main(["check", "--no-import"]) == 0


def test_a_log_directory_that_can_be_made_is_good(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(f'{GOOD}log-dir = "a/b/c"\ncommon-log = "a/d/events.log"\n')
    assert main(["check"]) == 0
    assert capsys.readouterr().out == "udaemon.toml: good, 1 daemon\n"
    assert not (folder / "a").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write into every directory")
def test_a_directory_that_may_not_be_written_to_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "closed").mkdir(mode=0o500)
    write(f'{GOOD}log-dir = "closed/log"\n')
    assert main(["check"]) == 1
    assert f"{folder}/closed cannot be written to" in capsys.readouterr().out


def test_what_is_no_file_to_log_to_is_told_before_the_first_line_is_held_back(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    """f31: a link to another file is none, nor is what a reader would have to be waited for, or takes nothing."""
    os.mkfifo("pipe")
    os.symlink("/dev/full", "full")
    os.symlink("nowhere", "link")
    os.mkdir("directory")
    names = ("pipe", "full", "link", "directory", "new")
    tables = (f'[daemons.d{i}]\ncommand = "true"\nlog = {{ file = "{name}" }}\n' for i, name in enumerate(names))
    write(f'[defaults]\nlog-dir = "{folder}"\n' + "".join(tables))
    assert main(["check", "--format", "json"]) == 1
    told = {one["path"]: one["message"] for one in json.loads(capsys.readouterr().out)}
    assert told == {
        f"daemons.d{i}.log.file": f"{folder / names[i]} is {what}, where a log is to be"
        for i, what in enumerate(("a named pipe", "a symbolic link", "a symbolic link", "a directory"))
    }


def test_each_of_two_callables_is_looked_at_under_its_own_key(capsys: pytest.CaptureFixture[str]) -> None:
    write('[daemons.a]\nfactory = "no_such:create"\ntask = "nor_this:run"\nsleep = 1\n')
    assert main(["check", "--format", "json"]) == 1
    told = [(one["path"], one["code"], one["message"].partition(":")[0]) for one in json.loads(capsys.readouterr().out)]
    assert sorted(told) == [
        ("daemons.a.factory", "import-failed", "cannot import no_such"),
        ("daemons.a.task", "both-to-run", "factory and task exclude each other"),
        ("daemons.a.task", "import-failed", "cannot import nor_this"),
    ]


def test_of_a_value_that_is_wrong_nothing_more_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    write('[daemons.a]\ncommand = "${NO_SUCH}"\ncwd = "/${NO_SUCH}"\nlog-dir = "/${"\n')
    assert main(["check", "--format", "json"]) == 1
    told = [(one["path"], one["code"]) for one in json.loads(capsys.readouterr().out)]
    assert told == [
        ("daemons.a.command", "missing-variable"),
        ("daemons.a.cwd", "missing-variable"),
        ("daemons.a.log-dir", "bad-reference"),
    ]
