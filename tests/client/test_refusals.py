"""What is wrong with a request, in a person's words and without the value."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from plantops_api import wire
from plantops_api.refusals import name_of, sentence_of


@pytest.mark.parametrize(
    ("model", "said", "told"),
    [
        (wire.SnoozeBody, {"seconds": 5}, "how long: must be at least 1 min"),
        (wire.SnoozeBody, {"seconds": 10**9}, "how long: must be at most 30 d"),
        (wire.SnoozeBody, {"seconds": "a while"}, "how long: must be a whole number"),
        (
            wire.SnoozeBody,
            {"until": "soon"},
            "until: must be a date and time, such as 2026-11-24T18:30:00Z",
        ),
        (
            wire.SnoozeBody,
            {"secnods": 90},
            "secnods: is not known here; perhaps its name has a typing error",
        ),
        (wire.WateringBody, {"amount_ml": -3}, "amount: must be more than 0"),
        (wire.WateringBody, {"note": "x" * 1001}, "note: may have at most 1000 characters"),
        (wire.PlantBody, {}, "name: is missing"),
        (wire.PlantBody, {"name": ""}, "name: must not be empty"),
        (wire.PlantBody, {"name": 5}, "name: must be text"),
        (wire.PlantBody, {"name": "Fern", "thresholds": []}, "thresholds: must be an object"),
        (wire.PlantBody, {"name": "Fern", "thresholds": {"joy": {}}}, "thresholds joy: must be 'soil_moisture',"),
        (wire.QuietHours, {"start": "25:00", "end": "07:00"}, "start: is not written the way it has to be: like 22:00"),
        (wire.NotificationSettingsBody, {"channels": [{"type": "discord"}]}, "channels 1 name: is missing"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_said_in_words(model: type[BaseModel], said: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError) as refused:
        model.model_validate(said)
    fault = refused.value.errors()[0]
    sentence = f"{name_of(fault['loc'])}: {sentence_of(fault)}"
    assert sentence.startswith(told)
    assert "Input" not in sentence
