"""Species, shipped or from OpenPlantbook, and the key with which that is asked."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from plantops_api.wire.bodies import Request, Response
from plantops_api.wire.thresholds import LimitChange, Span


class SpeciesDiff(Response):
    """GET /api/plants/{id}/thresholds/species-diff: what another species would change, and what stays yours."""

    species: str
    matched: Species | None = Field(None, description="Null: no species is known by that name")
    nearest: list[str] = Field([], description="When none is known: names that are spelled alike")
    changes: list[LimitChange] = []
    kept: list[str] = Field([], description="Metrics with limits of your own, which no species overwrites")


class Species(Response):
    """A species of the shipped set, or one that was fetched from OpenPlantbook."""

    id: str
    scientific_name: str
    synonyms: list[str] = []
    common_names: list[str] = []
    thresholds: dict[str, Span] = {}
    dli: Span | None = None
    watering: str | None = None
    light: str | None = None
    toxicity: str | None = None
    sources: list[str] = []
    origin: Literal["shipped", "openplantbook"] = "shipped"
    fetched_at: datetime | None = None
    match: Literal["name", "similar"] | None = Field(
        None, description="In a search: a name contains the text, or is only spelled alike"
    )


class SpeciesLookupBody(Request):
    """POST /api/species/lookup."""

    name: str = Field(min_length=3, max_length=120, examples=["abelia"])


class SpeciesFetchBody(Request):
    """POST /api/species/fetch."""

    id: str = Field(min_length=1, max_length=140, examples=["openplantbook:abelia chinensis"])
    refresh: bool = Field(False, description="Ask again although it is kept")


class OpenPlantbookBody(Request):
    """PUT /api/settings/species: the key of an OpenPlantbook account; a null ``client_id`` forgets it."""

    client_id: str | None = Field(None, max_length=200, examples=["W8hRg3…"])
    client_secret: str | None = Field(
        None, max_length=500, repr=False, description="Absent, or still masked: the stored one stays"
    )


class SpeciesSettings(Response):
    """GET /api/settings/species. Never carries the secret."""

    provider: Literal["openplantbook"] = "openplantbook"
    installed: bool = Field(description="Whether the extra plantops[openplantbook] is installed")
    configured: bool
    client_id: str | None = None
    client_secret_masked: str | None = None
    cached: int = Field(0, description="Species that were fetched and are kept")


class SpeciesProviderTest(Response):
    """POST /api/settings/species/test: the real outcome; ``error`` is a sentence, null when ok."""

    ok: bool
    latency_ms: int | None = None
    error: str | None = None
