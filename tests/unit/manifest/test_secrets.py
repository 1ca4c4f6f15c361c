"""What counts as a secret, and what is shown of a text that holds one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.unit.manifest.write import ENVIRON, loaded

from udaemon.manifest.dump import dump
from udaemon.manifest.keys import Table, keys_of
from udaemon.manifest.model import Daemon
from udaemon.manifest.read import examine
from udaemon.manifest.report import as_text
from udaemon.manifest.root import Root
from udaemon.manifest.secrets import MASK, is_secret, masked, masked_manifest, masked_text

SECRET = (
    "password PASSWORD db_password DB-PASSWD dbPassword pwd pass passphrase secret SECRET_KEY_BASE client_secret token "
    "auth-token authToken AccessToken key api-key API_KEY apiKey apikey AWS_SECRET_ACCESS_KEY credential credentials "
    "dsn SENTRY_DSN auth authorization cookie --password"
).split()
PUBLIC = (
    "monkey keyboard passenger compass author tokenizer secretary bypass password-file token_ttl key_path keyPath "
    "secret_name auth-url dsnx env queue max-size pass-count"
).split()


@pytest.mark.parametrize("name", SECRET)
def test_names_of_secrets(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize("name", ["", *PUBLIC])
def test_other_names(name: str) -> None:
    assert not is_secret(name)


def test_no_key_of_a_manifest_is_called_as_a_secret_is() -> None:
    def names(model: type) -> Any:
        for key in keys_of(model):
            yield key.name
            if isinstance(key.type, Table):
                yield from names(key.type.model)

    assert [name for model in (Root, Daemon) for name in names(model) if is_secret(name)] == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("serve --password=hunter2 x", f"serve --password={MASK} x"),
        ("serve --password hunter2 x", f"serve --password {MASK} x"),
        ("serve --password 'hunter 2' x", f"serve --password {MASK} x"),
        ("serve --password --verbose", "serve --password --verbose"),
        ("serve -p 80 --port=80", "serve -p 80 --port=80"),
        ("DB_PASSWORD=hunter2 serve", f"DB_PASSWORD={MASK} serve"),
        ("postgres://me:hunter2@db/x", f"postgres://me:{MASK}@db/x"),
        ("redis://:hunter2@db:6379/0", f"redis://:{MASK}@db:6379/0"),
        ("a://b:c@d@e/x http://host:80/x@y", f"a://b:{MASK}@e/x http://host:80/x@y"),
        ("http://host:80/?token=hunter2&a=1", f"http://host:80/?token={MASK}&a=1"),
        ("Server=db;Password=hunter2;Port=1", f"Server=db;Password={MASK};Port=1"),
        ("mysql:host=db;password=hunter2", f"mysql:host=db;password={MASK}"),
        ("curl -H 'Authorization: Bearer hunter2'", f"curl -H 'Authorization: Bearer {MASK}'"),
        ("X-Api-Key: hunter2", f"X-Api-Key: {MASK}"),
        ("jobs.token:create", "jobs.token:create"),
        ("--key-file=/etc/key", "--key-file=/etc/key"),
        ("the password is wrong", "the password is wrong"),
        ("invalid token: x, no such key: y", "invalid token: x, no such key: y"),
    ],
)
def test_a_text(text: str, shown: str) -> None:
    assert masked_text(text) == shown


def test_a_long_text_is_searched_in_a_moment() -> None:
    for text in (
        "token=" * 40_000,
        "a=" * 90_000,
        "a" * 200_000,
        "token " * 50_000,
        "--a" * 60_000,
        "a://" * 50_000,
        "a:b@" * 50_000,
        "password='" * 20_000,
    ):
        masked_text(text)


def test_a_value() -> None:
    value = {
        "queue": "mail",
        "password": "hunter2",
        "pin": 1,
        "token": 1234,
        "use-token": True,
        "keys": ["hunter2", {"a": "hunter2"}],
        "nested": {"secret": {"deep": "hunter2"}, "url": "a://b:hunter2@c"},
        "args": ["x", "--password", "hunter2", "--token=hunter2", "--secret", "-v"],
    }
    assert masked(value) == {
        "queue": "mail",
        "password": MASK,
        "pin": 1,
        "token": MASK,
        "use-token": True,
        "keys": [MASK, {"a": MASK}],
        "nested": {"secret": {"deep": MASK}, "url": f"a://b:{MASK}@c"},
        "args": ["x", "--password", MASK, f"--token={MASK}", "--secret", "-v"],
    }


def test_names_of_daemons_are_no_secrets(tmp_path: Path) -> None:
    text = """
    [daemons.env]
    command = "serve --password=hunter2"
    env = { A = "hunter2" }
    [daemons.token]
    factory = "a:b"
    sleep = 1
    params = { env = { A = "shown" }, password = "hunter2" }
    """
    plain = dump(loaded(tmp_path, text))
    shown = masked_manifest(plain)
    assert shown["daemons"]["env"] == {
        **plain["daemons"]["env"],
        "command": ["serve", f"--password={MASK}"],
        "env": {"A": MASK},
    }
    assert shown["daemons"]["token"] == {
        **plain["daemons"]["token"],
        "params": {"env": {"A": "shown"}, "password": MASK},
    }


@pytest.mark.parametrize(
    ("manifest", "line"),
    [
        ("[daemons]\nenv = { command = 'a', restat = 'x' }", "env = { command = 'a', restat = 'x' }"),
        ("[daemons]\nenv = { command = 'a', restart = 'x' }", "env = { command = 'a', restart = 'x' }"),
        ("[daemons]\nenv.restart = 'x'\nenv.command = 'a'", "env.restart = 'x'"),
        ("daemons.env.restart = 'x'\ndaemons.env.command = 'a'", "daemons.env.restart = 'x'"),
        (
            "[daemons]\nenv = { command = 'a', env = { A = 'hunter2' }, restat = 'x' }",
            "env = { command = 'a', env = { A = '*******' }, restat = 'x' }",
        ),
        ('[daemons.a]\ncommand = "serve --password=hunter2 \'x"', 'command = "serve --password=******* \'x"'),
        (
            "[daemons.a]\ncommand = ['serve', '--password', 'hunter2', 3]",
            "command = ['serve', '--password', '*******', 3]",
        ),
        ("[daemons.a]\ncommand = 'a'\npassword = 'hunter2'", "password = '*******'"),
        ("[daemons.a]\ncommand = 'a'\nparams = { token = 'hunter2', q = 1 }", "params = { token = '*******', q = 1 }"),
        ("[daemons.a]\ncommand = 3 # postgres://me:hunter2@db", "command = 3 # postgres://me:*******@db"),
        ("[daemons.env]\ncommand = 'a'\nrestart = 'nevr'", "restart = 'nevr'"),
    ],
)
def test_a_line_hides_secrets_and_never_the_mistake(manifest: str, line: str, tmp_path: Path) -> None:
    (tmp_path / "udaemon.toml").write_text(manifest)
    examined = examine(["udaemon.toml"], environ=ENVIRON, cwd=str(tmp_path))
    text = as_text(examined.problems, examined.sources, str(tmp_path))
    assert f"| {line}\n" in text
    assert "hunter2" not in text
