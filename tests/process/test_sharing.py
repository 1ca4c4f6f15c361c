"""What a module does at import is its own process's business: files, handlers, registries (F66, F67, F71, F73)."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from tests.process.engine_bench import Bench
from tests.process.project import PATIENCE, Project

from udaemon.engines.zygote.protocol import Timeouts
from udaemon.policy.events import Exited, Ready, Spawned, SpawnFailed
from udaemon.policy.instance import Key

STOP = "\ndef stop():\n    import udaemon\n    raise udaemon.StopTask\n"

KEEPERS = {
    "a file": """
        f = open(f"{HERE}/out", "a")
        def say(text): f.write(text); f.flush()
    """,
    "a file without a buffer": """
        import os
        fd = os.open(f"{HERE}/out", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        def say(text): os.write(fd, text.encode())
    """,
    "a socket": """
        import socket
        a, b = socket.socketpair()
        def say(text):
            a.send(text.encode())
            with open(f"{HERE}/out", "ab") as out: out.write(b.recv(100))
    """,
    "a database": """
        import sqlite3
        db = sqlite3.connect(f"{HERE}/db", timeout=20)
        db.execute("create table if not exists said (text)"); db.commit()
        def say(text):
            with db: db.execute("insert into said values (?)", (text,))
            with open(f"{HERE}/out", "a") as out: out.write(text)
    """,
    "an event loop": """
        import asyncio
        loop = asyncio.new_event_loop()
        async def write(text):
            await asyncio.sleep(0)
            with open(f"{HERE}/out", "a") as out: out.write(text)
        def say(text): loop.run_until_complete(write(text))
    """,
    "a queue": """
        import multiprocessing
        queue = multiprocessing.Queue()
        def say(text):
            queue.put(text)
            with open(f"{HERE}/out", "a") as out: out.write(queue.get(timeout=10))
    """,
    "a log handler": """
        import logging
        logging.basicConfig(filename=f"{HERE}/out", format="%(message)s", level="INFO")
        def say(text): logging.info(text)
    """,
    "a mapping": """
        import mmap, tempfile
        file = tempfile.TemporaryFile(); file.truncate(4096)
        memory = mmap.mmap(file.fileno(), 4096)
        def say(text):
            memory[: len(text)] = text.encode()
            file.seek(0)
            with open(f"{HERE}/out", "ab") as out: out.write(file.read(len(text)))
    """,
    "a temporary directory": """
        import tempfile
        tmp = tempfile.TemporaryDirectory()
        def say(text):
            with open(f"{tmp.name}/x", "a") as out: out.write(text)
            with open(f"{HERE}/out", "a") as out: out.write(open(f"{tmp.name}/x").read())
    """,
    "a thread pool": """
        from concurrent.futures import ThreadPoolExecutor
        pool = ThreadPoolExecutor()
        def write(text):
            with open(f"{HERE}/out", "a") as out: out.write(text)
        def say(text): pool.submit(write, text).result()
    """,
}


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.close()


def said(bench: Bench) -> list[str]:
    return sorted((bench.directory / "out").read_text().replace("\n", "").replace(";", " ").split())


@pytest.mark.parametrize("deep", [0, 2], ids=["its own", "deep"])
@pytest.mark.parametrize("keeper", KEEPERS.values(), ids=KEEPERS)
def test_f66_what_a_module_opens_at_import_is_its_own_process(bench: Bench, keeper: str, deep: int) -> None:
    bench.module("keeper", f"HERE = {str(bench.directory)!r}" + textwrap.dedent(keeper))
    for level in range(deep):
        bench.module(f"level{level}", f"from {'keeper' if level == 0 else f'level{level - 1}'} import say")
    source = f"level{deep - 1}" if deep else "keeper"
    for name in ("one", "two"):
        bench.module(
            name,
            f"from {source} import say\nimport udaemon\n"
            f"def create(context):\n    def task():\n        say(f'{name}-{{context.instance}};')\n"
            "        raise udaemon.StopTask\n    return task",
        )
    bench.daemon("one", instances=2)
    bench.daemon("two")
    keys = [Key("one", 0), Key("one", 1), Key("two", 0)]
    for count in (1, 2):  # and once more after a restart
        bench.spawn(*keys)
        for key in keys:
            end = bench.until(key, Exited, count=count)
            assert (end.code, bench.output(key)) == (0, "")
    assert said(bench) == sorted(["one-0", "one-1", "two-0"] * 2)


@pytest.mark.parametrize(
    "ending",
    [
        "import atexit\natexit.register(lambda: open(f'{HERE}/ended', 'a').write('x'))",
        "import weakref\nclass A: pass\na = A()\nweakref.finalize(a, lambda: open(f'{HERE}/ended', 'a').write('x'))",
    ],
    ids=["atexit", "finalize"],
)
def test_f67_what_a_module_registers_for_the_end_runs_once_in_each_daemon(bench: Bench, ending: str) -> None:
    bench.module("ends", f"HERE = {str(bench.directory)!r}\n{ending}{STOP}def create(): return stop")
    keys = [bench.daemon("ends"), bench.daemon("more", factory="ends:create")]
    bench.spawn(*keys)
    for key in keys:
        assert bench.until(key, Exited).code == 0
    assert (bench.directory / "ended").read_text() == "xx"


def task(bench: Bench, name: str, imports: str, shows: str) -> None:
    """A module whose factory prints something, and whose task ends at once."""
    bench.module(name, f"{imports}{STOP}def create():\n    print({shows})\n    return stop")


def library(bench: Bench, name: str, text: str) -> None:
    """Something installed: in a directory that is called as those are."""
    place = bench.directory / "site-packages"
    place.mkdir(exist_ok=True)
    (place / f"{name}.py").write_text(textwrap.dedent(text))


@pytest.fixture
def installed(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """Libraries of the bench are found by zygotes and by daemons."""
    monkeypatch.setenv("PYTHONPATH", str(bench.directory / "site-packages"))
    return bench


def test_f67_a_library_that_tidies_up_is_shared_all_the_same(installed: Bench) -> None:
    library(
        installed,
        "tidy",
        """
        import atexit, os, weakref
        loaded_by = os.getpid()
        class Pool: pass
        pool = Pool()
        weakref.finalize(pool, lambda: open("ended", "a").write("f"))
        atexit.register(lambda: open("ended", "a").write("a"))
        """,
    )
    installed.module("user", f"import tidy{STOP}def create():\n    print(tidy.loaded_by)\n    return stop")
    keys = [installed.daemon("user"), installed.daemon("more", factory="user:create")]
    installed.spawn(*keys)
    for key in keys:
        assert installed.until(key, Exited).code == 0
    loaders = {installed.output(key) for key in keys}
    assert len(loaders) == 1, "it is imported once, by the zygote"
    assert sorted((installed.directory / "ended").read_text()) == ["a", "a", "f", "f"]


@pytest.mark.parametrize(
    "made",
    [
        "import tempfile\ntmp = tempfile.TemporaryDirectory()\nplace = tmp.name",
        "import atexit, shutil, tempfile\nplace = tempfile.mkdtemp()\natexit.register(shutil.rmtree, place)",
        "import atexit, os, tempfile\nplace = tempfile.mkdtemp()\natexit.register(lambda: os.rmdir(place))",
        """
        import os, tempfile, weakref
        fd, place = tempfile.mkstemp()
        os.close(fd)
        class Lock: pass
        lock = Lock()
        weakref.finalize(lock, os.unlink, place)
        """,
        """
        import atexit, os, pathlib
        path = pathlib.Path(f"lock-{os.getpid()}")
        path.touch()
        place = str(path)
        def clean():
            try: path.unlink()
            except OSError: pass
        atexit.register(clean)
        """,
    ],
    ids=["a temporary directory", "rmtree", "rmdir", "a finalizer", "a lock file"],
)
@pytest.mark.parametrize("deep", [False, True], ids=["its own", "deep"])
def test_f67_what_a_library_makes_for_the_time_of_a_process_is_each_daemons_own(
    installed: Bench, monkeypatch: pytest.MonkeyPatch, made: str, deep: bool
) -> None:
    temporary = installed.directory / "tmp"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    library(installed, "inner" if deep else "maker", made)
    if deep:
        library(installed, "maker", "from inner import place")
    installed.module(
        "user",
        f"import maker, os, signal{STOP}def create():\n    print(maker.place)\n    return stop\n"
        "def again():\n    print(maker.place, os.path.exists(maker.place))\n    return signal.pause",
    )
    lives, ends = installed.daemon("lives", factory="user:again"), installed.daemon("ends", factory="user:create")
    installed.spawn(lives, ends)
    installed.until(lives, Ready)
    assert installed.until(ends, Exited).code == 0
    place, there = installed.output(lives).split()
    assert there == "True"
    assert (installed.directory / place).exists(), "the end of another daemon has taken it away"
    assert installed.output(ends).strip() != place
    assert [notice for notice in installed.notices if "maker is left to the daemons" in notice] != []

    installed.engine.signal(lives, "TERM")
    installed.until(lives, Exited)
    assert list(temporary.iterdir()) == list(installed.directory.glob("lock-*")) == [], "of the zygote's, too"


@pytest.mark.parametrize(
    "act",
    [
        "open(did, 'w').close()",
        "os.close(os.open(did, os.O_CREAT))",
        "os.mkdir(did)",
        "os.symlink('nowhere', did)",
        "subprocess.run(['mkdir', did])",
        "os.system('mkdir ' + did)",
        "os.waitpid(os.posix_spawnp('mkdir', ['mkdir', did], os.environ), 0)",
        "sqlite3.connect(did)",
    ],
)
def test_f67_what_a_handler_does_is_done_by_each_daemon_and_by_nobody_else(installed: Bench, act: str) -> None:
    library(
        installed,
        "acts",
        f"""
        import atexit, os, sqlite3, subprocess
        loaded_by = os.getpid()
        def act():
            did = f"did-{{os.getpid()}}"
            try: {act}
            except Exception: pass
        atexit.register(act)
        """,
    )
    installed.module("user", f"import acts{STOP}def create():\n    print(acts.loaded_by)\n    return stop")
    keys = [installed.daemon("user"), installed.daemon("more", factory="user:create")]
    pids = {installed.start(key) for key in keys}
    for key in keys:
        installed.until(key, Exited)
    assert {path.name for path in installed.directory.glob("did-*")} == {f"did-{pid}" for pid in pids}
    assert len({installed.output(key) for key in keys}) == 1, "it is shared"


def test_f67_a_handler_that_never_ends_is_left_to_the_daemons(installed: Bench) -> None:
    library(installed, "hangs", "import atexit, time\natexit.register(time.sleep, 1000)")
    installed.module("user", "import hangs, signal\ndef create(): return signal.pause")
    installed.start(installed.daemon("user"))
    assert [notice for notice in installed.notices if "hangs is left to the daemons" in notice] != []


@pytest.mark.parametrize(
    "harm",
    [
        "file = open('/dev/null')",
        "import socket\nsock = socket.socket()",
        "import threading, time\nthreading.Thread(target=time.sleep, args=(1000,), daemon=True).start()",
        "import subprocess\nchild = subprocess.Popen(['sleep', '0.01'])",
    ],
    ids=["a file", "a socket", "a thread", "a child"],
)
def test_f66_a_library_that_leaves_something_behind_is_left_out(installed: Bench, harm: str) -> None:
    library(installed, "leaves", f"import os\nloaded_by = os.getpid()\n{harm}")
    installed.module(
        "user", f"import leaves, os{STOP}def create():\n    print(leaves.loaded_by == os.getpid())\n    return stop"
    )
    key = installed.daemon("user")
    assert installed.run(key).code == 0
    assert installed.output(key) == "True\n"
    assert [notice for notice in installed.notices if "leaves is left to the daemons" in notice] != []


def test_f71_a_library_that_is_slow_to_import_delays_no_daemon_that_does_not_need_it(installed: Bench) -> None:
    library(installed, "slow", "import time\ntime.sleep(5)")
    installed.module("needs", "import slow, signal\ndef create(): return signal.pause")
    installed.module("free", "import signal\ndef create(): return signal.pause")
    slow = installed.daemon("needs")
    others = [installed.daemon(f"free{number}", factory="free:create") for number in range(20)]
    began = time.monotonic()
    installed.spawn(slow, *others)
    for key in others:
        installed.until(key, Ready)
    took = time.monotonic() - began
    assert installed.told(slow, Spawned) == [], "its library is still being imported"
    assert took < 4.0
    installed.until(slow, Ready)


def test_f71_a_module_that_is_slow_to_import_delays_nobody(bench: Bench) -> None:
    bench.module("slow", "import time, signal\ntime.sleep(5)\ndef create(): return signal.pause")
    bench.module("free", "import signal\ndef create(): return signal.pause")
    slow = bench.daemon("slow")
    others = [bench.daemon(f"free{number}", factory="free:create") for number in range(20)]
    bench.spawn(slow, *others)
    for key in others:
        bench.until(key, Ready)
    bench.until(slow, Spawned)
    assert bench.told(slow, Ready) == []


COLLISIONS = {
    "a metric": (
        "import registry\nregistry.add('runs')",
        "import registry\nregistry.add('runs')",
        "print(sorted(registry.names))",
        ["['runs']", "['runs']"],
    ),
    "logging": (
        "import logging\nlogging.basicConfig(format='one %(message)s', level='INFO')",
        "import logging\nlogging.basicConfig(format='two %(message)s', level='INFO')",
        "logging.info('x')",
        ["one x", "two x"],
    ),
    "the locale": (
        "import locale\nlocale.setlocale(locale.LC_CTYPE, 'C')",
        "import locale\nlocale.setlocale(locale.LC_CTYPE, 'C.UTF-8')",
        "print(locale.setlocale(locale.LC_CTYPE))",
        ["C", "C.UTF-8"],
    ),
    "the start method": (
        "import multiprocessing\nmultiprocessing.set_start_method('spawn')",
        "import multiprocessing\nmultiprocessing.set_start_method('forkserver')",
        "print(multiprocessing.get_start_method())",
        ["spawn", "forkserver"],
    ),
    "the event loop policy": (
        "import asyncio\nclass P(asyncio.DefaultEventLoopPolicy): name = 'one'\nasyncio.set_event_loop_policy(P())",
        "import asyncio\nclass P(asyncio.DefaultEventLoopPolicy): name = 'two'\nasyncio.set_event_loop_policy(P())",
        "print(asyncio.get_event_loop_policy().name)",
        ["one", "two"],
    ),
    "the environment": (
        "import os\nos.environ['MODE'] = 'one'",
        "import os\nos.environ['MODE'] = 'two'",
        "print(os.environ['MODE'])",
        ["one", "two"],
    ),
    "a patch": (
        "import json\njson.dumps = lambda value: 'one'",
        "import json",
        "print(json.dumps(1))",
        ["one", "1"],
    ),
}


@pytest.mark.parametrize(("one", "two", "shows", "expected"), COLLISIONS.values(), ids=COLLISIONS)
def test_f73_daemons_whose_imports_collide_are_each_as_if_alone(
    installed: Bench, one: str, two: str, shows: str, expected: list[str]
) -> None:
    library(
        installed,
        "registry",
        """
        names = set()
        def add(name):
            if name in names: raise ValueError(f"{name} is there already")
            names.add(name)
        """,
    )
    keys = []
    for name, text in (("one", one), ("two", two)):
        installed.module(name, f"{text}{STOP}def create():\n    {shows}\n    return stop")
        keys.append(installed.daemon(name))
    installed.spawn(*keys)
    for key in keys:
        assert installed.until(key, Exited).code == 0, installed.output(key)
    assert [installed.output(key).strip() for key in keys] == expected


def test_f73_one_that_patches_the_world_harms_no_other(installed: Bench) -> None:
    """A stand-in for gevent, which is told by its name; the real one is tried with `-m libraries`."""
    library(installed, "gevent", "import os, sys\nseen = 'json.tool' in sys.modules\nloaded_by = os.getpid()")
    installed.module(
        "green",
        f"import gevent, os{STOP}def create():\n    print(gevent.loaded_by == os.getpid(), gevent.seen)\n"
        "    return stop",
    )
    installed.module(
        "plain", f"import sys, json.tool{STOP}def create():\n    print('gevent' in sys.modules)\n    return stop"
    )
    keys = [installed.daemon("green"), installed.daemon("plain")]
    installed.spawn(*keys)
    for key in keys:
        assert installed.until(key, Exited).code == 0
    assert [installed.output(key) for key in keys] == ["True False\n", "False\n"]


def test_what_only_defines_is_shared(bench: Bench) -> None:
    """Its module object was made by the zygote: a list that it defines is a copy of one list."""
    bench.module(
        "shapes", "import dataclasses\n@dataclasses.dataclass\nclass Point:\n    x: int = 0\nSIDES = {'square': 4}"
    )
    bench.module(
        "jobs",
        f"import sys\nfrom shapes import Point, SIDES{STOP}"
        "def create():\n    print(id(SIDES), 'shapes' in sys.modules)\n    return stop",
    )
    keys = [bench.daemon("jobs"), bench.daemon("more", factory="jobs:create")]
    bench.spawn(*keys)
    for key in keys:
        assert bench.until(key, Exited).code == 0
    assert len({bench.output(key) for key in keys}) == 1


def test_a_library_that_hangs_is_waited_for_no_longer_than_patience(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(tmp_path, timeouts=Timeouts(answer=5.0, preload=0.3))
    monkeypatch.setenv("PYTHONPATH", str(bench.directory / "site-packages"))
    library(bench, "hangs", "import time\ntime.sleep(1000)")
    bench.module("user", "import hangs\ndef create(): pass")
    key = bench.daemon("user")
    try:
        bench.spawn(key)
        bench.until(key, Spawned)
        assert bench.told(key, SpawnFailed) == []
        assert [notice for notice in bench.notices if "hangs is left to the daemons" in notice] != []
    finally:
        bench.close()


HANGS = """
    [daemons.waits]
    factory = "user:create"
    sleep = 1
    [daemons.free]
    factory = "free:create"
    sleep = 1
"""


@pytest.mark.parametrize("verb", [("stop", "waits"), ("down", "-t", "1")], ids=["stop", "down"])
def test_a_start_that_waits_for_an_import_can_be_stopped(project: Project, verb: Sequence[str]) -> None:
    """Issue 9: `down -t 1` took 57 s, as long as the zygote had for the import."""
    place = project.directory / "site-packages"
    project.file("site-packages/hangs.py", "import time\ntime.sleep(1000)\n")
    project.file("user.py", "import hangs\ndef create(): return lambda: None\n")
    project.file("free.py", "def create(): return lambda: None\n")
    project.environ["PYTHONPATH"] = str(place)
    project.manifest(HANGS)
    project.run("up", "-d", "free")
    with project.process("start", "waits") as starting:
        project.until("waits", lambda one: one["state"] == "starting")
        began = time.monotonic()
        project.run(*verb)
        assert time.monotonic() - began < 15.0
        starting.wait(PATIENCE)


def test_a_module_that_forks_at_import_leaves_nothing_behind_its_daemon(project: Project) -> None:
    """`nothing_left` looks, too."""
    project.file(
        "forks.py",
        "import os, signal\nchild = os.fork()\nif child == 0:\n    signal.pause()\n    os._exit(0)\n"
        "def create(): return lambda: None\n",
    )
    project.manifest('[daemons.forks]\nfactory = "forks:create"\nsleep = 1\n')
    project.up()
    pid = project.instance("forks")["pid"]
    (child,) = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    project.down()
    assert not Path(f"/proc/{child}").exists()


def test_a_restart_shares_what_the_first_start_did_not_wait_for(installed: Bench) -> None:
    """Each of its libraries takes longer to import than others wait; once all is loaded, all is shared (issue 8)."""
    for name in ("one", "two", "three"):
        library(installed, name, "import os, time\ntime.sleep(0.6)\nloaded_by = os.getpid()")
        installed.module(
            f"uses_{name}",
            f"import {name}, signal\ndef create():\n    print({name}.loaded_by)\n    return signal.pause",
        )
    keys = [installed.daemon(f"uses-{name}", factory=f"uses_{name}:create") for name in ("one", "two", "three")]
    engine = installed.engine
    installed.spawn(*keys)
    for key in keys:
        installed.until(key, Ready)
    first = {key: engine.origin(key) for key in keys}
    assert {one.bare for one in first.values() if one is not None and one.bare} == {"one was being imported"}

    def loaded() -> bool:
        told = [installed.sharing(key) for key in keys]
        return all(one is not None and one["loaded"] for one in told)

    installed.reactor.run_until(loaded, PATIENCE)
    for key in keys:
        engine.signal(key, "TERM")
        installed.until(key, Exited)
        (installed.directory / f"{key.name}-0.out").write_text("")
        installed.start(key)
        installed.until(key, Ready, count=2)
    origins = [engine.origin(key) for key in keys]
    assert [one.bare for one in origins if one is not None] == [None, None, None]
    assert {one.zygote for one in origins if one is not None} == {int(installed.output(key)) for key in keys}


def test_one_with_an_environment_of_its_own_begins_bare_and_says_so(installed: Bench) -> None:
    library(installed, "lib", "import os\nloaded_by = os.getpid()")
    installed.module("user", "import lib, signal\ndef create():\n    print(lib.loaded_by)\n    return signal.pause")
    shares = installed.daemon("user")
    alone = installed.daemon("alone", factory="user:create", env={"COLOR": "red"})
    pids = {}
    for key in (shares, alone):
        pids[key] = installed.start(key)
        installed.until(key, Ready)
    shared, own = installed.engine.origin(shares), installed.engine.origin(alone)
    assert shared is not None
    assert own is not None
    assert (shared.bare, own.bare) == (None, "its env is its own, and may matter at import")
    assert int(installed.output(shares)) == shared.zygote
    assert int(installed.output(alone)) == pids[alone]


def test_after_a_deployment_that_lasted_daemons_share_again(installed: Bench) -> None:
    """Each import changes a file, as when a deployment writes one after the other: three zygotes are stale at once."""
    library(
        installed,
        "deploys",
        f"""
        import os
        loaded_by = os.getpid()
        if os.stat({str(installed.directory / "user.py")!r}).st_size < 1000:
            with open({str(installed.directory / "user.py")!r}, "a") as file:
                file.write("#" * 250 + "\\n")
        """,
    )
    installed.module("user", f"import deploys{STOP}def create():\n    print(deploys.loaded_by)\n    return stop")
    keys = [installed.daemon("user"), installed.daemon("more", factory="user:create")]
    assert installed.run(keys[0]).code == 0
    (installed.directory / "user-0.out").write_text("")

    for key in keys:
        assert installed.run(key).code == 0
    assert len({installed.output(key) for key in keys}) == 1, "both were forked from one zygote that has imported it"


def test_a_zygote_pauses_before_a_library_and_not_before_a_module_that_only_defines(tmp_path: Path) -> None:
    """Whoever is forked in a pause has for himself what the next imports change: a light daemon has 4.7 MB, not 1.7."""
    (tmp_path / "site-packages").mkdir()
    (tmp_path / "site-packages" / "lib.py").write_text("")
    for name in ("one", "two", "three"):
        (tmp_path / f"{name}.py").write_text("import json\ndef create(): pass\n")
    (tmp_path / "needs.py").write_text("import json, lib\ndef create(): pass\n")
    script = """
        import json, sys
        from udaemon.engines.zygote.load import Loader
        from udaemon.engines.zygote.sharing import Root, Sharing
        sys.path[:0] = sys.argv[1:]
        roots = [Root((name,)) for name in ("needs", "one", "two", "three")]
        told = []
        steps = Loader(Sharing(roots, sys.path), roots, lambda module, users: told.append([module, users])).steps()
        print(json.dumps([[step.roots for step in steps], told]))
    """
    argv = [sys.executable, "-c", textwrap.dedent(script), str(tmp_path), str(tmp_path / "site-packages")]
    steps, told = json.loads(subprocess.run(argv, capture_output=True, check=True).stdout)
    assert steps == [[1, 2, 3], [0]]
    assert told == [["one", [1]], ["two", [2]], ["three", [3]], ["lib", [0]], ["needs", [0]]]
