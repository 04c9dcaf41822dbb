"""``plantops config``: which settings are in force here, and where each comes from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Annotated, Any

import typer

from plantops_api import places
from plantops_cli import configuration
from plantops_cli.configuration import Setting
from plantops_cli.invocation import Invocation, invocation
from plantops_cli.noun import noun
from plantops_cli.output import Column

app = noun("Which settings are in force on this machine.")

_SECRETS = ("database_url",)
"""Settings whose value may hold a password; everything else that is secret lives in a file that is only named."""


@app.callback()
def _group() -> None:
    """Which settings are in force on this machine."""


@app.command("show")
def show(
    context: typer.Context,
    origin: Annotated[bool, typer.Option("--origin", help="Also say where each value comes from.")] = False,
) -> None:
    """Show the settings in force, secrets masked.

    Strongest first: flags, environment (PLANTOPS_*), ./plantops.toml, ~/.config/plantops/config.toml,
    /etc/plantops/config.toml, defaults.

    \b
    Examples:
      plantops config show --origin
      plantops config show --json | jq -r .url
    """
    call = invocation(context)
    settings = list(_in_force(call))
    columns = [
        Column("name", lambda setting: setting["name"]),
        Column("value", lambda setting: setting["value"]),
    ]
    if origin:
        columns.append(Column("origin", lambda setting: setting["origin"], title="FROM"))
    shown = ("name", "value", "origin") if origin else ("name", "value")
    records = [setting._asdict() for setting in settings]
    call.writer().many([{key: record[key] for key in shown} for record in records], columns)


def _in_force(call: Invocation) -> Iterator[Setting]:
    given = configuration.given(call.environ)
    flags = {"url": call.url, "token_file": call.token_file}
    found = {**_defaults(call, given), **given}
    found |= {
        name: Setting(name, str(value), f"flag --{name.replace('_', '-')}")
        for name, value in flags.items()
        if value
    }
    for name in sorted(found):
        setting = found[name]
        yield setting._replace(value=masked(name, setting.value))


def _defaults(call: Invocation, given: dict[str, Setting]) -> dict[str, Setting]:
    """What holds where nothing is given: the client's own places, and the server's settings where it is installed."""
    environ = configuration.as_environment(call.environ)
    directory = places.data_dir(environ)
    values: dict[str, Any] = {"data_dir": str(directory), **_server_defaults()}
    stack = places.local_url(directory)
    found = {name: Setting(name, value, "default") for name, value in values.items() if name not in given}
    found["url"] = Setting("url", stack or places.DEFAULT_URL, "running stack" if stack else "default")
    local = directory / "admin.token"
    if local.is_file():
        found["token_file"] = Setting("token_file", str(local), "local stack")
    return found


def _server_defaults() -> dict[str, Any]:
    """Defaults of the server's settings; nothing in a client-only installation."""
    if find_spec("pydantic_settings") is None:
        return {}
    from plantops_server.settings import Settings

    fields = Settings.model_fields.items()
    return {name: _plain(field.default) for name, field in fields if field.default_factory is None}


def _plain(value: Any) -> Any:
    reveal = getattr(value, "get_secret_value", None)
    plain = reveal() if reveal else value
    return plain if isinstance(plain, str | int | float | bool | None) else str(plain)


def masked(name: str, value: Any) -> Any:
    """A value without what must not be seen: the password in a URL, and anything that is called like a secret."""
    text = str(value)
    if name in _SECRETS or "://" in text:
        text = re.sub(r"(password=)[^&\s]*", r"\1***", text)
        scheme, separator, rest = text.partition("://")
        user, at, host = rest.rpartition("@")
        if separator and at:
            return f"{scheme}://{user.partition(':')[0]}:***@{host}" if ":" in user else text
        return text if separator or not text else "***"
    if any(word in name for word in ("password", "secret", "token", "key")) and not name.endswith("_file"):
        return "***" if text else ""
    return value
