"""The ini reader against PHP 8.2 itself, where there is one: the same values, and refusals in the same words."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from udaemon.migrate.ustream import read

ASK = r"""
set_error_handler(function ($level, $text) { $GLOBALS['said'] = $text; return true; });
define('ROOT', '/srv');
define('FORTY', 42);
$hex = function ($value) use (&$hex) {
    if (!is_array($value)) { return bin2hex($value); }
    $pairs = [];
    foreach ($value as $key => $item) { $pairs[] = [bin2hex((string) $key), $hex($item)]; }
    return $pairs;
};
while (($line = fgets(STDIN)) !== false) {
    file_put_contents($argv[1], hex2bin(trim($line)));
    $said = null;
    $read = parse_ini_file($argv[1]);
    echo json_encode([$read === false ? null : $hex($read), $said === null ? null : bin2hex($said)]), "\n";
}
"""
CONSTANTS = {"ROOT": "/srv", "FORTY": "42", "E_ALL": "32767", "E_NOTICE": "8"}
ENVIRON = {"X": "y z", "EMPTY": ""}

PIECES = [
    *(bytes([byte]) for byte in b"a=[]\"'$\\{}|&^~!(); \t\n\r#1.:-\x00\xff\x0c"),
    *b"yes no None null TRUE E_ALL ROOT FORTY ${X} ${EMPTY} ${NOT} sleep= don't 'q' 7 -5 08 0x1f 99999999999".split(),
    *(b'"q"', b'"a\\"b"', b'"c:\\"', b"''", b"\nb=1\n", b"\nk[]=", b"\nk[x]=", b"\n[s]\n", b" ; c\n", b"$\n", b"\r\n"),
]
FILES = st.lists(st.sampled_from(PIECES), max_size=25).map(b"".join) | st.binary(max_size=60)
VALUES = FILES.map(lambda text: b"a=" + text + b"\nb=2\n")


def is_php_8_2() -> bool:
    php = shutil.which("php")
    if php is None:
        return False
    said = subprocess.run([php, "-n", "-r", "echo PHP_VERSION;"], capture_output=True, text=True, check=False).stdout
    return said.startswith("8.2.")


pytestmark = pytest.mark.skipif(not is_php_8_2(), reason="there is no php 8.2 here")


class Php:
    """A PHP that answers how it reads a file."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def read(self, data: bytes) -> tuple[Any, str | None]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(data.hex() + "\n")
        self.process.stdin.flush()
        values, said = json.loads(self.process.stdout.readline())
        text = None if said is None else bytes.fromhex(said).decode("latin-1").rstrip("\n")
        return values, text


@pytest.fixture(scope="module")
def php(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Php]:
    file = tmp_path_factory.mktemp("php") / "f.ini"
    with subprocess.Popen(
        ["php", "-n", "-r", ASK, str(file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", **ENVIRON},
    ) as process:
        yield Php(process)
        assert process.stdin is not None
        process.stdin.close()


def as_hex(value: Any, encoding: str) -> Any:
    if isinstance(value, str):
        return value.encode(encoding).hex()
    return [[key.encode(encoding).hex(), as_hex(item, encoding)] for key, item in value.items()]


@pytest.mark.parametrize("path", [Path(__file__).parents[1] / "data" / "ini-corpus" / "001-baseline-minimal.ini"])
def test_the_oracle_answers(php: Php, path: Path) -> None:
    assert php.read(path.read_bytes()) == ([["666163746f7279", b"Acme\\Jobs\\Mailer::create".hex()]], None)


@settings(max_examples=400)
@given(FILES | VALUES)
def test_a_file_is_read_as_php_reads_it(php: Php, data: bytes) -> None:
    values, said = php.read(data)
    result = read(data, constants=CONSTANTS, environ=ENVIRON)
    assert result.ok is (values is not None)
    if result.values is not None:
        assert as_hex(result.values, result.encoding) == values
    else:
        assert said is not None
        assert said.startswith(f"{result.reason} in ")
        assert said.endswith(f" on line {result.line}")
