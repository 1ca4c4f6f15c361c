"""`python -m udaemon` is `udaemon`. Knows nothing else."""

import sys

from udaemon.cli.main import main

sys.exit(main())
