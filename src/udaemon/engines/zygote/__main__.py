"""What is executed as a zygote: `python -P -B -m udaemon.engines.zygote CHANNEL`."""

import sys

from udaemon.engines.zygote.server import serve

if __name__ == "__main__":
    serve(int(sys.argv[1]))
