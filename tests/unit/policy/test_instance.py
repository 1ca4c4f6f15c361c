"""What names an instance, and how it is called."""

from __future__ import annotations

from udaemon.policy.instance import Key


def test_keys_are_in_the_order_of_names_and_numbers() -> None:
    keys = [Key("a", 10), Key("b", 0), Key("a", 2)]
    assert [str(key) for key in sorted(keys)] == ["a/2", "a/10", "b/0"]
