"""The files of a new project: a manifest in either format, a task, and the schema for the editor.

Knows nothing of where they are written.
"""

from __future__ import annotations

SCHEMA_FILE = "udaemon.schema.json"

DIRECTIVES = {
    "toml": f"#:schema ./{SCHEMA_FILE}\n",
    "yaml": f"# yaml-language-server: $schema=./{SCHEMA_FILE}\n",
}
"""The first line of a manifest, which tells an editor where the schema is."""

TASKS = '''\
"""The tasks of this project; `udaemon.{form}` names them."""

from __future__ import annotations

class Greeter:
    """A task is any object with `do_task`."""

    def __init__(self, whom: str) -> None:
        self.whom = whom

    def do_task(self) -> None:
        print(f"Hello, {{self.whom}}!")


def create_greeter(whom: str) -> Greeter:
    """A factory is called once in each process; `params` of the manifest are its arguments."""
    return Greeter(whom)
'''

TOML = """
project = "{project}"

[defaults]
restart = "on-failure"
log-dir = "log"

[daemons.greeter]
factory = "tasks:create_greeter"      # task = "tasks:FUNCTION" for a function that is the task itself
params = {{ whom = "world" }}
sleep = "5s"

[daemons.clock]
command = ["sh", "-c", "while date; do sleep 5; done"]
"""

YAML = """
project: {project}

defaults:
  restart: on-failure
  log-dir: log

daemons:
  greeter:
    factory: tasks:create_greeter     # task: tasks:FUNCTION for a function that is the task itself
    params:
      whom: world
    sleep: 5s

  clock:
    command: [sh, -c, "while date; do sleep 5; done"]
"""


def scaffold(form: str, project: str, schema: str) -> dict[str, str]:
    """Make the files of a project that runs, by their names."""
    manifest = DIRECTIVES[form] + (TOML if form == "toml" else YAML).format(project=project)
    return {f"udaemon.{form}": manifest, "tasks.py": TASKS.format(form=form), SCHEMA_FILE: schema}
