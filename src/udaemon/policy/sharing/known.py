"""Calls that do nothing but make a value: tables of names, for the look at a module's text.

Knows no module's source. A name is here when calling it opens, starts, registers and reads nothing, and when what it
makes is the same in every process of one environment. What is missing costs a module its place in the zygote, no more.
"""

from __future__ import annotations

import builtins


def _names(module: str, names: str) -> frozenset[str]:
    return frozenset(f"{module}.{name}" for name in names.split())


EXCEPTIONS = frozenset(
    name for name, value in vars(builtins).items() if isinstance(value, type) and issubclass(value, BaseException)
)
CALLED_BUILTINS = (
    frozenset(
        """abs all any ascii bin bool bytearray bytes chr classmethod complex dict divmod enumerate float format
        frozenset hash hex int len list max memoryview min object oct ord pow property range repr
        reversed round set slice sorted staticmethod str sum tuple type zip""".split()
    )
    | EXCEPTIONS
)
"""Builtins that may be called. They look into their arguments, so these must be values that are known."""
SPECIAL_NAMES = frozenset("__name__ __file__ __doc__ __package__ __spec__ __path__ __debug__ __all__".split())

_TYPING = """Annotated Any Callable ClassVar Final ForwardRef Generic Literal NamedTuple NewType Optional ParamSpec
Protocol TypeAliasType TypeVar TypeVarTuple TypedDict Union cast"""
PURE_CALLS = (
    _names("typing", _TYPING)
    | _names("typing_extensions", _TYPING)
    | _names("dataclasses", "dataclass field")
    | _names("attr", "Factory attrib attributes attrs define field frozen ib mutable s")
    | _names("attrs", "Factory define field frozen mutable")
    | _names("attr.validators", "ge gt in_ instance_of le lt max_len min_len optional")
    | _names("attrs.validators", "ge gt in_ instance_of le lt max_len min_len optional")
    | _names("functools", "partial partialmethod lru_cache cache cached_property wraps total_ordering singledispatch")
    | _names("enum", "auto")
    | _names("types", "MappingProxyType SimpleNamespace")
    | _names("contextvars", "ContextVar")
    | _names("threading", "Condition Event Lock RLock local")
    | _names("weakref", "WeakKeyDictionary WeakSet WeakValueDictionary")
    | _names("operator", "attrgetter itemgetter methodcaller")
    | _names("contextlib", "contextmanager asynccontextmanager nullcontext suppress")
    | _names("logging", "getLogger NullHandler")
    | _names("udaemon", "CallbackTask")
    | _names("re", "compile escape")
    | _names("collections", "ChainMap Counter OrderedDict deque namedtuple")
    | _names("enum", "Enum Flag IntEnum IntFlag StrEnum")
    | _names("pathlib", "Path PosixPath PurePath PurePosixPath")
    | _names("os.path", "basename dirname expanduser join normpath split splitext")
    | _names("posixpath", "basename dirname join normpath split splitext")
    | _names("decimal", "Decimal")
    | _names("fractions", "Fraction")
    | _names("datetime", "date datetime time timedelta timezone")
    | _names("zoneinfo", "ZoneInfo")
    | _names("struct", "Struct calcsize")
    | _names("string", "Template")
    | _names("textwrap", "dedent indent")
    | _names("inspect", "cleandoc")
    | _names("uuid", "UUID")
    | _names("ipaddress", "ip_address ip_network ip_interface")
    | _names("urllib.parse", "quote quote_plus urlencode urljoin urlparse urlsplit")
    | _names("base64", "b64decode b64encode urlsafe_b64decode urlsafe_b64encode")
    | _names("json", "dumps loads")
    | _names("math", "ceil exp floor log log10 log2 pow prod sqrt")
    | _names("itertools", "chain product")
    | _names("importlib.metadata", "version")
    | _names("sys", "intern")
)
"""Calls that make a value of their arguments, or keep them."""
FROM_FILE = _names("os.path", "abspath realpath") | _names("posixpath", "abspath realpath")
"""Calls whose result depends on the working directory, unless what they are given begins with `__file__`."""
ENVIRONMENT = frozenset({"os.environ.get", "os.getenv"})

DECORATORS = (
    _names("functools", "cache cached_property lru_cache singledispatch singledispatchmethod total_ordering wraps")
    | _names("dataclasses", "dataclass")
    | _names("contextlib", "asynccontextmanager contextmanager")
    | _names("abc", "abstractmethod")
    | _names("typing", "final no_type_check overload override runtime_checkable")
    | _names("typing_extensions", "deprecated final overload override runtime_checkable")
    | _names("enum", "global_enum nonmember member property unique verify")
    | _names("types", "coroutine")
    | _names("attr", "attributes attrs define frozen mutable s")
    | _names("attrs", "define frozen mutable")
)
BUILTIN_DECORATORS = frozenset({"classmethod", "property", "staticmethod"})
PROPERTY_DECORATORS = frozenset({"deleter", "getter", "setter"})
METACLASSES = frozenset({"abc.ABCMeta", "enum.EnumMeta", "enum.EnumType", "type"})

_TEXT = """capitalize casefold center count decode encode endswith expandtabs find format format_map index isalnum
isalpha isdecimal isdigit isidentifier islower isnumeric isspace istitle isupper join ljust lower lstrip partition
removeprefix removesuffix replace rfind rindex rjust rpartition rsplit rstrip split splitlines startswith strip swapcase
title translate upper zfill"""
_COPYING = "copy count get index items keys values"
METHODS = {
    "str": frozenset(_TEXT.split()),
    "path": frozenset("as_posix as_uri is_absolute joinpath match relative_to with_name with_stem with_suffix".split()),
    "list": frozenset(f"{_COPYING} append extend insert pop reverse".split()),
    "dict": frozenset(f"{_COPYING} pop setdefault update".split()),
    "set": frozenset(f"{_COPYING} add discard union update difference intersection".split()),
    "tuple": frozenset(_COPYING.split()),
}
"""What may be called on a value whose kind is known; a change of one that the module made itself is its own affair."""
PATHS_FROM_FILE = frozenset({"absolute", "resolve"})
TEXT_RESULTS = {"split": "list", "rsplit": "list", "splitlines": "list", "partition": "tuple", "rpartition": "tuple"}
