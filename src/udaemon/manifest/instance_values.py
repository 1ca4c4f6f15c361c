"""The variables that have a value for each instance: their references, and a text with the values put in.

Knows no daemon and no key.
"""

from __future__ import annotations

from collections.abc import Mapping

KEPT: Mapping[str, str] = {name: f"${{{name}}}" for name in ("UDAEMON_NAME", "UDAEMON_INSTANCE", "UDAEMON_INSTANCES")}
"""Each of these variables with the reference that stays in its place until an instance is started."""

INSTANCE = KEPT["UDAEMON_INSTANCE"]
"""What stands for the number of the instance."""

BEGIN = "${UDAEMON_"
"""How each of the references begins: most texts have none."""


def filled(text: str, name: str, index: int, instances: int) -> str:
    """Put the values of one instance into a text."""
    for reference, value in zip(KEPT.values(), (name, str(index), str(instances)), strict=True):
        text = text.replace(reference, value)
    return text
