"""OpenPlantbook (open.plantbook.io): species by the owner's key, through its SDK; optional, and never in a transaction.

Its rows come from a crowd: numbers 10 or 1000 times off, ranges of no width, wrong units. What cannot be true is left
out and said. Light is mmol/m²/d there; a thousandth of it is the DLI.
"""

from __future__ import annotations

import asyncio
import logging
import math
import unicodedata
from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from importlib.util import find_spec
from typing import Any, NamedTuple, TypeVar
from urllib.parse import quote

from plantops_server.errors import SpeciesProviderFailed, SpeciesProviderNotInstalled
from plantops_server.plants.fetched import PREFIX
from plantops_server.plants.species import Limits, Species

Answer = TypeVar("Answer")

TIMEOUT_S = 10.0
_MOST = 20
_NAME = 120
"""Characters of a name that are kept; the longest real one has about 60."""

_METRICS: dict[str, tuple[str, float, tuple[float, float], tuple[float, float]]] = {
    # metric: their name, factor to our unit, where a minimum can lie, where a maximum can lie
    "soil_moisture": ("soil_moist", 1.0, (0, 70), (10, 100)),
    "temperature": ("temp", 1.0, (-40, 25), (10, 50)),
    "humidity": ("env_humid", 1.0, (0, 90), (20, 100)),
    "conductivity": ("soil_ec", 1.0, (0, 3000), (100, 10_000)),
    "dli": ("light_mmol", 0.001, (0.05, 30), (0.5, 65)),
}


class Key(NamedTuple):
    """The key of an account; its repr shows no secret."""

    client_id: str
    client_secret: str

    def __repr__(self) -> str:
        return f"Key({self.client_id!r})"


def installed() -> bool:
    """Whether the SDK is there: the extra ``plantops[openplantbook]``."""
    return find_spec("openplantbook_sdk") is not None


class OpenPlantbook:
    """One account at one address; every failure is a SpeciesProviderFailed whose text is a sentence."""

    def __init__(self, key: Key, url: str, timeout_s: float = TIMEOUT_S) -> None:
        if not installed():
            raise SpeciesProviderNotInstalled
        from openplantbook_sdk import OpenPlantBookApi  # type: ignore[import-untyped]  # optional, brings aiohttp

        logging.getLogger("openplantbook_sdk").setLevel(logging.CRITICAL)  # our errors say it, once
        self._sdk = OpenPlantBookApi(key.client_id, key.client_secret, base_url=url.rstrip("/"))
        self._timeout_s = timeout_s
        self._status: int | None = None

    async def check(self) -> None:
        """The cheapest authenticated call: a search that finds little."""
        await self.search("monstera deliciosa")

    async def search(self, text: str) -> list[Species]:
        """Species by part of their name: names only, their ranges come with ``fetch``."""
        answer = await self._ask(
            lambda: self._sdk.async_plant_search(quote(text, safe=""), request_kwargs=self._watched())
        )
        results = answer.get("results") if isinstance(answer, Mapping) else None
        if not isinstance(results, list):
            raise self._failed()
        return [_named(row) for row in results[:_MOST] if isinstance(row, Mapping) and _text(row.get("pid"))]

    async def fetch(self, pid: str, today: date) -> tuple[Species, list[str]]:
        """One species with its ranges, and a sentence for each range that cannot be true and was left out."""
        answer = await self._ask(
            lambda: self._sdk.async_plant_detail_get(quote(pid, safe=""), request_kwargs=self._watched())
        )
        if not isinstance(answer, Mapping) or _text(answer.get("pid")) != _text(pid):
            raise self._failed(pid)
        return species_of(answer, today)

    async def _ask(self, call: Callable[[], Awaitable[Answer]]) -> Answer:
        self._status = None
        try:
            async with asyncio.timeout(self._timeout_s):
                return await call()
        except PermissionError:
            raise SpeciesProviderFailed(
                problem="OpenPlantbook refuses the client id and secret. Check both."
            ) from None
        except TimeoutError:
            raise SpeciesProviderFailed(
                problem=f"OpenPlantbook did not answer within {self._timeout_s:g} s. Try again later."
            ) from None
        except Exception as error:  # the SDK lets through what aiohttp and json raise
            raise self._failed(cause=type(error).__name__) from None

    def _watched(self) -> dict[str, Any]:
        """Options of a request: no redirects, and the status noted, which the SDK swallows."""

        async def note(response: Any) -> None:
            self._status = response.status
            response.raise_for_status()

        return {"allow_redirects": False, "raise_for_status": note}

    def _failed(self, pid: str | None = None, cause: str | None = None) -> SpeciesProviderFailed:
        if self._status == 404 and pid is not None:
            return SpeciesProviderFailed(problem=f"OpenPlantbook knows no species {pid!r}.")
        if self._status == 429 or cause == "RateLimitError":
            return SpeciesProviderFailed(
                problem="OpenPlantbook's limit of requests a day is reached. Try again tomorrow."
            )
        if self._status in (401, 403):
            return SpeciesProviderFailed(
                problem="OpenPlantbook refuses the client id and secret. Check both."
            )
        if self._status is not None and self._status >= 400:
            return SpeciesProviderFailed(
                problem=f"OpenPlantbook answered with status {self._status}. Try again later."
            )
        if cause is not None and "Connect" in cause:
            return SpeciesProviderFailed(
                problem="OpenPlantbook cannot be reached. Check the server's way to the internet."
            )
        return SpeciesProviderFailed(
            problem="OpenPlantbook's answer is not what its documentation says. Try again later."
        )


def species_of(row: Mapping[str, Any], today: date) -> tuple[Species, list[str]]:
    """Their row as one of ours, and a sentence for each range that was left out."""
    limits: dict[str, Limits] = {}
    left_out = []
    for metric in _METRICS:
        found = _limits(row, metric)
        if isinstance(found, str):
            left_out.append(found)
        elif found is not None:
            limits[metric] = found
    dli = limits.pop("dli", None)
    named = _named(row)
    source = f"OpenPlantbook (open.plantbook.io), fetched {today.isoformat()}"
    species = Species(
        id=named.id, scientific_name=named.scientific_name, synonyms=named.synonyms,
        common_names=named.common_names, thresholds=limits, dli=dli, sources=[source, *left_out],
    )  # fmt: skip
    return species, left_out


def _limits(row: Mapping[str, Any], metric: str) -> Limits | str | None:
    """Their range in our unit, a sentence when it cannot be true, None when there is none."""
    name, factor, lowest, highest = _METRICS[metric]
    low, high = (_number(row.get(f"{side}_{name}")) for side in ("min", "max"))
    if low is None or high is None:
        return None
    low, high = round(low * factor, 3), round(high * factor, 3)
    if low < high and lowest[0] <= low <= lowest[1] and highest[0] <= high <= highest[1]:
        return Limits(min=low, max=high)
    return f"Left out {metric}: {low:g} to {high:g} cannot be true."


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _named(row: Mapping[str, Any]) -> Species:
    pid, shown, alias = (_text(row.get(key)) for key in ("pid", "display_pid", "alias"))
    return Species(
        id=f"{PREFIX}{pid}", scientific_name=shown or pid,
        common_names=[alias] if alias and alias.casefold() not in (pid.casefold(), shown.casefold()) else [],
    )  # fmt: skip


def _text(value: Any) -> str:
    """Outside text without what a database or a terminal chokes on."""
    if not isinstance(value, str):
        return ""
    return "".join(c for c in value if unicodedata.category(c)[0] != "C").strip()[:_NAME]
