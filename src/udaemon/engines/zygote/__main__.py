"""What is executed as a zygote: `python -P -B -m udaemon.engines.zygote CHANNEL`."""

import sys
from functools import partial

from udaemon.child.stack import at_the_bottom
from udaemon.engines.zygote.server import serve

if __name__ == "__main__":
    at_the_bottom(partial(serve, int(sys.argv[1])))
