"""Tasks."""


def create(queue: str) -> object:
    """Make a task."""
    return lambda: queue
