"""The daemon that all peers run: `python worker.py DIRECTORY MODE`. Imports nothing but the standard library."""

import os
import signal
import subprocess
import sys
import time

LINES = 6000


def main(directory: str, mode: str) -> None:
    """Do what the mode says, then go on until TERM."""
    if mode == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if mode == "daemonize":
        _daemonize()
    if mode == "tree":
        subprocess.Popen([sys.executable, __file__, directory, "child"], start_new_session=True)
    if mode in ("fast", "slow"):
        for number in range(LINES):
            os.write(1, b"%09d %s\n" % (number, b"." * 89))
            if mode == "slow" and number % 10 == 0:
                time.sleep(0.01)
        with open(os.path.join(directory, "done"), "w") as file:
            file.write("done")
    while True:
        time.sleep(60)


def _daemonize() -> None:
    """Go on as a process of which the one that was started knows nothing."""
    if os.fork():
        os._exit(0)
    os.setsid()
    if os.fork():
        os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
