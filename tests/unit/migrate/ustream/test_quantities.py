"""Numbers as the PHP library took them, measured on PHP 8.2."""

from __future__ import annotations

import pytest

from udaemon.migrate.ustream.quantities import memory, percent, seconds

MIB = 1024**2


@pytest.mark.parametrize(
    ("text", "value", "codes"),
    [
        ("30", 30.0, []),
        ("0.5", 0.5, []),
        ("1e-1", 0.1, []),
        (" 5 ", 5.0, []),
        ("1s", 1.0, ["leading-number"]),
        ("5 # five", 5.0, ["leading-number"]),
        ("60 * 5", 60.0, ["leading-number"]),
        ("2*30", 2.0, ["leading-number"]),
        ("1_000", 1.0, ["leading-number"]),
        ("0,5", 0.0, ["leading-number"]),
        ("0x10", 0.0, ["leading-number"]),
        ("-1", 0.0, ["negative"]),
        ("4294", 4294.0, []),
        ("4295", 4295.0, ["wrapped-sleep"]),
        ("abc", None, ["not-a-number"]),
        ("- 1", None, ["not-a-number"]),
        ("INF", None, ["not-a-number"]),
        ("1e999", None, ["not-a-number"]),
        ("1e12", None, ["wrapped-sleep", "too-long"]),
    ],
)
def test_a_pause(text: str, value: float | None, codes: list[str]) -> None:
    quantity = seconds(text, empty_is_zero=True)
    assert quantity.value == value
    assert [code for code, _ in quantity.remarks] == codes


def test_an_empty_sleep_is_none_but_an_empty_min_sleep_kills() -> None:
    assert seconds("", empty_is_zero=True) == (0.0, ())
    assert seconds("", empty_is_zero=False).value is None


@pytest.mark.parametrize(("text", "real"), [("4295", "0.033"), ("8590.1", "0.165"), ("86400", "500.654")])
def test_a_wrapped_sleep_tells_the_real_period(text: str, real: str) -> None:
    assert f"really ran every {real} s" in seconds(text, empty_is_zero=True).remarks[0][1]


def test_php_5_took_hexadecimal_numbers_and_0_for_text() -> None:
    assert seconds("0x10", empty_is_zero=True, php5=True).value == 16.0
    assert seconds("abc", empty_is_zero=True, php5=True).value == 0.0


@pytest.mark.parametrize(
    ("text", "value", "codes"),
    [
        ("64M", 64 * MIB, []),
        ("64m", 64 * MIB, []),
        ("64 M", 64 * MIB, []),
        (" 64M ", 64 * MIB, []),
        ("+64M", 64 * MIB, []),
        ("1g", 1024 * MIB, []),
        ("4096K", 4 * MIB, []),
        ("268435456", 256 * MIB, []),
        ("2M", 2 * MIB, []),
        ("-1", -1, []),
        ("-64M", -1, []),
        ("9223372036854775807", 2**63 - 1, []),
        ("1.5G", 1024 * MIB, ["memory-differs"]),
        ("1,5G", 1024 * MIB, []),
        ("0400000000", 64 * MIB, ["memory-differs"]),
        ("0x4000000", 64 * MIB, ["memory-zero"]),
        ("0b100000000000000000000000000", 64 * MIB, ["memory-zero"]),
        ("0o400000000", 64 * MIB, ["memory-zero"]),
        *[
            (text, None, ["memory-refused"])
            for text in "512K 100k 0 off 1 garbage M 64MB 64T 64P 128MiB 17M5 1e9 0.5G".split()
        ],
        ("", None, ["memory-refused"]),
    ],
)
def test_a_memory_limit(text: str, value: int | None, codes: list[str]) -> None:
    quantity = memory(text)
    assert quantity.value == value
    assert [code for code, _ in quantity.remarks] == codes


@pytest.mark.parametrize(
    ("text", "value", "codes"),
    [
        ("70", 70.0, []),
        ("40.5", 40.5, []),
        ("70%", 70.0, ["leading-number"]),
        ("150", 100.0, ["beyond-percent"]),
        ("-1", 0.0, ["beyond-percent"]),
        ("abc", None, ["not-a-number"]),
    ],
)
def test_a_threshold(text: str, value: float | None, codes: list[str]) -> None:
    quantity = percent(text)
    assert quantity.value == value
    assert [code for code, _ in quantity.remarks] == codes
