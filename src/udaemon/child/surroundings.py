"""What the manifest says of a process beyond its code: environment, limits, directory, mask, who it runs as.

Knows nothing of forks and runs no code of the user's. It is told as calls to make, so that what is to be done is found
out before the fork.
"""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import NamedTuple

from udaemon.child.environment import MARKS, is_basic
from udaemon.child.forms import Misconfigured
from udaemon.child.identity import NOBODY_ELSE, IdentityRefused, become, variables
from udaemon.child.spec import ChildSpec
from udaemon.system import oserror


class Surroundings(NamedTuple):
    """What a process has of that already, as far as it is known."""

    environ: Mapping[str, str]
    umask: int | None = None


def take_on(spec: ChildSpec, variables: Mapping[str, str]) -> Surroundings:
    """Give this process the mask of a daemon, and these variables. Returns what it has then.

    Not the directory: to enter one may take for ever, and then only its own process shall wait for it.
    """
    os.environ.update(variables)
    os.umask(spec.umask)
    return Surroundings(dict(os.environ), spec.umask)


def changes(spec: ChildSpec, variables: Mapping[str, str], before: Surroundings) -> Iterator[Callable[[], object]]:
    """What the process of a daemon has to call, in this order.

    Args:
        spec: The daemon.
        variables: Set besides those of the manifest.
        before: What the process has before.
    """
    if spec.umask != before.umask:
        yield partial(os.umask, spec.umask)
    if not spec.env_inherit:
        yield partial(_disinherit, spec.env)
    env = {name: value for name, value in {**spec.env, **variables}.items() if before.environ.get(name) != value}
    if env:
        yield partial(_set, env)
    if spec.rlimit_nofile is not None:
        yield partial(resource.setrlimit, resource.RLIMIT_NOFILE, spec.rlimit_nofile)
    if spec.identity != NOBODY_ELSE:
        yield partial(_become, spec)
    yield partial(_enter, spec.cwd)


def _set(env: Mapping[str, str]) -> None:
    """Set these in the environment."""
    for name, value in env.items():  # `update` is three more functions to touch
        os.environ[name] = value
    if "TZ" in env:
        time.tzset()


def _disinherit(own: Mapping[str, str]) -> None:
    """Drop what the caller's environment has beyond what every program needs."""
    for name in tuple(os.environ):
        if name not in own and name not in MARKS and not is_basic(name):
            del os.environ[name]


def _become(spec: ChildSpec) -> None:
    """Be who the manifest says, before any code of the user's."""
    try:
        os.environ.update(variables(become(spec.identity), spec.env))
    except IdentityRefused as refused:
        if refused.passes:
            raise
        raise Misconfigured(str(refused)) from None


def _enter(directory: str) -> None:
    try:
        os.chdir(directory)
    except OSError as error:
        raise Misconfigured(f"cwd {directory}: {oserror.named_reason(error)}") from None
