"""Names of keys and what they were called elsewhere: one row for each word of another system.

Knows no table of the model: whether a key is there already is `meant.py`'s to look up. Only a mistake imports it.
"""

from __future__ import annotations

from typing import NamedTuple


class Word(NamedTuple):
    """A word of another system, our key for it, dotted from the daemon, and how its value is written here.

    `key` is empty where there is no counterpart; `note` says then what to do.
    """

    word: str
    key: str
    note: str = ""


def _each(words: str, key: str, note: str) -> tuple[Word, ...]:
    """Make rows of words that have the same answer."""
    return tuple(Word(word, key, note) for word in words.split())


_W = Word
_SECONDS = 'seconds as a number, or text such as "10s"'
_ENV = 'a table: env = { NAME = "value" }'
_SIZE = '"64K" and "10M" are powers of 1024'
_COUNT = "automatic restarts within start-limit.window"
_APART = '"separate" for a file of its own, NAME.err.log'
_WAIT = "the wait after the second crash in a row: the first restart is at once"

TOP: tuple[Word, ...] = (
    _W("services", "daemons", "each service is a table [daemons.NAME]; its keys have other names here"),
    _W("processes", "daemons", "each process is a table [daemons.NAME]; its keys have other names here"),
    *_each(
        "programs program watchers watcher jobs tasks beat_schedule daemon", "daemons", "each is a table [daemons.NAME]"
    ),
    _W("apps", "daemons", "each app is a table [daemons.NAME]; its name is the key"),
    _W("service", "daemons", "a systemd unit becomes a table [daemons.NAME]"),
    _W("unit", "", "take the section out: description stands in [daemons.NAME]"),
    _W("install", "", "take the section out: autostart says what `udaemon up` starts"),
    _W("version", "", "take it out: a manifest has no version"),
    _W("volumes", "", "take it out: daemons see the file system as it is"),
    _W("networks", "", "take it out: daemons use the network of the machine"),
    _W("name", "project"),
    _W("environment", "env", _ENV),
    _W("default", "defaults"),
    *_each("log_level log_location is_strict", "", "take it out: `udaemon up -v` and `-q` say how much is told"),
    _W("supervisord", "", "take the section out: `udaemon up` is the supervisor, `udaemon --help` has its options"),
    _W("supervisorctl", "", "take the section out: verbs find the running project by its manifest"),
    _W("circus", "", "take the section out: verbs find the running project by its manifest"),
)
"""Words of the top level of any system."""

SYSTEMS: dict[str, tuple[Word, ...]] = {
    "systemd": (
        _W("ExecStart", "command"),
        _W("ExecStop", "stop.signal", "udaemon stops by a signal, by default TERM"),
        _W("ExecReload", "", "take it out: `udaemon signal HUP NAME`, or `udaemon restart NAME`"),
        _W("ExecStartPre", "before-start"),
        _W("ExecStopPost", "after-stop"),
        _W("User", "user"),
        _W("Group", "group"),
        _W("WorkingDirectory", "cwd"),
        _W("Environment", "env", _ENV),
        _W("EnvironmentFile", "env-file"),
        _W("PassEnvironment", "", "take it out: daemons get all variables, or few with env-inherit = false"),
        _W("RestartSec", "backoff.initial", _WAIT),
        _W("RestartSteps", "backoff.factor"),
        _W("RestartMaxDelaySec", "backoff.max", _SECONDS),
        _W("TimeoutStopSec", "stop.timeout", _SECONDS),
        _W("TimeoutStartSec", "ready.within", _SECONDS),
        _W("RuntimeMaxSec", "max-age", _SECONDS),
        _W("KillSignal", "stop.signal", '"INT" or "SIGINT"'),
        _W("KillMode", "stop.kill-tree", "true for control-group, false for process"),
        _W("SendSIGKILL", "", "take it out: after stop.timeout the daemon is killed"),
        *_each("After Requires Requisite BindsTo PartOf", "depends-on", ""),
        _W("Before", "depends-on", "the other way round: it stands in the daemon that waits"),
        _W("Wants", "depends-on", "a table: depends-on = { db = { required = false } }"),
        *_each("LimitNOFILE LimitNPROC LimitCORE LimitAS LimitMEMLOCK", "rlimits", "a table"),
        *_each("TimeoutSec FinalKillTimeoutSec", "stop.timeout", _SECONDS),
        *_each("StartLimitInterval", "start-limit.window", _SECONDS),
        *_each("MemoryLimit MemoryHigh", "cgroup.memory-max", ""),
        _W("StandardError", "log.stderr", _APART),
        _W("SyslogIdentifier", "", "take it out: output goes to the daemon's own log"),
        *_each(
            "NoNewPrivileges ProtectSystem ProtectHome PrivateTmp PrivateDevices ReadWritePaths Slice Delegate"
            " CapabilityBoundingSet AmbientCapabilities RuntimeDirectory StateDirectory DynamicUser",
            "",
            "udaemon fences nothing in: set it for the unit that runs `udaemon up`",
        ),
        _W("MemoryMax", "cgroup.memory-max"),
        _W("CPUQuota", "cgroup.cpu", "a number of processors: 0.5 for 50%"),
        _W("TasksMax", "cgroup.pids"),
        _W("Nice", "nice"),
        _W("OOMScoreAdjust", "oom-score"),
        _W("UMask", "umask", 'octal, in quotes: "027"'),
        _W("StandardInput", "stdin"),
        _W("StandardOutput", "log.file", "a name or a path; output always goes to the daemon's own log"),
        _W("Type", "", "take it out: it must stay in the foreground; notify is ready = { notify = true }"),
        _W("RemainAfterExit", "", "take it out: a daemon that ended is shown as ended"),
        _W("PIDFile", "run-dir", "at the top level: a directory that gets a NAME.pid for each daemon"),
        _W("WantedBy", "autostart", "true or false"),
        _W("WatchdogSec", "health", 'a table: health = { notify = true, period = "10s" }'),
        _W("StartLimitBurst", "start-limit.count", _COUNT),
        _W("StartLimitIntervalSec", "start-limit.window", _SECONDS),
        _W("StartLimitAction", "start-limit.then", '"give-up" or "cooldown 10m"'),
        _W("OnCalendar", "cron"),
        _W("OnUnitActiveSec", "sleep", _SECONDS),
        _W("OnFailure", "on.failed"),
        _W("SuccessExitStatus", "success-exit-codes", "a list of numbers, 0 among them"),
        _W("Documentation", "description"),
    ),
    "supervisor": (
        _W("autorestart", "restart", '"always" for true, "on-failure" for unexpected, "never" for false'),
        _W("startsecs", "ready.uptime"),
        _W("startretries", "start-limit.count", _COUNT),
        _W("exitcodes", "success-exit-codes", "a list of numbers: [0, 2]"),
        _W("stopsignal", "stop.signal", '"INT" or "SIGINT"'),
        _W("stopwaitsecs", "stop.timeout", _SECONDS),
        _W("numprocs", "instances"),
        _W("process_name", "", "take it out: instances are called NAME and their number"),
        _W("directory", "cwd"),
        _W("priority", "depends-on", "names of daemons that must be ready first, in place of a number"),
        _W("redirect_stderr", "log.stderr", '"merged" for true, which is the default, "separate" for false'),
        _W("environment", "env", _ENV),
        *_each("stopasgroup killasgroup", "stop.kill-tree", "true or false"),
        _W("stdout_logfile", "log.file", "a name or a path"),
        *_each("logfile childlogdir", "log-dir", "a directory: the file is called NAME.log"),
        _W("stderr_logfile", "log.stderr", _APART),
        *_each("stdout_logfile_maxbytes logfile_maxbytes stderr_logfile_maxbytes", "log.max-size", _SIZE),
        *_each("stdout_logfile_backups logfile_backups stderr_logfile_backups", "log.backups", "rotated files to keep"),
        _W("serverurl", "", "take it out: verbs find the running project by its manifest"),
    ),
    "circus": (
        _W("cmd", "command"),
        _W("args", "command", "arguments stand behind the program"),
        _W("numprocesses", "instances"),
        _W("working_dir", "cwd"),
        _W("copy_env", "env-inherit", "true or false; here true is the default"),
        _W("graceful_timeout", "stop.timeout", _SECONDS),
        _W("stop_signal", "stop.signal", '"INT" or "SIGINT"'),
        _W("stop_children", "stop.kill-tree", "true or false"),
        _W("warmup_delay", "", "take it out: all start at once, but for what waits by depends-on"),
        _W("max_retry", "start-limit.count", _COUNT),
        _W("respawn", "restart", '"always" for true, "never" for false'),
        _W("singleton", "instances", "1 is the default"),
        _W("uid", "user"),
        _W("gid", "group"),
        _W("rlimit_nofile", "rlimits", "a table: rlimits = { nofile = … }"),
        _W("virtualenv", "python", "for a task; a command names its interpreter: venv/bin/python …"),
        _W("stdout_stream", "log", "a table: log = { max-size = … }"),
        _W("stderr_stream", "log.stderr", _APART),
    ),
    "pm2": (
        _W("script", "command", 'interpreter, script and arguments: command = "node app.js"'),
        _W("interpreter", "command", 'interpreter, script and arguments: command = "python app.py"'),
        _W("node_args", "command", "interpreter, its options, script and arguments"),
        _W("exec_mode", "", "take it out: each instance is a process of its own"),
        _W("max_memory_restart", "memory-limit", "for tasks; looked at after each run"),
        _W("min_uptime", "ready.uptime"),
        _W("max_restarts", "start-limit.count", _COUNT),
        _W("restart_delay", "backoff.initial", 'pm2 counts milliseconds: 4000 is "4s" here'),
        _W("exp_backoff_restart_delay", "backoff.initial", 'pm2 counts milliseconds: 100 is "100ms" here'),
        _W("stop_exit_codes", "success-exit-codes", "a list of numbers"),
        *_each("cron_restart cron", "cron", ""),
        _W("kill_timeout", "stop.timeout", 'pm2 counts milliseconds: 1600 is "1.6s" here'),
        _W("wait_ready", "ready"),
        _W("listen_timeout", "ready.within"),
        *_each("out_file log_file", "log.file", "a name or a path"),
        _W("error_file", "log.stderr", _APART),
        _W("log_date_format", "log.timestamps", "true or false"),
        _W("merge_logs", "log.file", "instances share their log, unless ${UDAEMON_INSTANCE} is in its name"),
        *_each("watch ignore_watch", "", "nothing is watched: `udaemon restart NAME` after a change"),
        *_each(
            "env_production env_development",
            "env",
            "one table; a later -f FILE sets others",
        ),
        _W("namespace", "tags", "a list of words"),
        _W("pid_file", "run-dir", "at the top level: a directory that gets a NAME.pid for each daemon"),
    ),
    "compose": (
        _W("image", "command", "udaemon runs programs of this machine, no containers: say what the image runs"),
        _W("build", "", "take it out: udaemon builds nothing"),
        *_each("ports expose", "", "take it out: the program itself opens its ports"),
        *_each("volumes tmpfs configs secrets", "", "take it out: the program sees the file system as it is"),
        *_each("networks network_mode dns extra_hosts links", "", "take it out: the network is the machine's"),
        *_each(
            "tty stdin_open privileged cap_add cap_drop security_opt pull_policy platform init",
            "",
            "take it out: there is no container, and no terminal",
        ),
        _W("depends_on", "depends-on"),
        _W("healthcheck", "health"),
        _W("stop_grace_period", "stop.timeout", '"10s" and "1m30s" are written alike'),
        _W("env_files", "env-file"),
        _W("entrypoint", "command"),
        _W("deploy", "instances", "its replicas; limits of memory and CPU are for the machine's own means"),
        *_each("replicas scale", "instances", ""),
        _W("mem_limit", "cgroup.memory-max"),
        _W("cpus", "cgroup.cpu"),
        _W("ulimits", "rlimits"),
        _W("container_name", "", "take it out: the daemon is called by its table [daemons.NAME]"),
        _W("hostname", "", "take it out: daemons use the name of the machine"),
        _W("labels", "tags", "a list of words"),
        _W("logging", "log", "a table: log = { max-size = … }"),
        _W("workdir", "cwd"),
    ),
    "process-compose": (
        _W(
            "availability",
            "restart",
            'a word: "always", "on-failure" or "never"; its max_restarts is start-limit.count',
        ),
        _W("readiness_probe", "ready"),
        _W("liveness_probe", "health"),
        _W("shutdown", "stop", 'a table: stop = { signal = "INT", timeout = "10s" }'),
        _W("is_daemon", "", "take it out: the program must stay in the foreground"),
        _W("is_foreground", "", "take it out: daemons have no terminal"),
        _W("disabled", "enabled", "the other way round: disabled = true is enabled = false"),
        _W("log_location", "log-dir", "a directory: the file is called NAME.log"),
        _W("log_configuration", "log"),
        _W("vars", "env", _ENV),
        _W("ready_log_line", "ready.log-line"),
    ),
    "Procfile": (
        _W("formation", "instances"),
        _W("concurrency", "instances"),
        _W("port", "env", 'env = { PORT = "5000" }'),
    ),
    "APScheduler and celery beat": (
        _W("interval", "sleep", _SECONDS),
        _W("seconds", "sleep", _SECONDS),
        _W("minutes", "sleep", 'text such as "5m"'),
        _W("hours", "sleep", 'text such as "1h"'),
        _W("every", "sleep", _SECONDS),
        _W("period", "sleep", _SECONDS),
        _W("crontab", "cron"),
        *_each("schedule trigger", "sleep", "a period; cron is for times of the calendar"),
        *_each("func function callable callback target", "task", 'text "package.module:function"'),
        _W("task", "task", 'text "package.module:function"'),
        _W("kwargs", "params", "a table of keyword arguments"),
        _W("max_instances", "instances", "a task never runs beside itself within one instance"),
        _W("misfire_grace_time", "misfire"),
        _W("time_limit", "task-timeout"),
        _W("max_tasks_per_child", "max-runs"),
    ),
    "other words": (
        _W("exec", "command"),
        _W("run", "command"),
        _W("workers", "instances"),
        _W("shell_command", "command", "with shell = true"),
        _W("chdir", "cwd"),
        _W("depends", "depends-on"),
        _W("class", "factory", 'text "package.module:Class.method"'),
        _W("delay", "backoff.initial", _WAIT),
        _W("retries", "start-limit.count", _COUNT),
    ),
}
"""Words of a daemon, the first system that has a word speaks for it."""

IN_TABLES: dict[str, tuple[Word, ...]] = {
    "backoff": (
        _W("delay", "backoff.initial"),
        _W("min", "backoff.initial"),
        _W("multiplier", "backoff.factor"),
        _W("limit", "backoff.max"),
    ),
    "log": (
        _W("max-bytes", "log.max-size", _SIZE),
        _W("size", "log.max-size", _SIZE),
        _W("max-file", "log.backups"),
        _W("keep", "log.backups"),
        _W("backup-count", "log.backups"),
        _W("file", "log.file"),
        _W("path", "log-dir", "a directory, beside log"),
        _W("dir", "log-dir", "a directory, beside log"),
        _W("driver", "", "take it out: logs are files"),
        _W("level", "", "take it out: all output is kept"),
    ),
    "start-limit": (
        _W("burst", "start-limit.count"),
        _W("max", "start-limit.count"),
        _W("interval", "start-limit.window"),
        _W("action", "start-limit.then"),
    ),
    "stop": (
        _W("grace", "stop.timeout"),
        _W("grace-period", "stop.timeout"),
        _W("timeout-seconds", "stop.timeout"),
        _W("kill", "stop.kill-tree"),
        _W("as-group", "stop.kill-tree"),
        _W("parent-only", "stop.kill-tree", "the other way round"),
    ),
}
"""Words within a table of a daemon."""
