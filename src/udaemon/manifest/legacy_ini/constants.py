"""The constants that every PHP 8.2 on Linux has and ini files are likely to name. All others have to be said.

Knows nothing of who asks.
"""

from __future__ import annotations

_LEVELS = "ERROR WARNING PARSE NOTICE CORE_ERROR CORE_WARNING COMPILE_ERROR COMPILE_WARNING USER_ERROR USER_WARNING"
_MORE_LEVELS = "USER_NOTICE STRICT RECOVERABLE_ERROR DEPRECATED USER_DEPRECATED"
_SYSLOG = "EMERG ALERT CRIT ERR WARNING NOTICE INFO DEBUG"

BUILT_IN = {
    "DIRECTORY_SEPARATOR": "/",
    "PATH_SEPARATOR": ":",
    "PHP_EOL": "\n",
    "PHP_OS": "Linux",
    "PHP_OS_FAMILY": "Linux",
    "PHP_INT_MAX": str(2**63 - 1),
    "PHP_INT_SIZE": "8",
    "E_ALL": "32767",
    **{f"E_{name}": str(1 << bit) for bit, name in enumerate(f"{_LEVELS} {_MORE_LEVELS}".split())},
    **{f"LOG_{name}": str(level) for level, name in enumerate(_SYSLOG.split())},
    "LOCK_SH": "1",
    "LOCK_EX": "2",
    "LOCK_UN": "3",
    "LOCK_NB": "4",
    "M_PI": "3.1415926535898",
    "M_E": "2.718281828459",
    "INF": "INF",
    "NAN": "NAN",
}
