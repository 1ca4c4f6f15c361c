"""The control groups of instances: limits, who is in them, what is left of them, and where they cannot be had."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.fakes.cgroup import FakeHierarchy

from udaemon.check.cgroups import check_cgroups
from udaemon.engines.cgroups import Cgroups
from udaemon.engines.commands import ExecFailed
from udaemon.manifest.cgroups import Cgroup
from udaemon.manifest.model import Daemon, Manifest, Stop
from udaemon.policy.instance import Key
from udaemon.policy.reasons import Trouble
from udaemon.system.cgroup import OURS, Hierarchy

KEY = Key("a", 0)
ALL = Daemon(name="a", command=("a",), cgroup=Cgroup(memory_max=64 * 1024**2, cpu=0.5, pids=10))
PIDS = Daemon(name="a", command=("a",), cgroup=Cgroup(pids=10))


@pytest.fixture
def groups(tmp_path: Path) -> FakeHierarchy:
    return FakeHierarchy(tmp_path / "delegated")


def prepared(cgroups: Cgroups, daemon: Daemon = ALL, key: Key = KEY) -> str:
    directory = cgroups.prepare(key, daemon)
    assert directory is not None
    return os.path.basename(directory)


def test_each_limit_is_written_as_the_kernel_reads_it(groups: FakeHierarchy) -> None:
    name = prepared(Cgroups("shop", "/run/shop", groups))
    assert groups.said(name, "memory.max") == "67108864\n"
    assert groups.said(name, "cpu.max") == "50000 100000\n"
    assert groups.said(name, "pids.max") == "10\n"


def test_a_daemon_without_limits_has_no_group_and_nothing_is_touched(groups: FakeHierarchy) -> None:
    cgroups = Cgroups("shop", "/run/shop", groups)
    for cgroup in (Cgroup(), Cgroup(optional=True)):
        assert cgroups.prepare(KEY, Daemon(name="a", command=("a",), cgroup=cgroup)) is None
    assert groups.written == []


def test_our_own_processes_go_to_a_leaf_before_controllers_are_handed_on(groups: FakeHierarchy) -> None:
    prepared(Cgroups("shop", "/run/shop", groups))
    assert groups.said(OURS, "cgroup.procs") == f"{os.getpid()}\n"
    assert groups.said("", "cgroup.procs") == ""
    assert groups.said("", "cgroup.subtree_control") == "cpu memory pids\n"


def test_the_next_supervisor_begins_in_the_leaf_and_finds_the_same_groups(groups: FakeHierarchy) -> None:
    prepared(Cgroups("shop", "/run/shop", groups))
    written = len(groups.written)
    after = FakeHierarchy(groups.top / OURS)
    assert after.base == str(groups.top)
    prepared(Cgroups("shop", "/run/shop", after))
    assert not [one for one in (*groups.written[written:], *after.written) if one[1] == "cgroup.subtree_control"]


def test_two_projects_and_two_instances_never_share_a_group(groups: FakeHierarchy) -> None:
    first, second = Cgroups("shop", "/run/1/shop", groups), Cgroups("shop", "/run/2/shop", groups)
    names = {prepared(first), prepared(second), prepared(first, key=Key("a", 1)), prepared(first, key=Key("a-0", 1))}
    assert len(names) == 4
    first.ended(KEY, kill=True)
    assert prepared(second) in os.listdir(groups.top)


def test_processes_of_somebody_else_are_left_where_they_are(tmp_path: Path) -> None:
    groups = FakeHierarchy(tmp_path / "delegated", members=(os.getpid(), 1))
    with pytest.raises(ExecFailed, match=r"processes that are not udaemon's, pid 1 \(.*Delegate=yes") as failed:
        Cgroups("shop", "/run/shop", groups).prepare(KEY, ALL)
    assert failed.value.trouble is Trouble.CONFIG
    assert "1\n" in groups.said("", "cgroup.procs")
    assert groups.look(["pids"]) is not None


def test_what_lacks_is_named_with_the_keys_that_need_it(tmp_path: Path) -> None:
    groups = FakeHierarchy(tmp_path / "delegated", controllers=("pids",))
    cgroups = Cgroups("shop", "/run/shop", groups)
    with pytest.raises(ExecFailed, match=r"^cgroup.memory-max, cgroup.cpu, cgroup.pids: .* no controllers memory, cpu"):
        cgroups.prepare(KEY, ALL)
    assert groups.written == []
    assert prepared(cgroups, PIDS)


def test_without_cgroup_v2_it_is_refused_for_good() -> None:
    with pytest.raises(ExecFailed, match=r"^cgroup.pids: there is no cgroup v2 .* optional = true") as failed:
        Cgroups("shop", "/run/shop", Hierarchy(None)).prepare(KEY, PIDS)
    assert failed.value.trouble is Trouble.CONFIG


def test_a_read_only_hierarchy_says_how_to_delegate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    groups = FakeHierarchy(tmp_path / "delegated")

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(groups, "make", refuse)
    with pytest.raises(ExecFailed, match=r"delegated is not ours to divide, .*EACCES.*Delegate=yes"):
        Cgroups("shop", "/run/shop", groups).prepare(KEY, PIDS)


def test_a_full_kernel_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    groups = FakeHierarchy(tmp_path / "delegated")

    def refuse(*_: object) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(groups, "make", refuse)
    with pytest.raises(ExecFailed) as failed:
        Cgroups("shop", "/run/shop", groups).prepare(KEY, PIDS)
    assert failed.value.trouble is Trouble.RESOURCE


def test_an_optional_one_goes_without_and_says_so_once() -> None:
    told: list[str] = []
    cgroups = Cgroups("shop", "/run/shop", Hierarchy(None), tell=told.append)
    daemon = Daemon(name="a", command=("a",), cgroup=Cgroup(pids=10, optional=True))
    assert [cgroups.prepare(Key("a", index), daemon) for index in (0, 1, 0)] == [None] * 3
    [line] = told
    assert line.startswith("a goes without cgroup.pids: there is no cgroup v2")


def test_an_end_kills_what_is_in_it_and_removes_it(groups: FakeHierarchy) -> None:
    cgroups = Cgroups("shop", "/run/shop", groups)
    name = prepared(cgroups)
    groups.write(groups.path(name), "cgroup.procs", "77")
    cgroups.kill(KEY)
    assert (name, "cgroup.kill", "1") in groups.written
    cgroups.ended(KEY, kill=True)
    assert not (groups.top / name).exists()
    cgroups.ended(KEY, kill=True)


def test_one_that_is_in_use_is_removed_when_the_last_has_gone(groups: FakeHierarchy) -> None:
    cgroups = Cgroups("shop", "/run/shop", groups)
    name = prepared(cgroups)
    groups.write(groups.path(name), "cgroup.procs", "77")
    cgroups.ended(KEY, kill=False)
    assert "77" in groups.said(name, "cgroup.procs"), "kill-tree = false leaves them alone"
    (groups.top / name / "cgroup.procs").write_text("")
    cgroups.sweep()
    assert not (groups.top / name).exists()


def test_what_a_killed_supervisor_left_is_removed_or_taken_over(groups: FakeHierarchy) -> None:
    first = Cgroups("shop", "/run/shop", groups)
    empty, lived_in = prepared(first, key=Key("b", 0)), prepared(first)
    other = prepared(Cgroups("mall", "/run/mall", groups))
    groups.write(groups.path(lived_in), "cgroup.procs", "77")

    second = Cgroups("shop", "/run/shop", groups)
    assert not (groups.top / empty).exists()
    assert (groups.top / other).exists()
    second.kill(KEY)
    assert groups.said(lived_in, "cgroup.procs") == ""
    second.ended(KEY, kill=True)
    assert not (groups.top / lived_in).exists()


@pytest.mark.parametrize("kill_tree", [True, False])
def test_a_start_in_a_group_that_is_there_has_its_own_limits_only(groups: FakeHierarchy, *, kill_tree: bool) -> None:
    name = prepared(Cgroups("shop", "/run/shop", groups))
    groups.write(groups.path(name), "cgroup.procs", "77")
    daemon = Daemon(name="a", command=("a",), cgroup=Cgroup(pids=3), stop=Stop(kill_tree=kill_tree))
    assert prepared(Cgroups("shop", "/run/shop", groups), daemon) == name
    assert [groups.said(name, f"{one}.max") for one in ("memory", "cpu", "pids")] == ["max\n", "max\n", "3\n"]
    assert (groups.said(name, "cgroup.procs") == "") == kill_tree


def test_f46_a_kill_above_its_memory_is_told_by_its_own_count(groups: FakeHierarchy) -> None:
    cgroups = Cgroups("shop", "/run/shop", groups)
    name = prepared(cgroups)
    assert cgroups.out_of_memory(KEY, ALL, killed=True) is None, "a KILL by hand"
    (groups.top / name / "memory.events").write_text("max 8\noom 1\noom_kill 1\noom_group_kill 0\n")
    assert cgroups.out_of_memory(KEY, ALL, killed=False) is None, "it was one of its children"
    told = cgroups.out_of_memory(KEY, ALL, killed=True)
    assert told == "killed by the kernel for want of memory; cgroup.memory-max is 64M"
    cgroups.ended(KEY, kill=True)
    prepared(cgroups)
    assert cgroups.out_of_memory(KEY, ALL, killed=True) is None


def test_a_kill_of_one_without_a_memory_limit_is_told_by_the_count_of_all(groups: FakeHierarchy) -> None:
    prepared(Cgroups("shop", "/run/shop", groups))
    (groups.top / "memory.events").write_text("oom_kill 3\n")
    cgroups = Cgroups("shop", "/run/shop", FakeHierarchy(groups.top / OURS))
    assert cgroups.out_of_memory(KEY, PIDS, killed=True) is None
    (groups.top / "memory.events").write_text("oom_kill 4\n")
    assert cgroups.out_of_memory(KEY, PIDS, killed=True) == "killed by the kernel, as memory ran out"


def test_check_warns_of_each_that_would_not_be_started_from_here(tmp_path: Path, groups: FakeHierarchy) -> None:
    daemons = {
        "a": ALL,
        "off": Daemon(name="off", command=("a",), enabled=False, cgroup=Cgroup(pids=1)),
        "may": Daemon(name="may", command=("a",), cgroup=Cgroup(pids=1, optional=True)),
        "none": Daemon(name="none", command=("a",)),
    }
    manifest = Manifest(file="/m", directory="/", project="shop", daemons=daemons)
    [found] = check_cgroups(manifest, Hierarchy(None))
    assert (found.code, found.path, found.severity) == ("no-cgroup", ("daemons", "a", "cgroup"), "warning")
    assert "there is no cgroup v2" in found.message
    assert list(check_cgroups(manifest, groups)) == []
    assert groups.written == []
    assert list(check_cgroups(manifest, FakeHierarchy(tmp_path / "part", controllers=("cpu",))))
