"""A table of module texts and what their import does, each line as people write it."""

# ruff: noqa: E501, ISC004 - a row is a module
from __future__ import annotations

import pytest

from udaemon.policy.sharing.bindings import Origin
from udaemon.policy.sharing.module import LARGEST, examine
from udaemon.policy.sharing.verdict import NOTHING, Condition, Import, Reason, Verdict

PURE = [
    "",
    '"""Only a docstring."""',
    "import os\nimport a.b.c as d\nfrom . import x\nfrom .y import z as w\nfrom __future__ import annotations",
    "def f(a, b=1, *c, d=None, **e): open('x')",
    "async def f(): await g()",
    "def f(x: list[int] = [], *, y: dict[str, 'T'] | None = None) -> None: ...",
    "class A:\n    x = 1\n    y: int = 2\n    def f(self): open('x')",
    "class A(Exception): pass\nclass B(A, ValueError):\n    code = 3",
    "import enum\nclass A(enum.Enum):\n    X = 1\n    Y = enum.auto()\nDEFAULT = A.X",
    "from enum import IntEnum, unique\n@unique\nclass A(IntEnum):\n    X = 1",
    "from enum import Enum\nclass A(str, Enum):\n    X = 'x'",
    "from abc import ABC, abstractmethod, ABCMeta\nclass A(ABC):\n    @abstractmethod\n    def f(self): ...\n"
    "class B(metaclass=ABCMeta): pass",
    "import typing as t\nT = t.TypeVar('T')\nclass A(t.Generic[T]):\n    def f(self, x: T) -> t.Optional[T]: ...",
    "from typing import NamedTuple, TypedDict, Protocol\nclass P(NamedTuple):\n    x: int = 0\nclass D(TypedDict, total=False):\n"
    "    a: str\nclass Q(Protocol): ...",
    "from collections import namedtuple\nP = namedtuple('P', 'x y')\nclass R(namedtuple('R', ['a', 'b'])): pass",
    "from dataclasses import dataclass, field\n@dataclass(frozen=True)\nclass A:\n    x: int = 1\n"
    "    y: list = field(default_factory=list)",
    "import attrs\n@attrs.frozen\nclass A:\n    x: int = attrs.field(default=1)",
    "from attr import define, Factory\n@define(kw_only=True)\nclass A:\n    x: list = Factory(list)",
    "class A:\n    @property\n    def x(self): return 1\n    @x.setter\n    def x(self, v): ...\n    @staticmethod\n"
    "    def f(): ...\n    @classmethod\n    def g(cls): ...",
    "import functools\n@functools.lru_cache(maxsize=None)\ndef f(): open('x')\ng = functools.partial(f, 1)",
    "from contextlib import contextmanager\n@contextmanager\ndef f(): yield",
    "import logging, re\nlog = logging.getLogger(__name__)\nWORD = re.compile(r'\\w+', re.I | re.M)",
    "from pathlib import Path\nBASE = Path(__file__).resolve().parent.parent\nDATA = BASE / 'data' / f'{BASE.name}.txt'",
    "import os\nHERE = os.path.dirname(os.path.abspath(__file__))\nX = os.path.join(HERE, 'x')",
    "import os\nDEBUG = bool(int(os.environ.get('DEBUG', '0')))\nURL = os.getenv('URL')\nA = os.environ['A']\nB = 'C' in os.environ",
    "NAMES = 'a b c'.split()\nBOTH = ', '.join(NAMES).upper()\nX = '{}'.format(1)",
    "TABLE = {n: len(n) for n in ('a', 'b')}\nLIST = [x * 2 for x in range(3) if x]\nS = {*'abc'}\nG = (x for x in 'ab')",
    "TABLE = {}\nTABLE['a'] = 1\nTABLE.update(b=2)\nL = []\nL.append(TABLE)\nL += [1]",
    "__all__ = ['a']\n__all__ += ['b']\n__version__ = '1.0'\nx, (y, *z) = 1, (2, 3)\nN = 1\nN += 1",
    "def f(): ...\nf.short_description = 'x'",
    "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import heavy\n    x = open('y')",
    "import typing\nif typing.TYPE_CHECKING:\n    open('y')",
    "TYPE_CHECKING = False\nif TYPE_CHECKING:\n    open('y')",
    "if __name__ == '__main__':\n    main()",
    "if '__main__' == __name__:\n    main()",
    "try:\n    import tomllib\nexcept ImportError:\n    tomllib = None\nelse:\n    x = 1\nfinally:\n    y = 2",
    "try:\n    import a\nexcept ImportError:\n    raise RuntimeError('install a') from None",
    "from contextlib import suppress\nwith suppress(ImportError):\n    import a",
    "import sys\nif sys.version_info >= (3, 12):\n    X = 1\nelse:\n    X = 2",
    "import sys\nX = 1 if sys.platform == 'linux' else 2",
    "from datetime import timedelta\nfrom decimal import Decimal\nTTL = timedelta(days=1) * 2\nVAT = Decimal('0.19')",
    "import threading\nLOCK = threading.Lock()\nclass Worker(threading.Thread): ...",
    "import numpy as np\ndef f(x=np.nan): ...",
    "import third\ny: third.Thing = None\ndef f(a: third.A | None) -> third.B[int]: ...",
    "f = lambda x, y=1: open(x)",
    "from collections import defaultdict\nD = defaultdict(list)\nE = defaultdict(lambda: 0)\nD['a']",
    "if (n := 3) > 2:\n    X = f'{n:>4}'",
    "assert 1 < 2, 'no'\ndel_me = 1\ndel del_me\npass\n...",
    "for name in ('a', 'b'):\n    X = name",
    "from udaemon import CallbackTask\ndef run(): ...\ntask = CallbackTask(run)",
    "# -*- coding: latin-1 -*-\nX = 1",
    "\ufeffX = 1",
    "X = ValueError('x')\nY = object()\nZ = frozenset({1, 2}) | {3}",
    "from weakref import WeakValueDictionary\nCACHE = WeakValueDictionary()",
]

IMPURE = [
    ("f = open('a.txt', 'a')", 1, "calls open()"),
    ("import sqlite3\n\ndb = sqlite3.connect('x')", 3, "calls sqlite3.connect()"),
    ("from sqlite3 import connect as c\nc('x')", 2, "calls sqlite3.connect()"),
    ("import sqlite3\nc = sqlite3.connect\nd = c('x')", 3, "calls c()"),
    ("import logging\nlogging.basicConfig(filename='a.log')", 2, "calls logging.basicConfig()"),
    ("import logging\nh = logging.FileHandler('a.log')", 2, "calls logging.FileHandler()"),
    ("import logging.handlers as lh\nh = lh.RotatingFileHandler('a')", 2, "calls logging.handlers.RotatingFileHandler()"),
    ("import logging\nlogging.getLogger('a').setLevel(10)", 2, "calls logging.getLogger('a').setLevel()"),
    ("from prometheus_client import Counter\nRUNS = Counter('runs', 'x')", 2, "calls prometheus_client.Counter()"),
    ("import asyncio\nloop = asyncio.new_event_loop()", 2, "calls asyncio.new_event_loop()"),
    ("import multiprocessing\nq = multiprocessing.Queue()", 2, "calls multiprocessing.Queue()"),
    ("import multiprocessing as m\nm.set_start_method('spawn')", 2, "calls multiprocessing.set_start_method()"),
    ("import tempfile\nt = tempfile.TemporaryDirectory()", 2, "calls tempfile.TemporaryDirectory()"),
    ("import atexit\ndef end(): ...\natexit.register(end)", 3, "calls atexit.register()"),
    ("import atexit\n@atexit.register\ndef end(): ...", 2, "is decorated by atexit.register"),
    ("import weakref\nclass A: ...\nweakref.finalize(A, print)", 3, "calls weakref.finalize()"),
    ("import signal\nsignal.signal(15, signal.SIG_IGN)", 2, "calls signal.signal()"),
    ("import os\nos.environ['A'] = '1'", 2, "changes os.environ['A']"),
    ("import os\nos.environ.setdefault('A', '1')", 2, "calls os.environ.setdefault()"),
    ("import os\nos.environ |= {'A': '1'}", 2, "changes os.environ"),
    ("import os\nx = dict(os.environ)", 2, "reads the environment as a whole, which holds the daemon's name"),
    ("from os import environ\nx = {**environ}", 2, "reads the environment as a whole, which holds the daemon's name"),
    ("import os\nx = os.environ['UDAEMON_NAME']", 2, "reads UDAEMON_NAME, which differs from daemon to daemon"),
    ("import os\nk = 'A'\nx = os.getenv(k)", 3, "reads a variable of the environment whose name is not plain"),
    ("import sys\nsys.path.insert(0, 'x')", 2, "calls sys.path.insert()"),
    ("import sys\nsys.path += ['x']", 2, "changes sys.path"),
    ("import sys\nsys.path[0] = 'x'", 2, "changes sys.path[0]"),
    ("import sys\nx = sys.path\nx += ['y']", 3, "changes x"),
    ("import sys\nx = sys.path\nx[0] = 'y'", 3, "changes x[0]"),
    ("import sys\nsys.excepthook = None", 2, "changes sys.excepthook"),
    ("import third\nthird.setting = 1", 2, "changes third.setting"),
    ("from third import LIST\nLIST += [1]", 2, "changes LIST"),
    ("from gevent import monkey\nmonkey.patch_all()", 2, "calls gevent.monkey.patch_all()"),
    ("import eventlet; eventlet.monkey_patch()", 1, "calls eventlet.monkey_patch()"),
    ("import random\nR = random.Random()", 2, "calls random.Random()"),
    ("import random\nrandom.seed(1)", 2, "calls random.seed()"),
    ("import threading\nthreading.Thread(target=print).start()", 2, "calls threading.Thread(target=print).start()"),
    ("import locale\nlocale.setlocale(locale.LC_ALL, '')", 2, "calls locale.setlocale()"),
    ("import mmap\nm = mmap.mmap(-1, 100)", 2, "calls mmap.mmap()"),
    ("import socket\ns = socket.socket()", 2, "calls socket.socket()"),
    ("import time\ntime.sleep(10)", 2, "calls time.sleep()"),
    ("import time\nBEGAN = time.time()", 2, "calls time.time()"),
    ("import os\nPID = os.getpid()", 2, "calls os.getpid()"),
    ("import uuid\nME = uuid.uuid4()", 2, "calls uuid.uuid4()"),
    ("from pathlib import Path\nHERE = Path('x').resolve()", 2, "calls Path('x').resolve()"),
    ("from pathlib import Path\nHERE = Path.cwd()", 2, "calls pathlib.Path.cwd()"),
    ("import os\nHERE = os.path.abspath('x')", 2, "calls os.path.abspath()"),
    ("from pathlib import Path\nT = Path(__file__).read_text()", 2, "calls Path(__file__).read_text()"),
    ("print('hello')", 1, "calls print()"),
    ("exec('x = 1')", 1, "calls exec()"),
    ("eval('1')", 1, "calls eval()"),
    ("__import__('x')", 1, "calls __import__()"),
    ("import importlib\nx = importlib.import_module('y')", 2, "calls importlib.import_module()"),
    ("def open(): ...\nopen()", 2, "calls open(), which is its own"),
    ("def f(): ...\nx = f()", 2, "calls f(), which is its own"),
    ("class A: ...\nx = A()", 2, "calls A(), which is its own"),
    ("from re import compile\ncompile = other\ncompile('x')", 2, "uses other, which is not defined in it"),
    ("from re import compile\ncompile = 1\ncompile('x')", 3, "calls compile()"),
    ("from os.path import *", 1, "imports * from os.path"),
    ("from .models import *", 1, "imports * from .models"),
    ("def __getattr__(name): ...", 1, "defines __getattr__, which runs when a name is asked for"),
    ("class M(type): ...\nclass A(metaclass=M): ...", 2, "has the metaclass M"),
    ("class A:\n    def __init_subclass__(cls): ...\nclass B(A): ...", 3, "derives B from A"),
    ("class A:\n    def __class_getitem__(cls, x): ...\ndef f(x: A[int]): ...", 1,
     "gives A a __class_getitem__(), which runs where A is only named"),
    ("class A:\n    __mro_entries__ = 1\nclass B(A): ...", 1,
     "gives A a __mro_entries__(), which runs where A is only named"),
    ("import os\ne = os.environ\nX = e['UDAEMON_NAME']", 2, "reads the environment as a whole, which holds the daemon's name"),
    ("import os\nX = (e := os.environ)['A']", 2, "reads the environment as a whole, which holds the daemon's name"),
    ("import os\nT = {'env': os.environ}", 2, "reads the environment as a whole, which holds the daemon's name"),
    ("def f(x): open('y')\nX = sorted('ab', **{'key': f})", 2, "calls sorted() with what it calls in turn"),
    ("import enum\nclass M: ...\nE = enum.Enum('E', 'a b', type=M)", 3, "calls enum.Enum() with what it calls in turn"),
    ("class A: ...\nA.__init_subclass__ = 1", 2, "changes A.__init_subclass__"),
    ("L = [1]\nfor x in L:\n    L.append(x)", 3, "works with L in a loop over it"),
    ("D = {1: 2}\nfor x in D.values():\n    D[x] = 1", 3, "works with D in a loop over it"),
    ("L = [1]\nfor x in L:\n    L += [x]", 3, "works with L in a loop over it"),
    ("from x import registry\n@registry.add\ndef f(): ...", 2, "is decorated by registry.add"),
    ("from x import app\n@app.task(queue='a')\ndef f(): ...", 2, "is decorated by app.task"),
    ("def deco(f): return f\n@deco\nclass A: ...", 2, "is decorated by deco"),
    ("class A:\n    x = open('y')", 2, "calls open()"),
    ("class A:\n    class B:\n        x = open('y')", 3, "calls open()"),
    ("class A:\n    for x in (1,):\n        print(x)", 3, "calls print()"),
    ("def f(x=open('y')): ...", 1, "calls open()"),
    ("def f(*, x=open('y')): ...", 1, "calls open()"),
    ("f = lambda x=open('y'): x", 1, "calls open()"),
    ("def f(x: open('y')): ...", 1, "calls open()"),
    ("x: open('y') = 1", 1, "calls open()"),
    ("X = f\"{open('y')}\"", 1, "calls open()"),
    ("X = [open(n) for n in ('a',)]", 1, "calls open()"),
    ("X = [n for n in ('a',) if open(n)]", 1, "calls open()"),
    ("X = {'a': open('y')}", 1, "calls open()"),
    ("if (f := open('y')): pass", 1, "calls open()"),
    ("X = 1 if open('y') else 2", 1, "calls open()"),
    ("with open('y') as f:\n    X = 1", 1, "calls open()"),
    ("import threading\nwith threading.Lock():\n    X = 1", 2, "enters threading.Lock()"),
    ("X = sorted('abc', key=print)", 1, "calls sorted() with what it calls in turn"),
    ("X = list(map(print, 'abc'))", 1, "calls map()"),
    ("import json\ndef f(x): ...\nX = json.dumps({}, default=f)", 3, "calls json.dumps() with what it calls in turn"),
    ("from collections import defaultdict\ndef f(): ...\nD = defaultdict(f)", 3, "makes a defaultdict that calls f"),
    ("from collections import defaultdict\nD = defaultdict(lambda: open('x'))", 2, "calls open()"),
    ("X = type('X', (), {})", 1, "calls type() with what it calls in turn"),
    ("while True: pass", 1, "has a while statement at its top level"),
    ("import sys\nmatch sys.platform:\n    case 'x': pass", 2, "has a match statement at its top level"),
    ("raise RuntimeError('x')", 1, "has a raise statement at its top level"),
    ("x = undefined", 1, "uses undefined, which is not defined in it"),
    ("if True:\n    print(1)", 2, "calls print()"),
    ("if False:\n    pass\nelse:\n    print(1)", 4, "calls print()"),
    ("try:\n    import a\nexcept ImportError:\n    print('no a')", 4, "calls print()"),
    ("__name__ = '__main__'\nif __name__ == '__main__':\n    main()", 3, "calls main()"),
    ("from enum import Enum\nclass A(Enum):\n    X = 1\n    def __init__(self, n): open('x')", 2, "makes members of A by its __init__()"),
    ("from enum import Enum\nclass M:\n    def __init__(self, n): open('x')\nclass A(M, Enum):\n    X = 1", 4,
     "makes members of A by a class that it derives from"),
    ("class A:\n    @classmethod\n    @property\n    def x(cls): open('y')\nA.x", 4,
     "makes x a property of the class, which runs when it is asked for"),
    ("import sys\ndel sys.modules['x']", 2, "deletes sys.modules['x']"),
    ("def broken(:", 1, "has a syntax error: invalid syntax"),
    ("X = 1\0", 1, None),
    ("# coding: no-such-thing\nX = 1", 1, None),
    ("X = " + "(" * 500 + ")" * 500, 1, None),
    ("X = " + "-" * 5000 + "1", 1, None),
    ("X = " + " + ".join(["1"] * 20000), 1, "is nested too deeply"),
    ("X = 1\n" * (LARGEST // 4), 1, "is larger than 1024 KiB"),
    ("import logging\nlog = logging.getLogger()\nlog.addHandler(logging.NullHandler())", 3, "calls log.addHandler()"),
]  # fmt: skip


@pytest.mark.parametrize("text", PURE)
def test_a_module_that_only_defines(text: str) -> None:
    assert examine(text.encode()).impure is None


@pytest.mark.parametrize(("text", "line", "reason"), IMPURE)
def test_a_module_that_does_more(text: str, line: int, reason: str | None) -> None:
    found = examine(text.encode()).impure
    assert found is not None
    if reason is not None:
        assert found == Reason(line, reason)


@pytest.mark.parametrize(
    ("text", "conditions"),
    [
        ("from app.base import Job\nclass Mail(Job): ...", [(Origin(0, "app.base", "Job"), True, 2)]),
        ("from .base import Job\nclass Mail(Job): ...", [(Origin(1, "base", "Job"), True, 2)]),
        ("import app.base as b\nclass Mail(b.Job): ...", [(Origin(0, "app.base", "Job"), True, 2)]),
        ("from app import config\nX = config.PORT", [(Origin(0, "app", "config.PORT"), False, 2)]),
        ("import app.config as c\nX = c.HOSTS", [(Origin(0, "app.config", "HOSTS"), False, 2)]),
        (
            "from django.conf import settings\nX = settings.DEBUG",
            [(Origin(0, "django.conf", "settings.DEBUG"), False, 2)],
        ),
        (
            "from django.conf import settings\ns = settings\nX = s.DEBUG",
            [(Origin(0, "django.conf", "settings"), False, 2)],
        ),
        ("import third\ns = third.settings", [(Origin(0, "third", "settings"), False, 2)]),
        ("import third\nT = {'a': third.f}", [(Origin(0, "third", "f"), False, 2)]),
        ("import third\nclass K:\n    a = third.f", [(Origin(0, "third", "f"), False, 3)]),
        ("import third, functools\nf = functools.partial(third.f)", [(Origin(0, "third", "f"), False, 2)]),
        ("from x import A, B\nC = A | B", [(Origin(0, "x", "A"), False, 2), (Origin(0, "x", "B"), False, 2)]),
        ("from x import A\nC = f'{A}'", [(Origin(0, "x", "A"), False, 2)]),
        ("from x import A\nC = [a for a in A]", [(Origin(0, "x", "A"), False, 2)]),
        ("from x import A\nC = {A: 1}", [(Origin(0, "x", "A"), False, 2)]),
        ("from x import A\ndef f(a: A | None = A): ...", []),
    ],
)
def test_what_depends_on_another_module_is_a_condition(text: str, conditions: list[tuple[Origin, bool, int]]) -> None:
    verdict = examine(text)
    assert verdict.impure is None
    assert [(one.origin, one.base, one.reason.line) for one in verdict.conditions] == conditions


def test_the_condition_says_what_is_wrong_where_it_does_not_hold() -> None:
    (condition,) = examine("from orm import Model\n\nclass Order(Model): ...").conditions
    assert condition == Condition(Origin(0, "orm", "Model"), True, Reason(3, "derives Order from Model"))


def test_imports_are_told_with_how_they_are_reached() -> None:
    text = (
        "import a.b, c\nfrom . import d\nfrom ..e import f, g as h\n"
        "try:\n    import i\nexcept ImportError:\n    import j\n"
        "if open('x'):\n    import k\ndef m():\n    import n\nif __name__ == '__main__':\n    import o\n"
        "class P:\n    import q\n"
    )
    assert examine(text).imports == (
        Import(0, "a.b", (), 1, sure=True, guarded=False),
        Import(0, "c", (), 1, sure=True, guarded=False),
        Import(1, "", ("d",), 2, sure=True, guarded=False),
        Import(2, "e", ("f", "g"), 3, sure=True, guarded=False),
        Import(0, "i", (), 5, sure=True, guarded=True),
        Import(0, "j", (), 7, sure=False, guarded=False),
        Import(0, "k", (), 9, sure=False, guarded=False),
        Import(0, "q", (), 15, sure=True, guarded=False),
    )


def test_plain_classes_and_names_from_elsewhere_are_told() -> None:
    verdict = examine(
        "import enum\nfrom .base import Job\nfrom .a import X\nfrom .b import X\n"
        "class Plain: ...\nclass Hooked:\n    def __init_subclass__(cls): ...\nclass Kind(enum.Enum): ...\n"
        "class Mail(Job): ...\n"
    )
    assert verdict.classes == {"Plain", "Mail"}
    assert verdict.exports == {
        "enum": (Origin(0, "enum", ""),),
        "Job": (Origin(1, "base", "Job"),),
        "X": (Origin(1, "a", "X"), Origin(1, "b", "X")),
    }
    either = examine("try:\n    from a import X\nexcept ImportError:\n    X = None\n")
    assert {name: set(found) for name, found in either.exports.items()} == {"X": {Origin(0, "a", "X"), NOTHING}}


def test_a_module_that_cannot_be_read_has_no_imports() -> None:
    assert examine("import a\ndef (") == Verdict(impure=Reason(2, "has a syntax error: invalid syntax"))
