"""`unshare -m python -m benchmarks.faults --peers DIR [ROW…]`: do each fault to each peer, and print a table.

Knows nothing of a fault but its name. Needs root for small disks and strace; `fetch` gets the peers.
"""

from __future__ import annotations

import argparse
import datetime
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.faults.peers import PEERS, Peer
from benchmarks.faults.rows import ROWS


def main(argv: list[str]) -> int:
    """Do it. Returns 0."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description="Faults, beside the peers.")
    parser.add_argument("--peers", type=Path, required=True, metavar="DIR", help="where `fetch` has put them")
    parser.add_argument("--only", action="append", choices=[peer.name for peer in PEERS], help="just these")
    parser.add_argument("rows", nargs="*", type=int, metavar="ROW", help=f"1 to {len(ROWS)}; default: all")
    args = parser.parse_args(argv)
    args.peers = args.peers.resolve()
    # s6 executes its own programs by their paths; only in this mount namespace they are there.
    unpacked = f"lowerdir={args.peers}/deb/root/usr/bin:/usr/bin"
    subprocess.run(["mount", "-t", "overlay", "-o", unpacked, "overlay", "/usr/bin"], check=True)
    peers = [peer for peer in PEERS if not args.only or peer.name in args.only]
    rows = [row for number, row in enumerate(ROWS, 1) if not args.rows or number in args.rows]
    head = ["fault", *(f"{peer.name} {_version(peer, args.peers)}" for peer in peers)]
    lines = [head, ["---"] * len(head)]
    for what, mode, fault in rows:
        line = [what]
        for kind in peers:
            line.append(_done(kind, args.peers, mode, fault))
            print(f"{what}: {kind.name}: {line[-1]}", file=sys.stderr, flush=True)
        lines.append(line)
    print(f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d}, Linux, Python {sys.version.split()[0]}\n")
    for line in lines:
        print(f"| {' | '.join(line)} |")
    return 0


def _version(kind: type[Peer], root: Path) -> str:
    with tempfile.TemporaryDirectory() as directory:
        return kind(root, _made(Path(directory)), "plain").version()


def _done(kind: type[Peer], root: Path, mode: str, fault: Callable[[Peer], str]) -> str:
    directory = _made(Path(tempfile.mkdtemp(prefix="faults-")))
    peer = kind(root, directory, mode)
    try:
        return fault(peer)
    except Exception as error:
        return f"not measured: {error!r}"
    finally:
        peer.close()
        subprocess.run(["umount", "-q", peer.log], check=False, stderr=subprocess.DEVNULL)
        shutil.rmtree(directory, ignore_errors=True)


def _made(directory: Path) -> Path:
    (directory / "log").mkdir()
    return directory


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
