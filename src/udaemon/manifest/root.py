"""The top level of a manifest as it is written: its keys, before defaults are merged into daemons.

Knows nothing of files and layers; `complete.py` makes the `Manifest` from it. Annotations are no text
here, as in `model.py`.
"""

from collections.abc import Mapping

from udaemon.frozen import frozen
from udaemon.manifest.containers import Environment, Many
from udaemon.manifest.env_file_names import ENV_FILES, EnvFileName
from udaemon.manifest.hooks import Listeners, on_key
from udaemon.manifest.keys import Applies, Named, Table, key
from udaemon.manifest.model import Daemon
from udaemon.manifest.references import NAME, PATH
from udaemon.manifest.values import Number, Text


@frozen(kw_only=True)
class Root:
    """What stands at the top level. Keys that begin with `x-` may stand there too and mean nothing to udaemon."""

    schema: str | None = key(
        "Where an editor finds the JSON Schema.", Text(), name="$schema", example="./schemas/udaemon-1.json"
    )
    project: str | None = key(
        "Name of the project.", NAME, example="editorial", shown_default="the name of the manifest's directory"
    )
    context: str | None = key(
        "Where it runs, such as production or staging; part of the names of log and pid files.",
        NAME,
        example="production",
        shown_default="none",
    )
    run_dir: str | None = key(
        "Directory that gets the pid files too.", PATH, example="run", shown_default="only the run directory"
    )
    max_starting: int | None = key(
        "How many daemons may be starting at once; the others wait for their turn. A start goes on until the task is "
        "built or the program runs, and with `ready` until that is so.",
        Number(1, 10_000, whole=True),
        example=4,
        shown_default="any number",
        applies=Applies.LIVE,
    )
    include: tuple[str, ...] = key(
        "Further manifests, as paths with *, ? and **; they lie under this file.",
        Many(PATH, "paths", single=True),
        default=(),
        example="daemons/*.toml",
    )
    env: Mapping[str, str] = key(
        "Environment variables for all daemons, over those of `env-file`.",
        Environment(),
        factory=dict,
        example={"TZ": "UTC"},
    )
    env_file: tuple[EnvFileName, ...] = key(
        "Files of NAME=value lines added to the environment of all daemons; later files win. One with "
        "`required = false` may be missing.",
        ENV_FILES,
        default=(),
        example="common.env",
    )
    defaults: Daemon | None = key(
        "Keys of a daemon, for every daemon that does not say otherwise.", Table(Daemon), example={"restart": "always"}
    )
    daemons: Mapping[str, Daemon] = key(
        "The daemons by name.", Named(Daemon), factory=dict, example={"mailer": {"factory": "jobs.mail:create"}}
    )
    on: Listeners = on_key("Who is told of the events of all daemons, beside those that each daemon names.")
