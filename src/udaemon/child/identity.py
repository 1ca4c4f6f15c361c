"""Makes the process that calls what the manifest says of it: limits, priority, and at last the user and groups.

Knows no manifest. It is called in a process that has one thread, and never goes back: what is refused ends the start.
The order is that of what each step still needs: limits may be raised and priorities lowered by root only; groups go
before the user, who may change neither.
"""

from __future__ import annotations

import errno
import os
import resource
from collections.abc import Mapping
from typing import NamedTuple

from udaemon.system import oserror

_RETRY = frozenset({errno.EAGAIN, errno.ENOMEM, errno.EINTR})


class Identity(NamedTuple):
    """What a process is to be, as plain values. `rlimits` are (name, soft, hard), -1 for no limit.

    `cgroup` is the directory of its control group.
    """

    user: str | None = None
    group: str | None = None
    nice: int | None = None
    oom_score: int | None = None
    rlimits: tuple[tuple[str, int, int], ...] = ()
    stdin: str | None = None
    cgroup: str | None = None


NOBODY_ELSE = Identity()
"""Of a process that stays what it is."""


class IdentityRefused(Exception):
    """The process cannot be that; `passes` says whether it may be another time."""

    def __init__(self, message: str, *, passes: bool = False) -> None:
        super().__init__(message)
        self.passes = passes


def become(identity: Identity) -> dict[str, str]:
    """Be that from here on. Returns the variables that name the user: HOME, LOGNAME and USER.

    Raises:
        IdentityRefused: It cannot be; then this process must not go on.
    """
    if identity.cgroup is not None:  # first, as who has another user may not enter it
        _attempt("cgroup", _enter, identity.cgroup)
    for name, soft, hard in identity.rlimits:
        number = getattr(resource, f"RLIMIT_{name.upper()}", None)
        if number is None:
            raise IdentityRefused(f"rlimits.{name}: this system has no such limit")
        try:
            resource.setrlimit(number, (soft, hard))
        except (OSError, ValueError) as error:
            raise IdentityRefused(f"rlimits.{name}: {_limit_reason(error, number)}") from None
    if identity.oom_score is not None:
        _attempt(f"oom-score {identity.oom_score}", _score, identity.oom_score)
    if identity.nice is not None:
        _attempt(f"nice {identity.nice}", os.setpriority, os.PRIO_PROCESS, 0, identity.nice)
    named = _switch(identity.user, identity.group) if identity.user is not None or identity.group is not None else {}
    if identity.stdin is not None:
        _attempt(f"stdin {identity.stdin}", _read_from, identity.stdin)
    return named


def _switch(user: str | None, group: str | None) -> dict[str, str]:
    """Change to a user and all groups of it. One that it is already is no change, and needs no right."""
    import grp
    import pwd

    named: dict[str, str] = {}
    uid, gid, groups = os.getuid(), os.getgid(), [os.getgid()]
    if user is not None:
        try:
            entry = pwd.getpwuid(int(user)) if user.isdecimal() else pwd.getpwnam(user)
        except KeyError:
            if not user.isdecimal() or group is None:
                more = "; set group for one without an entry" if user.isdecimal() else ""
                raise IdentityRefused(f"user {user}: there is no such user{more}") from None
            uid, groups = int(user), []
        else:
            uid, gid = entry.pw_uid, entry.pw_gid
            groups = os.getgrouplist(entry.pw_name, gid)
            named = {"HOME": entry.pw_dir, "LOGNAME": entry.pw_name, "USER": entry.pw_name}
    if group is not None:
        try:
            gid = int(group) if group.isdecimal() else grp.getgrnam(group).gr_gid
        except KeyError:
            raise IdentityRefused(f"group {group}: there is no such group") from None
        groups = sorted({*groups, gid}) if user is not None else [gid]
    if (uid, gid) == (os.getuid(), os.getgid()) and (os.geteuid() or set(groups) <= {*os.getgroups(), gid}):
        return named
    what = f"user {user}" if user is not None else f"group {group}"
    _attempt(what, os.setgroups, groups)
    _attempt(what, os.setresgid, gid, gid, gid)
    _attempt(what, os.setresuid, uid, uid, uid)
    if os.getresuid() != (uid, uid, uid) or os.getresgid() != (gid, gid, gid):
        raise IdentityRefused(f"{what}: the kernel did not change to it")
    return named


def _attempt(what: str, call: object, *args: object) -> None:
    try:
        call(*args)  # type: ignore[operator]
    except OSError as error:
        own = f"; udaemon runs as uid {os.geteuid()}" if error.errno in (errno.EPERM, errno.EACCES) else ""
        passes = error.errno in _RETRY
        raise IdentityRefused(f"{what}: {oserror.named_reason(error)}{own}", passes=passes) from None


def _enter(directory: str) -> None:
    fd = os.open(f"{directory}/cgroup.procs", os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(fd, b"0")  # who writes it
    finally:
        os.close(fd)


def _score(score: int) -> None:
    with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
        file.write(str(score))


def _read_from(path: str) -> None:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    os.dup2(fd, 0)
    os.close(fd)


def _limit_reason(error: Exception, number: int) -> str:
    if isinstance(error, ValueError):  # Python's own words for EPERM
        hard = resource.getrlimit(number)[1]
        return f"the hard limit is {hard}, and uid {os.geteuid()} may not raise it so far"
    return oserror.named_reason(error) if isinstance(error, OSError) else str(error)


def variables(named: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """Those of the variables that name the user which the manifest does not set itself."""
    return {name: value for name, value in named.items() if name not in own}
