"""Where a setting's value comes from, strongest first:

    1  flag                            --url, --token-file, --host, ...
    2  environment                     PLANTOPS_URL, PLANTOPS_PORT, ...
    3  project file                    ./plantops.toml
    4  user file                       XDG config directory, plantops/config.toml
    5  system file                     /etc/plantops/config.toml
    6  default

Files are TOML with the names of the environment variables in small letters, without the prefix: ``port = 8420``.
A project file may come with a directory that somebody else wrote, so it may not say where your token goes or which
programs run: it takes only the names in :data:`FROM_PROJECT`, and ``url`` in it must name this machine.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from plantops_api import places
from plantops_cli.exit_codes import ExitCode, Stop

if TYPE_CHECKING:
    from plantops_server.settings import Settings

PREFIX = "PLANTOPS_"
PROJECT_FILE = Path("plantops.toml")
SYSTEM_FILE = Path("/etc/plantops/config.toml")


FROM_PROJECT = frozenset({
    "url", "data_dir", "host", "port", "mqtt_host", "mqtt_port", "mqtt_public_url", "retention_days",
    "log_format", "log_level",
})  # fmt: skip


class Setting(NamedTuple):
    """A value and where it came from, such as ``environment PLANTOPS_URL`` or ``default``."""

    name: str
    value: Any
    origin: str


def user_file(environ: Mapping[str, str]) -> Path:
    """The user's own configuration file."""
    base = environ.get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path.home() / ".config") / "plantops" / "config.toml"


def given(environ: Mapping[str, str]) -> dict[str, Setting]:
    """Every setting that the environment or a file gives, by its small name; the strongest wins.

    Raises:
        Stop: a file cannot be read or is no TOML (exit 2, with file and line).
    """
    found: dict[str, Setting] = {}
    for path in (SYSTEM_FILE, user_file(environ), PROJECT_FILE):
        found |= {setting.name: setting for setting in _from_file(path)}
    for name, value in environ.items():
        if name.startswith(PREFIX) and value:
            small = name.removeprefix(PREFIX).lower()
            found[small] = Setting(small, value, f"environment {name}")
    return found


def server_place(
    environ: Mapping[str, str], *, url: str | None = None, token_file: Path | None = None
) -> places.Place:
    """The server and token to use, by the order above, then as ``plantops_api.places`` finds the local stack.

    Raises:
        Stop: a configuration file is wrong. TokenFileUnreadable: the named token file gives no token.
    """
    return places.find_server(as_environment(environ), url=url, token_file=token_file)


def as_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment with what the files add to it, so that everything below reads one place."""
    added = {
        PREFIX + name.upper(): _as_text(setting.value)
        for name, setting in given(environ).items()
        if not setting.origin.startswith("environment")
    }
    return {**environ, **added}


def server_settings(environ: Mapping[str, str], **flags: Any) -> Settings:
    """The server's settings by the same order; flags that are None were not given.

    Raises:
        Stop: a value is wrong, or the server part of PlantOps is not installed (exit 2, 1).
    """
    try:
        from plantops_server.settings import Settings
    except ModuleNotFoundError as missing:
        raise Stop(
            ExitCode.FAILURE,
            f"The server part of PlantOps is not installed here ({missing.name} is missing).",
            "Install it: pip install 'plantops[server]'",
        ) from None
    from pydantic import ValidationError

    from plantops_api.refusals import sentence_of

    os.environ.update(as_environment(environ))  # pydantic-settings reads the process environment
    try:
        return Settings(**{name: value for name, value in flags.items() if value is not None})
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_input=False)[0]
        name = str(first["loc"][0]).lower() if first["loc"] else "a setting"
        raise Stop(
            ExitCode.USAGE,
            f"{PREFIX}{name.upper()}: {sentence_of(first)}.",
            '"plantops config show --origin" says who sets it.',
        ) from None


def _as_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _from_file(path: Path) -> Iterator[Setting]:
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise Stop(ExitCode.USAGE, f"{path} is not valid TOML: {problem}.", "Correct or remove it.") from None
    for name, value in content.items():
        if isinstance(value, dict | list):
            raise Stop(ExitCode.USAGE, f"{path}: {name} must be a single value.", "Write it as name = value.")
        if path == PROJECT_FILE:
            _check_project_setting(name, value)
        yield Setting(name, value, f"file {path}")


def _check_project_setting(name: str, value: Any) -> None:
    if name not in FROM_PROJECT or (name == "url" and not places.is_loopback(str(value))):
        raise Stop(
            ExitCode.USAGE,
            f"{PROJECT_FILE}: {name} is not taken from a project file, which may come from somebody else: it could "
            "send your token elsewhere or run another program.",
            f"Set {PREFIX}{name.upper()}, or put it into your own configuration file.",
        )
