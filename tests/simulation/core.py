"""The parts of a supervisor that a test may have otherwise, to see that it is found out.

Knows nothing of a run.
"""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen
from tests.simulation.keeping import Outlived
from tests.simulation.kernel import SimulatedKernel

from udaemon.engines.base import Listener
from udaemon.policy.fleet import Step
from udaemon.policy.step import step as real_step


@frozen(kw_only=True)
class Core:
    """Those parts.

    Attributes:
        step: Decides what becomes of an instance.
        listener: Made of the listener of the engine: what stands between it and the supervisor.
        kernel: Makes the kernel.
        spoil: Has its way with what is kept for the next supervisor.
    """

    step: Step = real_step
    listener: Callable[[Listener], Listener] = lambda listener: listener
    kernel: type[SimulatedKernel] = SimulatedKernel
    spoil: Callable[[Outlived], None] = lambda _kept: None
