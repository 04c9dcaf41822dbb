"""What a person may configure: PLANTOPS_* environment variables, each with a sentence saying what it means.

Frozen once read. ``docs/configuration.md`` lists the same names; a test compares the two.
"""

from __future__ import annotations

import os
from datetime import UTC, tzinfo
from functools import lru_cache
from pathlib import Path
from typing import Literal
from urllib.parse import SplitResult, quote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from platformdirs import user_data_path
from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_LOCALTIME = Path("/etc/localtime")


@lru_cache(maxsize=1)
def _system_zone() -> tzinfo:
    """The system's zone with its summer time: TZ, else what /etc/localtime points to or holds, else UTC."""
    name = os.environ.get("TZ", "").lstrip(":") or str(_LOCALTIME.resolve()).partition("zoneinfo/")[2]
    try:
        if name:
            return ZoneInfo(name)
        with _LOCALTIME.open("rb") as file:
            return ZoneInfo.from_file(file)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


class Settings(BaseSettings):
    """All settings of the server; every field may be given as ``PLANTOPS_<NAME>``."""

    model_config = SettingsConfigDict(env_prefix="PLANTOPS_", frozen=True, extra="ignore")

    data_dir: Path = Field(default_factory=lambda: user_data_path("plantops"))
    """State of the embedded stack, the secret key and the local admin's token; XDG data directory."""

    database_password_file: Path | None = None
    """File that holds the database's password and nothing else, for a PLANTOPS_DATABASE_URL without one."""

    database_url: SecretStr = SecretStr("")
    """PostgreSQL 15+, ``postgresql://user:password@host:port/database``; empty: the embedded one of ``plantops up``."""

    mqtt_url: str = ""
    """Broker, ``mqtt[s]://user@host:port``; empty: the private Mosquitto of ``plantops up``."""

    mqtt_password_file: Path | None = None
    """File that holds the password of the broker's administrator account, nothing else."""

    mqtt_ca_file: Path | None = None
    """PEM file of the authority that signed the broker's certificate; default: the system's authorities."""

    broker_accounts: Literal["dynsec", "password-file"] = "dynsec"
    """How device accounts are managed: the dynamic-security plugin, or a password file and SIGHUP."""

    broker_state_dir: Path | None = None
    """Where the broker keeps dynamic-security.json (or password_file, acl_file and mosquitto.pid)."""

    mqtt_public_url: str = ""
    """What devices are told, ``mqtt[s]://host:port``; default: the API's host name and the broker's port."""

    host: str = "127.0.0.1"
    """Address on which API and web view listen."""

    port: int = Field(8420, ge=0, le=65535)
    """Port of API and web view; 0 takes a free one."""

    mqtt_port: int = Field(1883, ge=0, le=65535)
    """Port of the private broker; the next free one, said loudly, when it is taken."""

    mqtt_host: str = "127.0.0.1"
    """Address on which the private broker listens; 0.0.0.0 lets sensors on the network in (with credentials)."""

    ssh_host: str = "127.0.0.1"
    """Address on which the SSH door of ``plantops ssh serve`` and ``plantops up --ssh`` listens."""

    ssh_port: int = Field(8422, ge=0, le=65535)
    """Port of the SSH door; the next free one, said loudly, when it is taken."""

    pg_bin: Path | None = None
    """Folder with PostgreSQL's programs for the embedded server; default: the wheel's, then the system's."""

    mosquitto_bin: Path | None = None
    """The Mosquitto program for the private broker; default: found on the path and in /usr/sbin."""

    mosquitto_plugin: Path | None = None
    """Mosquitto's mosquitto_dynamic_security.so; default: found in the usual library folders."""

    secret_key_file: Path | None = None
    """Key that seals secrets at rest; default: ``secret.key`` in the data directory, made with mode 0600."""

    retention_days: int = Field(400, ge=0)
    """Raw readings older than this are dropped, a partition at a time; hourly roll-ups stay. 0 keeps all."""

    timezone: str = ""
    """Name of the zone in which days are counted (light of a day), such as Europe/Berlin; default: the system's."""

    webhook_allow_hosts: str = ""
    """Comma-separated hosts, besides Discord's own, to which Discord webhooks may point (also over http); loopback is
    allowed while PLANTOPS_HOST is loopback."""

    openplantbook_url: str = "https://open.plantbook.io/api/v1"
    """Where OpenPlantbook is asked, when a key of it is set (``plantops settings species``)."""

    advisor_timeout_s: float = Field(30.0, gt=0, le=110)
    """How long a language model may take for one answer of the care advisor, in s; a slow local one needs more."""

    trusted_proxies: str = ""
    """Comma-separated addresses whose X-Forwarded-For is believed."""

    registrations_per_minute: int = Field(5, ge=1)
    """Registrations (POST /api/devices/register) that an address may try per minute without a valid enrolment token."""

    registrations_per_minute_trusted: int = Field(1200, ge=1)
    """The same for loopback, and for devices that show a valid enrolment token."""

    log_format: Literal["console", "json"] = "console"
    """Lines for people or one JSON object a line."""

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """Least severity that is logged."""

    @field_validator("database_url")
    @classmethod
    def _with_password_from_file(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        file = info.data.get("database_password_file")
        parts = urlsplit(value.get_secret_value())
        if file is None or not value:
            return value
        if parts.password is not None or not parts.username:
            raise ValueError("must have a user name and no password beside PLANTOPS_DATABASE_PASSWORD_FILE")
        try:
            password = file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise ValueError(f"the password file {file} cannot be read") from None
        place = parts.netloc.rpartition("@")[2]
        return SecretStr(
            parts._replace(netloc=f"{parts.username}:{quote(password, safe='')}@{place}").geturl()
        )

    @field_validator("mqtt_url", "mqtt_public_url")
    @classmethod
    def _is_mqtt(cls, value: str) -> str:
        if value and urlsplit(value).scheme not in ("mqtt", "mqtts"):
            raise ValueError("must look like mqtt://user@host:1883 or mqtts://user@host:8883")
        if value and urlsplit(value).password:
            raise ValueError(
                "must not contain a password; put it into the file that PLANTOPS_MQTT_PASSWORD_FILE names"
            )
        return value

    @field_validator("timezone")
    @classmethod
    def _is_zone(cls, value: str) -> str:
        if value:
            try:
                ZoneInfo(value)
            except (ZoneInfoNotFoundError, ValueError, OSError):
                raise ValueError(
                    f'is no time zone: {value!r}; use a name such as "Europe/Berlin" or "UTC"'
                ) from None
        return value

    @property
    def zone(self) -> tzinfo:
        """The zone in which days are counted."""
        return ZoneInfo(self.timezone) if self.timezone else _system_zone()

    @property
    def mqtt(self) -> SplitResult:
        """The broker's address in parts; raises nothing, is empty when no broker is configured."""
        return urlsplit(self.mqtt_url)

    @property
    def webhook_hosts(self) -> tuple[str, ...]:
        """Hosts besides Discord's own that webhooks may point to.

        Whoever administers a server that listens on loopback only sits at this machine: then loopback is no secret
        from them either, and a local relay works without further settings (decision 0008).
        """
        named = tuple(host.strip().lower() for host in self.webhook_allow_hosts.split(",") if host.strip())
        return (*named, *_LOOPBACK) if self.host in _LOOPBACK else named

    @property
    def key_file(self) -> Path:
        """Where the sealing key lives."""
        return self.secret_key_file or self.data_dir / "secret.key"

    @property
    def admin_token_file(self) -> Path:
        """Where the local admin's API token lives, mode 0600."""
        return self.data_dir / "admin.token"
