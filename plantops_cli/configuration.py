"""Where a setting's value comes from, strongest first:

    1  flag                            --url, --token-file, --host, ...
    2  environment                     PLANTOPS_URL, PLANTOPS_PORT, ...
    3  project file                    ./plantops.toml
    4  user file                       XDG config directory, plantops/config.toml
    5  system file                     /etc/plantops/config.toml
    6  default

Files are TOML with the names of the environment variables in small letters, without the prefix: ``port = 8420``.
A project file may come with a directory that somebody else wrote, so it cannot say where your token goes:
``url`` in it must name this machine, and ``token_file`` is not read from it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from plantops_api import places
from plantops_cli.exit_codes import ExitCode, Stop

PREFIX = "PLANTOPS_"
PROJECT_FILE = Path("plantops.toml")
SYSTEM_FILE = Path("/etc/plantops/config.toml")


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
    if name == "token_file" or (name == "url" and not places.is_loopback(str(value))):
        raise Stop(
            ExitCode.USAGE,
            f"{PROJECT_FILE}: {name} is not taken from a project file, because that could send your token elsewhere.",
            f"Set {PREFIX}{name.upper()}, or put it into your own configuration file.",
        )
