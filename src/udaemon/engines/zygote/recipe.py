"""What makes a zygote the right one for a daemon: its Python, the environment that matters at import, what to import.

Knows no process. Daemons that add nothing to the manifest's environment share one zygote; an environment of several
instances has its own; one of a single instance is not worth one, and forks from a zygote that has imported nothing of
the user's.
"""

from __future__ import annotations

from functools import cached_property
from weakref import WeakKeyDictionary

from attrs import evolve, frozen

from udaemon.child.environment import read_at_startup
from udaemon.engines.callable_of import callable_of
from udaemon.engines.zygote.sharing import Root
from udaemon.manifest.hooks import IN_CHILD, callables
from udaemon.manifest.model import Daemon
from udaemon.policy.plan import StartPlan

OWN_ENVIRONMENT = "its env is its own, and may matter at import"
"""Why a daemon begins with nothing loaded."""


@frozen(cache_hash=True)
class Recipe:
    """What a zygote is made of; two that are equal need one zygote.

    Attributes:
        env: What is added to our environment.
        directory: Where it is, and where it imports the project's modules from.
        roots: What it imports: that with which its daemons begin.
        board: The region of the scoreboard that its children write to: they inherit its descriptor.
        python: The interpreter that it is, as the manifest names it; None for ours.
    """

    env: frozenset[tuple[str, str]]
    directory: str
    roots: tuple[Root, ...]
    board: int
    python: str | None = None

    def number_of(self, root: Root) -> int | None:
        """Which of its roots this is, None where it has not imported it."""
        return self._numbers.get(root)

    @cached_property
    def _numbers(self) -> dict[Root, int]:
        return {root: number for number, root in enumerate(self.roots)}

    def bare(self) -> Recipe:
        """One that has imported nothing; it keeps of the environment what only a new program can take up."""
        env = self.env if any(read_at_startup(name) for name, _ in self.env) else frozenset[tuple[str, str]]()
        return evolve(self, env=env, roots=())


_known: WeakKeyDictionary[StartPlan, dict[int, Recipe]] = WeakKeyDictionary()
"""Made once: a plan may be that of a thousand daemons with a module each."""


def recipe_of(plan: StartPlan, board: int) -> Recipe:
    """The recipe for the daemons of a plan."""
    made = _known.setdefault(plan, {})
    if board not in made:
        made[board] = _made(plan, board)
    return made[board]


def root_of(daemon: Daemon) -> Root:
    """What a daemon begins with: the modules of its task or factory and of its listeners, and what it preloads."""
    listeners = [name for event in IN_CHILD for name in callables(daemon.on.of(event))]
    modules = dict.fromkeys(name.partition(":")[0] for name in (callable_of(daemon), *listeners))
    return Root(tuple(modules), daemon.preload)


def begins_bare(plan: StartPlan) -> bool:
    """Whether the daemons of a plan have an environment that matters at import and that is not worth a zygote."""
    if not plan.mates:
        return False
    env = plan.mates[0].env
    worth_one = dict(env) == dict(plan.env) or sum(mate.instances for mate in plan.mates) > 1
    return not worth_one and not any(map(read_at_startup, env))


def _made(plan: StartPlan, board: int) -> Recipe:
    if not plan.mates or begins_bare(plan):
        return Recipe(frozenset(), plan.directory, (), board, plan.mates[0].python if plan.mates else None)
    env, python = plan.mates[0].env, plan.mates[0].python
    roots = tuple(dict.fromkeys(root_of(mate) for mate in plan.mates if mate.enabled))
    return Recipe(frozenset(env.items()), plan.directory, roots, board, python)
