"""A bot, which says what it would post: an example of a program that knows nothing of udaemon."""

from __future__ import annotations

import argparse
import os
import signal

parser = argparse.ArgumentParser()
parser.add_argument("--name", required=True)
parser.add_argument("--once", action="store_true")
options = parser.parse_args()
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
print(f"{options.name} is online", flush=True)
while not options.once and signal.sigtimedwait([signal.SIGTERM], float(os.environ["BOT_PERIOD"])) is None:
    print(f"{options.name} has posted", flush=True)
print(f"{options.name} is offline", flush=True)
