"""The constants and php.ini settings that every PHP 8.2 on Linux has and ini files are likely to name.

Knows nothing of who asks. All other constants have to be said. What depends on how PHP was built and configured, its
version above all, stands here as Debian's PHP 8.2 has it.
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
    "PHP_INT_MIN": str(-(2**63)),
    "PHP_FLOAT_DIG": "15",
    "PHP_FLOAT_EPSILON": "2.2204460492503E-16",
    "PHP_FLOAT_MIN": "2.2250738585072E-308",
    "PHP_FLOAT_MAX": "1.7976931348623E+308",
    "PHP_VERSION": "8.2.0",
    "PHP_VERSION_ID": "80200",
    "PHP_MAJOR_VERSION": "8",
    "PHP_MINOR_VERSION": "2",
    "PHP_RELEASE_VERSION": "0",
    "PHP_EXTRA_VERSION": "",
    "PHP_SAPI": "cli",
    "PHP_ZTS": "0",
    "PHP_DEBUG": "0",
    "PHP_MAXPATHLEN": "4096",
    "PHP_SHLIB_SUFFIX": "so",
    "PHP_FD_SETSIZE": "1024",
    "PHP_BINARY": "/usr/bin/php8.2",
    "PHP_PREFIX": "/usr",
    "PHP_BINDIR": "/usr/bin",
    "PHP_LIBDIR": "/usr/lib/php",
    "PHP_DATADIR": "/usr/share/php/8.2",
    "PHP_MANDIR": "/usr/share/man",
    "PHP_LOCALSTATEDIR": "/var",
    "PHP_SYSCONFDIR": "/etc",
    "PHP_CONFIG_FILE_PATH": "/etc/php/8.2/cli",
    "PHP_CONFIG_FILE_SCAN_DIR": "/etc/php/8.2/cli/conf.d",
    "PHP_EXTENSION_DIR": "/usr/lib/php/20220829",
    "PEAR_INSTALL_DIR": "/usr/share/php",
    "DEFAULT_INCLUDE_PATH": ".:/usr/share/php",
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

OF_ITS_BUILD = frozenset(name for name in BUILT_IN if name.startswith(("PHP_", "PEAR_", "DEFAULT_INCLUDE")))
"""Those that a PHP which is at hand is asked for."""

SAPI_SETTINGS = {
    "display_errors": "1",
    "html_errors": "0",
    "implicit_flush": "1",
    "max_execution_time": "0",
    "max_input_time": "-1",
    "output_buffering": "0",
    "register_argc_argv": "1",
}
"""php.ini settings that PHP's command line has without any php.ini; one that names them wins."""

SETTINGS = {
    "date.timezone": "UTC",
    "default_charset": "UTF-8",
    "default_socket_timeout": "60",
    "include_path": ".:/usr/share/php",
    "log_errors": "0",
    "memory_limit": "128M",
    "pcre.backtrack_limit": "1000000",
    "pcre.recursion_limit": "100000",
    "post_max_size": "8M",
    "precision": "14",
    "realpath_cache_size": "4096K",
    "realpath_cache_ttl": "120",
    "serialize_precision": "-1",
    "short_open_tag": "1",
    "upload_max_filesize": "2M",
    "variables_order": "EGPCS",
    "zend.assertions": "1",
}
"""Built-in defaults of settings that a php.ini is likely to name: a guess while nobody says which php.ini it was."""
