"""Which model writes care plans: the setting ``llm``. Its key is sealed, masked when shown, and bound to one host."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx2

from plantops_api.text import clean_line
from plantops_api.wire import LlmPrice, LlmProvider, LlmSettingsBody
from plantops_server.advisor import prices
from plantops_server.advisor.failures import CannotAsk
from plantops_server.errors import InvalidInput
from plantops_server.store.database import Connection
from plantops_server.store.vault import Vault, get_setting, put_setting

VENDOR_URLS: dict[LlmProvider, str] = {
    "anthropic": "https://api.anthropic.com",
    "openai": "https://api.openai.com/v1",
}
"""Where a provider is asked when no ``base_url`` is given; openai-compatible has no such place."""

_KEY = "llm"
_HIDDEN = "…"
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Key:
    """A sealed key, what may be shown of it, and the only host that it is ever sent to."""

    sealed: str = field(repr=False)
    masked: str
    host: str


@dataclass(frozen=True, slots=True)
class Target:
    """Everything that a call needs to know; its repr shows no key."""

    provider: LlmProvider
    model: str
    url: str
    host: str
    trusted: bool
    """The vendor's own address, which no setting can change."""
    key: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Stored:
    """The setting as it is kept."""

    provider: LlmProvider | None = None
    model: str | None = None
    base_url: str | None = None
    key: Key | None = None
    daily_cap_usd: float | None = None
    monthly_cap_usd: float | None = None
    prices: Mapping[str, LlmPrice] = field(default_factory=dict)

    @property
    def url(self) -> str | None:
        """Where the model is asked: ``base_url`` as the provider's SDK wants it, with or without /v1."""
        if self.provider is None or self.base_url is None:
            return VENDOR_URLS.get(self.provider) if self.provider else None
        if self.provider == "anthropic":
            return self.base_url.removesuffix("/v1")
        return self.base_url if urlsplit(self.base_url).path else f"{self.base_url}/v1"

    @property
    def host(self) -> str | None:
        """The host that is asked, as a key is bound to it: with its port unless that is the usual one, and ``http://``
        before it when nothing is encrypted."""
        return host_of(self.url) if self.url else None

    @property
    def has_its_key(self) -> bool:
        """Whether the stored key belongs to the host that is asked."""
        return self.key is not None and self.key.host == self.host

    @property
    def configured(self) -> bool:
        """Whether a provider is chosen and has the key that it needs."""
        return self.provider is not None and (self.has_its_key or self.provider == "openai-compatible")

    @property
    def price(self) -> LlmPrice | None:
        """The price of the model; None when nobody knows it."""
        return prices.price_of(self.model, self.prices) if self.model else None

    @property
    def counted_price(self) -> LlmPrice:
        """The price that counts towards a cap. A model of unknown price is taken for the dearest one, unless it runs
        on a machine of one's own: plain http leads nowhere else."""
        if self.price is not None:
            return self.price
        own = self.provider == "openai-compatible" and (self.base_url or "").startswith("http:")
        return LlmPrice(input_usd=0, output_usd=0) if own else prices.DEAREST

    def target(self, vault: Vault) -> Target:
        """What a call needs. Raises CannotAsk with the reason why there can be none, and WrongSecretKey."""
        reason = self.reason_against_asking()
        if reason is not None:
            raise CannotAsk("not_configured", reason)
        assert self.provider and self.model and self.url and self.host, "the reason says so otherwise"  # noqa: S101, PT018
        key = vault.unseal(self.key.sealed) if self.key is not None and self.has_its_key else None
        return Target(self.provider, self.model, self.url, self.host, trusted=self.base_url is None, key=key)

    def reason_against_asking(self) -> str | None:
        """Why no model can be asked with these settings; None when one can."""
        if self.provider is None or self.model is None or self.host is None:
            return "No language model is set up; an admin may choose one in the settings of the advisor."
        if self.configured:
            return None
        if self.key is not None:
            return (
                f"The stored key belongs to {self.key.host} and is never sent to {self.host}. "
                f"Enter the key of {self.host}."
            )
        return f"No key of {self.host} is stored. Enter one in the settings of the advisor."


async def load(conn: Connection) -> Stored:
    """The setting; an empty one when nobody chose a model."""
    kept: dict[str, Any] = await get_setting(conn, _KEY) or {}
    key, own = kept.get("key"), kept.get("prices") or {}
    return Stored(
        provider=kept.get("provider"), model=kept.get("model"), base_url=kept.get("base_url"),
        key=Key(**key) if key else None, daily_cap_usd=kept.get("daily_cap_usd"),
        monthly_cap_usd=kept.get("monthly_cap_usd"),
        prices={name: LlmPrice(**price) for name, price in own.items()},
    )  # fmt: skip


async def replace(conn: Connection, body: LlmSettingsBody, vault: Vault) -> Stored:
    """Choose another model. Caps and prices that are absent stay, and so does the key, bound to its host.

    Raises InvalidInput for an address or a key that cannot be one.
    """
    before = await load(conn)
    given = body.model_fields_set
    base_url = checked_url(body.provider, body.base_url)
    url = base_url or VENDOR_URLS[body.provider]
    after = Stored(
        provider=body.provider, model=_model(body.model), base_url=base_url,
        key=_key(body.api_key, host_of(url), vault) or before.key,
        daily_cap_usd=body.daily_cap_usd if "daily_cap_usd" in given else before.daily_cap_usd,
        monthly_cap_usd=body.monthly_cap_usd if "monthly_cap_usd" in given else before.monthly_cap_usd,
        prices=before.prices if body.prices is None else body.prices,
    )  # fmt: skip
    await put_setting(conn, _KEY, _kept(after))
    return after


async def forget(conn: Connection) -> None:
    """Forget provider, model and key. Caps and prices stay: they may not vanish with a change of the model."""
    before = await load(conn)
    caps = Stored(
        daily_cap_usd=before.daily_cap_usd, monthly_cap_usd=before.monthly_cap_usd, prices=before.prices
    )
    await put_setting(conn, _KEY, _kept(caps))


def host_of(url: str) -> str:
    """``api.example.com``, ``127.0.0.1:8080`` over https, ``http://127.0.0.1:11434`` over http."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    port = "" if parts.port in (None, _DEFAULT_PORTS.get(parts.scheme)) else f":{parts.port}"
    return f"{'http://' if parts.scheme == 'http' else ''}{host}{port}"


def checked_url(provider: LlmProvider, url: str | None) -> str | None:
    """The address without a trailing slash; None for the vendor's own. Raises InvalidInput for what is none."""
    if not url or not url.strip():
        if provider not in VENDOR_URLS:
            raise InvalidInput(
                problem="base_url: openai-compatible needs the address of its server, such as"
                " http://127.0.0.1:11434/v1 (Ollama)."
            )
        return None
    cleaned = url.strip().rstrip("/")
    try:
        parts = urlsplit(cleaned)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
        httpx2.URL(cleaned)
    except (ValueError, httpx2.InvalidURL):
        usable = False
    if not usable or not re.fullmatch(r"[!-~]+", cleaned):
        raise InvalidInput(
            problem="base_url: this is no address of a server; it must look like http://127.0.0.1:11434/v1."
        )
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise InvalidInput(
            problem="base_url: leave out user name, password, ? and #; the key goes into api_key."
        )
    return None if cleaned == VENDOR_URLS.get(provider) else cleaned


def _model(name: str) -> str:
    cleaned = clean_line(name.strip())
    if not cleaned or cleaned != name.strip():
        raise InvalidInput(problem="model: this is no name of a model. Copy it from the vendor's list.")
    return cleaned


def _key(given: str | None, host: str, vault: Vault) -> Key | None:
    """The new key, sealed and bound to ``host``; None when none was given, or what is shown of the stored one."""
    key = (given or "").strip()
    if not key or _HIDDEN in key:
        return None
    if not re.fullmatch(r"[!-~]+", key):  # an HTTP header could not carry it, and its error would repeat it
        raise InvalidInput(
            problem="api_key: it has blanks or characters that no key has. Copy it again, alone."
        )
    return Key(sealed=vault.seal(key), masked=mask(key), host=host)


def mask(key: str) -> str:
    """What is shown of a key: ``sk-…abcd``; nothing of a short one."""
    if len(key) < 12:
        return _HIDDEN
    kind = re.match(r"[a-z]{2,4}-", key)
    return f"{kind.group() if kind else ''}{_HIDDEN}{key[-4:]}"


def _kept(stored: Stored) -> dict[str, Any]:
    key = stored.key
    return {
        "provider": stored.provider, "model": stored.model, "base_url": stored.base_url,
        "key": None if key is None else {"sealed": key.sealed, "masked": key.masked, "host": key.host},
        "daily_cap_usd": stored.daily_cap_usd, "monthly_cap_usd": stored.monthly_cap_usd,
        "prices": {name: price.model_dump() for name, price in stored.prices.items()},
    }  # fmt: skip
