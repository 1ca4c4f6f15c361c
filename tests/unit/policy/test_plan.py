"""What a start needs to know beyond its daemon's keys: which daemons share a plan, and what it says."""

from udaemon.manifest.model import Daemon, Manifest, StartMethod
from udaemon.policy.plan import plans

A = Daemon(name="a", factory="jobs:a", env={"X": "1"})
B = Daemon(name="b", factory="jobs:b", env={"X": "1"}, enabled=False)
C = Daemon(name="c", factory="jobs:c")
SPAWNED = Daemon(name="spawned", factory="jobs:d", start_method=StartMethod.SPAWN)
COMMAND = Daemon(name="command", command=("x",), env={"X": "1"})
MANIFEST = Manifest(
    file="/m/udaemon.toml",
    directory="/m",
    project="m",
    context="live",
    env={"X": "1"},
    daemons={daemon.name: daemon for daemon in (A, B, C, SPAWNED, COMMAND)},
)


def test_daemons_of_one_environment_have_one_plan() -> None:
    made = plans(MANIFEST)
    assert made["a"] is made["b"] is made["command"]
    assert made["c"] is made["spawned"]
    assert made["a"] is not made["c"]


def test_only_those_that_are_forked_can_share_a_zygote() -> None:
    made = plans(MANIFEST)
    assert (made["a"].mates, made["c"].mates) == ((A, B), (C,))


def test_a_plan_says_where_the_manifest_is() -> None:
    plan = plans(MANIFEST)["c"]
    assert (plan.project, plan.context, plan.directory, plan.env) == ("m", "live", "/m", {"X": "1"})
