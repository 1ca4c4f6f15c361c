"""The manifest that the global options mean.

Knows no verb. Importing it costs what reading a manifest costs: verbs that may do without import it when they must.
"""

from __future__ import annotations

import os

from udaemon.cli.options import GlobalOptions
from udaemon.manifest.model import Manifest
from udaemon.manifest.read import load


def wanted_manifest(options: GlobalOptions) -> Manifest:
    """Read it.

    Raises:
        UdaemonError: There is none, or it has errors.
    """
    return load(
        options.files,
        environ=os.environ,
        project=options.project,
        context=options.context,
        profiles=options.profiles,
    )
