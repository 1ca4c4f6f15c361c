"""`python -m udaemon` is `udaemon`. Knows nothing else."""

from udaemon.cli.main import script

script()
