"""PHP daemons: runs that are requested of PHP one by one, or an entry script that is kept in the foreground.

Knows no manifest. These are the places of its parts.
"""

from __future__ import annotations

import os.path

_HERE = os.path.dirname(os.path.abspath(__file__))

RUNNER = os.path.join(_HERE, "runner.php")
"""Does the runs of a PHP task when it is asked to."""
LOOK = os.path.join(_HERE, "look.php")
"""Looks whether an application has the factories it is said to have."""
FOREGROUND = os.path.join(_HERE, "foreground.php")
"""Loaded before an entry script, it makes the PHP library stay in the foreground."""
FOLLOW = "udaemon.php.follow"
"""The module that stays in the foreground for a launcher that does not."""
MISSING = "on Debian and Ubuntu: apt-get install php-cli"
"""How to get PHP."""
