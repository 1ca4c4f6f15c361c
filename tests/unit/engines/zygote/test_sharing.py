"""Tests of what is shared in a project on disk: what depends on more than one module."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from udaemon.engines.zygote.sharing import Root, Sharing

Share = Callable[..., Sharing]
JOBS = Root(("app.jobs",))


@pytest.fixture
def share(tmp_path: Path) -> Share:
    """Write a project, and look at what its `app.jobs` shares; `third` is an installed library."""

    def look(files: Mapping[str, str], root: Root = JOBS, **options: object) -> Sharing:
        installed = tmp_path / "site-packages"
        for name, text in {"app/__init__.py": "", **files}.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        (installed / "third").mkdir(parents=True)
        (installed / "third" / "__init__.py").write_text("class Base: ...\nsettings = 1\n")
        return Sharing([root], [str(tmp_path), str(installed), *sys.path], **options)  # type: ignore[arg-type]

    return look


def reasons(sharing: Sharing, root: Root = JOBS) -> dict[str, str]:
    return {one.module: f"{one.reason.line}: {one.reason.text}" for one in sharing.unshared(root)}


@pytest.mark.parametrize(
    ("jobs", "reason"),
    [
        ("from app.base import Job\nclass Mail(Job): ...", None),
        ("from .again import Job\nclass Mail(Job): ...", None),
        ("import app.again as a\nclass Mail(a.Job): ...", None),
        ("from app.base import Hooked\nclass Mail(Hooked): ...", "2: derives Mail from Hooked"),
        ("from third import Base\nclass Mail(Base): ...", "2: derives Mail from Base"),
        ("from .again import Base\nclass Mail(Base): ...", "2: derives Mail from Base"),
        ("from .again import Either\nclass Mail(Either): ...", "2: derives Mail from Either"),
        ("from .again import ABC\nclass Mail(ABC): ...", None),
        ("from .round import A\nclass Mail(A): ...", "2: derives Mail from A"),
        ("from .base import PORT\nX = f'{PORT}'", None),
        ("from . import base\nX = base.PORT + 1", None),
        ("import app.base\nX = app.base.PORT + 1", None),
        ("from third import settings\nX = settings.DEBUG", "2: works with settings.DEBUG"),
        ("from third import settings\ns = settings\nX = s.DEBUG", "2: works with settings"),
        ("from .again import settings\nX = settings.DEBUG", "2: works with settings.DEBUG"),
        ("from . import again\nX = again.settings.DEBUG", "2: works with again.settings.DEBUG"),
        ("import app.again\nX = app.again.settings.DEBUG", "2: works with app.again.settings.DEBUG"),
        ("from . import again\nm = again\nX = m.settings.DEBUG", "2: works with again"),
        ("from .again import environ\nX = environ['UDAEMON_NAME']", "2: works with environ"),
        ("from .again import Path\nX = [Path]", None),
    ],
)
def test_what_a_module_takes_from_another_decides(share: Share, jobs: str, reason: str | None) -> None:
    sharing = share(
        {
            "app/jobs.py": jobs,
            "app/base.py": "PORT = 1\nclass Job: ...\nclass Hooked:\n    def __init_subclass__(cls): ...\n",
            "app/again.py": "from abc import ABC\nfrom os import environ\nfrom pathlib import Path\n"
            "from third import settings, Base\nfrom .base import Job\n"
            "try:\n    from .base import Job as Either\nexcept ImportError:\n    class Either: ...\n",
            "app/round.py": "from .trip import A",
            "app/trip.py": "from .round import A",
        }
    )
    assert reasons(sharing) == ({} if reason is None else {"app.jobs": reason})


def test_who_imports_what_is_not_shared_is_not_shared_either(share: Share) -> None:
    sharing = share(
        {
            "app/jobs.py": "import json\nfrom app import deep\nfrom app.words import WORD",
            "app/deep.py": "import third\n\nfrom .db import db",
            "app/db.py": "import sqlite3\ndb = sqlite3.connect(':memory:')",
            "app/words.py": "WORD = 'x'",
        }
    )
    assert reasons(sharing) == {
        "app.jobs": "2: imports app.deep, which is not shared",
        "app.deep": "3: imports app.db, which is not shared",
        "app.db": "2: calls sqlite3.connect()",
    }
    assert sorted(sharing.shared(JOBS)) == ["app", "app.words"]
    assert sorted({library.module for library in sharing.libraries(JOBS)}) == ["json", "sqlite3", "third"]


def test_a_package_that_does_more_keeps_its_modules_out(share: Share) -> None:
    sharing = share({"app/__init__.py": "print('hello')", "app/jobs.py": "X = 1"})
    assert reasons(sharing) == {
        "app": "1: calls print()",
        "app.jobs": "1: is in app, which is not shared",
    }


def test_the_daemons_own_package_is_the_projects_where_it_is_installed(share: Share) -> None:
    root = Root(("mine.jobs",))
    sharing = share(
        {
            "site-packages/mine/__init__.py": "",
            "site-packages/mine/jobs.py": "from .db import f",
            "site-packages/mine/db.py": "f = open('x')",
        },
        root,
    )
    assert reasons(sharing, root)["mine.db"] == "1: calls open()"


def test_what_the_author_vouches_for_is_shared_with_all_that_it_imports(share: Share) -> None:
    root = Root(("app.jobs",), ("app.db",))
    sharing = share(
        {
            "app/jobs.py": "from .db import f",
            "app/db.py": "from .conf import c\nf = open(c)",
            "app/conf.py": "c = str()",
        },
        root,
    )
    assert reasons(sharing, root) == {}


def test_a_library_that_is_left_out_keeps_those_out_that_import_it(share: Share) -> None:
    sharing = share({"app/jobs.py": "X = 1\nimport third"}, left_out={"third": "it forked at import"})
    assert reasons(sharing) == {"app.jobs": "2: imports third, which is not shared: it forked at import"}
    assert list(sharing.libraries(JOBS)) == []


def test_nothing_is_imported_to_find_a_module(share: Share) -> None:
    share({"app/jobs.py": "from app.deep.er import X", "app/deep/er.py": "X = 1"})
    assert not {name for name in sys.modules if name == "app" or name.startswith("app.")}
