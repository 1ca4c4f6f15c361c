"""What a child is told must cross to the zygote by pickle."""

from __future__ import annotations

import pickle
from types import MappingProxyType

from udaemon.child.spec import ChildSpec

SPEC = ChildSpec(
    name="mailer",
    index=0,
    instances=1,
    project="editorial",
    context="",
    factory="jobs.mail:create",
    params=MappingProxyType({"queue": "mail"}),
    env={},
    cwd="/",
    umask=0o022,
    sleep=1.0,
    min_sleep=0.0,
    directory="/",
)


def test_a_spec_survives_pickling() -> None:
    assert pickle.loads(pickle.dumps(SPEC)) == SPEC
