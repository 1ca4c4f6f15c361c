"""Other numbers of instances than a manifest says."""

from __future__ import annotations

import pytest
from attrs import evolve
from tests.fakes.host import manifest

from udaemon.errors import ExitCode, UdaemonError
from udaemon.manifest.model import Daemon
from udaemon.manifest.scaling import Scaled, scale

WEB = Daemon(name="web", command=("x",), instances=2, tags=("front",))
MAIL = Daemon(name="mail", task="jobs:mail")
SHOP = manifest(WEB, MAIL)


def test_what_files_say_is_remembered_until_it_is_so_again() -> None:
    four, told = scale(SHOP, {"web": 4})
    assert (four.daemons["web"].instances, four.scaled, told) == (4, {"web": 2}, (Scaled("web", 2, 4),))
    none, told = scale(four, {"web": 0})
    assert (none.daemons["web"].instances, none.scaled, told) == (0, {"web": 2}, (Scaled("web", 4, 0),))
    back, _ = scale(none, {"web": 2})
    assert (back, back.scaled) == (SHOP, {})


def test_all_that_a_glob_or_a_tag_means_is_scaled() -> None:
    assert [one.name for one in scale(SHOP, {"*": 3})[1]] == ["web", "mail"]
    scaled, _ = scale(SHOP, {"tag:front": 3, "mail": 1})
    assert (scaled.daemons["web"].instances, scaled.scaled) == (3, {"web": 2})


@pytest.mark.parametrize(
    ("numbers", "message", "code"),
    [
        ({"web": 3, "wep": 1}, "no such daemon: wep", ExitCode.NO_SUCH_DAEMON),
        ({"web/1": 3}, "web/1 is one instance", ExitCode.USAGE),
        ({f"w*{n}": 3 for n in range(200)} | {"web": 1}, "200 globs and tags at once", ExitCode.USAGE),
        ({"web": -1}, "web=-1: a daemon has 0 to 10000 instances", ExitCode.USAGE),
        ({"web": 10_001}, "web=10001: a daemon has 0 to 10000 instances", ExitCode.USAGE),
        ({"web": 3, "w*": 4}, "web cannot have 3 and 4 instances", ExitCode.USAGE),
    ],
)
def test_what_cannot_be_is_refused(numbers: dict[str, int], message: str, code: ExitCode) -> None:
    with pytest.raises(UdaemonError, match=message.replace("*", r"\*")) as caught:
        scale(SHOP, numbers)
    assert caught.value.exit_code == code


def test_an_instance_never_gets_the_pid_file_of_another_daemon() -> None:
    shop = manifest(evolve(MAIL, instances=1), evolve(WEB, name="mail-1", instances=1))
    with pytest.raises(UdaemonError, match="mail-1 and instance 1 of mail have one pid file"):
        scale(shop, {"mail": 2})
