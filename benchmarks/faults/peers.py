"""How each peer is told of a daemon, started, asked to stop it, given a broken configuration, and ended.

Knows no fault. Each has its defaults, but that the daemon is always started again, has five seconds to stop, and logs
to a directory without rotation.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from benchmarks import procfs

STOP = 5
WORKER = Path(__file__).with_name("worker.py")


class Peer:
    """One orchestrator with one daemon `d`.

    Args:
        root: Where the peers are.
        directory: An empty one, with a directory `log`.
        mode: What the daemon does.
    """

    name = "?"
    logger: str | None = None
    """Part of the command line of the process that writes the log, where that is another than the supervisor."""

    def __init__(self, root: Path, directory: Path, mode: str) -> None:
        self.root = root
        self.directory = directory
        self.log = directory / "log"
        shutil.copy(WORKER, directory)
        self.argv = [sys.executable, str(directory / "worker.py"), str(directory), mode]
        self.environ = dict(os.environ, FAULTS_MARK=str(directory), HOME=str(directory))
        self.prepare()

    def version(self) -> str:
        raise NotImplementedError

    def prepare(self) -> None:
        """Write the configuration."""

    def prepare_log(self) -> None:
        """Write what stands in the log directory before the start."""

    def start(self) -> None:
        """Start it, as after a boot."""
        raise NotImplementedError

    def supervisors(self) -> list[int]:
        """The processes whose death is that of the supervisor."""
        raise NotImplementedError

    def stop(self) -> None:
        """Ask for the daemon's end, and wait for the answer."""
        raise NotImplementedError

    def reload_broken(self) -> str:
        """Break the configuration and ask for it. Returns what was asked."""
        raise NotImplementedError

    def run(self, *argv: str | Path, wait: bool = True) -> str:
        """Run a command of the peer's. Returns what it said."""
        if wait:
            with suppress(subprocess.TimeoutExpired):
                done = subprocess.run(
                    [*map(str, argv)], cwd=self.directory, env=self.environ, stdin=subprocess.DEVNULL,
                    capture_output=True, text=True, check=False, timeout=30,
                )  # fmt: skip
                return done.stdout + done.stderr
            return ""
        subprocess.Popen(
            [*map(str, argv)], cwd=self.directory, env=self.environ, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        return ""

    def processes(self, word: str) -> list[int]:
        """Those of this peer that have a word in their command line and live."""
        marked = procfs.marked(str(self.directory))
        return sorted(pid for pid in marked if word in procfs.command(pid) and _lives(pid))

    def copies(self) -> list[int]:
        """The daemon's processes, without its child."""
        return [pid for pid in self.processes("worker.py") if not procfs.command(pid).endswith(" child")]

    def close(self) -> None:
        """Kill all that there is of it."""
        for _ in range(50):
            if not (left := procfs.marked(str(self.directory))):
                return
            for pid in left:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.1)


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


class Udaemon(Peer):
    name = "udaemon"
    logger = "logger_main"

    def version(self) -> str:
        import udaemon

        return udaemon.__version__

    def prepare(self) -> None:
        for name in ("run", "state"):
            (self.directory / name).mkdir(mode=0o700, exist_ok=True)
        self.environ |= {"XDG_RUNTIME_DIR": f"{self.directory}/run", "XDG_STATE_HOME": f"{self.directory}/state"}
        (self.directory / "udaemon.toml").write_text(
            f'[defaults]\nlog-dir = "log"\n[daemons.d]\ncommand = {json.dumps(self.argv)}\nrestart = "always"\n'
            f'stop = {{ timeout = "{STOP}s" }}\nlog = {{ max-size = "1G" }}\n'
        )

    def start(self) -> None:
        self.run(*self._program(), "up", "-d")

    def supervisors(self) -> list[int]:
        return self.processes("udaemon: supervisor")

    def stop(self) -> None:
        self.run(*self._program(), "stop", "d")

    def reload_broken(self) -> str:
        (self.directory / "udaemon.toml").write_text("[daemons")
        self.run(*self._program(), "apply")
        return "apply"

    def _program(self) -> Sequence[str]:
        return (sys.executable, "-m", "udaemon")


class Supervisor(Peer):
    name = "supervisor"

    def version(self) -> str:
        return self.run(self.root / "supervisor/bin/supervisord", "--version").strip()

    def prepare(self) -> None:
        self.conf = self.directory / "supervisord.conf"
        self.conf.write_text(
            f"[unix_http_server]\nfile={self.directory}/s.sock\n[supervisord]\nnodaemon=true\nuser=root\n"
            f"pidfile={self.directory}/s.pid\nlogfile=/dev/null\nlogfile_maxbytes=0\nchildlogdir={self.directory}\n"
            "[rpcinterface:supervisor]\n"
            "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n"
            f"[supervisorctl]\nserverurl=unix://{self.directory}/s.sock\n"
            f"[program:d]\ncommand={' '.join(self.argv)}\nautorestart=true\nstopwaitsecs={STOP}\n"
            f"stdout_logfile={self.log}/d.log\nstdout_logfile_maxbytes=0\n"
        )

    def start(self) -> None:
        self.run(self.root / "supervisor/bin/supervisord", "-n", "-c", self.conf, wait=False)

    def supervisors(self) -> list[int]:
        return self.processes("bin/supervisord")

    def stop(self) -> None:
        self._control("stop", "d")

    def reload_broken(self) -> str:
        self.conf.write_text(self.conf.read_text() + "\n[program:e]\nautorestart=maybe\n")
        self._control("update")
        if self.copies():
            self._control("reload")
            return "reload"
        return "update"

    def _control(self, *words: str) -> None:
        self.run(self.root / "supervisor/bin/supervisorctl", "-c", self.conf, *words)


class Circus(Peer):
    name = "circus"

    def version(self) -> str:
        return self.run(self.root / "circus/bin/circusd", "--version").strip()

    def prepare(self) -> None:
        self.ini = self.directory / "circus.ini"
        self.ini.write_text(
            f"[circus]\nendpoint = ipc://{self.directory}/c.sock\npubsub_endpoint = ipc://{self.directory}/p.sock\n"
            f"[watcher:d]\ncmd = {self.argv[0]}\nargs = {' '.join(self.argv[1:])}\ngraceful_timeout = {STOP}\n"
            f"copy_env = True\nstdout_stream.class = FileStream\nstdout_stream.filename = {self.log}/d.log\n"
        )

    def start(self) -> None:
        self.run(self.root / "circus/bin/circusd", self.ini, wait=False)

    def supervisors(self) -> list[int]:
        return self.processes("bin/circusd")

    def stop(self) -> None:
        self._control("stop", "--waiting", "d")

    def reload_broken(self) -> str:
        self.ini.write_text("[circus\nendpoint")
        self._control("reloadconfig")
        return "reloadconfig"

    def _control(self, *words: str) -> None:
        endpoint = f"ipc://{self.directory}/c.sock"
        self.run(self.root / "circus/bin/circusctl", "--endpoint", endpoint, "--timeout", "20", *words)


class Pm2(Peer):
    name = "pm2"

    def version(self) -> str:
        package = self.root / "npm/node_modules/pm2/package.json"
        return str(json.loads(package.read_text())["version"])

    def prepare(self) -> None:
        self.environ["PM2_HOME"] = f"{self.directory}/pm2"
        self.config = self.directory / "ecosystem.config.js"
        app = {
            "name": "d", "script": self.argv[0], "args": self.argv[1:], "interpreter": "none",
            "kill_timeout": STOP * 1000, "out_file": f"{self.log}/d.log", "error_file": f"{self.log}/d.err",
        }  # fmt: skip
        self.config.write_text(f"module.exports = {json.dumps({'apps': [app]})}\n")

    def start(self) -> None:
        self._pm2("start", self.config)

    def supervisors(self) -> list[int]:
        return self.processes("God Daemon")

    def stop(self) -> None:
        self._pm2("stop", "d")

    def reload_broken(self) -> str:
        self.config.write_text("module.exports = {")
        self._pm2("startOrReload", self.config)
        return "startOrReload"

    def _pm2(self, *words: str | Path) -> None:
        self.run("node", self.root / "npm/node_modules/pm2/bin/pm2", *words)


class S6(Peer):
    name = "s6"
    logger = "s6-log"

    def version(self) -> str:
        return _debian(self.root, "s6")

    def prepare(self) -> None:
        unpacked = self.root / "deb/root"
        self.environ["PATH"] = f"{unpacked}/usr/bin:{os.environ['PATH']}"
        self.environ["LD_LIBRARY_PATH"] = f"{unpacked}/usr/lib/x86_64-linux-gnu:{unpacked}/lib/x86_64-linux-gnu"
        self.service = self.directory / "scan/d"
        (self.service / "log").mkdir(parents=True)
        _script(self.service / "run", f"exec 2>&1; exec {' '.join(self.argv)}")
        _script(self.service / "log/run", f"exec s6-log n20 s16000000 {self.log}/d")
        (self.service / "timeout-kill").write_text(f"{STOP * 1000}")

    def start(self) -> None:
        self.run("s6-svscan", self.directory / "scan", wait=False)

    def supervisors(self) -> list[int]:
        return [pid for pid in self.processes("s6-supervise d") if procfs.command(pid) == "s6-supervise d"]

    def stop(self) -> None:
        self.run("s6-svc", "-wD", "-T", "20000", "-d", self.service)

    def reload_broken(self) -> str:
        _script(self.service / "run", "if")
        self.run("s6-svscanctl", "-an", self.directory / "scan")
        return "s6-svscanctl -an"


class Runit(S6):
    name = "runit"
    logger = "svlogd"

    def version(self) -> str:
        return _debian(self.root, "runit")

    def prepare(self) -> None:
        super().prepare()
        self.prepare_log()
        _script(self.service / "log/run", f"exec svlogd {self.log}/d")

    def prepare_log(self) -> None:
        (self.log / "d").mkdir(exist_ok=True)
        (self.log / "d/config").write_text("s0\nn0\n")

    def start(self) -> None:
        self.run("runsvdir", self.directory / "scan", wait=False)

    def supervisors(self) -> list[int]:
        return self.processes("runsv d")

    def stop(self) -> None:
        self.run("sv", "-w", str(STOP), "force-stop", self.service)

    def reload_broken(self) -> str:
        _script(self.service / "run", "if")
        return "the scan of every five seconds"


def _script(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def _debian(root: Path, package: str) -> str:
    (found,) = (root / "deb").glob(f"{package}_*.deb")
    return found.name.split("_")[1]


PEERS: tuple[type[Peer], ...] = (Udaemon, Supervisor, Circus, Pm2, S6, Runit)
