"""The OpenAPI document is complete: whoever writes a client needs nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tests.running_server import Doors

NO_JSON = {"GET /api/stream", "GET /api/plants/{plant_id}/export.csv", "GET /metrics"}


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield f"{method.upper()} {path}", operation


async def test_it_is_served_without_a_login(doors: Doors) -> None:
    answer = await (await doors.client()).get("/api/openapi.json")
    assert answer.status_code == 200
    assert answer.json()["openapi"].startswith("3.1")


async def test_every_operation_says_what_it_does_and_belongs_to_an_area(doors: Doors) -> None:
    document = doors.app.openapi()
    areas = {tag["name"] for tag in document["tags"]}
    for name, operation in operations(document):
        assert operation["tags"][0] in areas, name
        assert operation["summary"], name
        assert len(operation["description"]) > 20, name


async def test_every_operation_answers_errors_with_a_problem_document(doors: Doors) -> None:
    for name, operation in operations(doors.app.openapi()):
        content = operation["responses"]["default"]["content"]
        assert list(content) == ["application/problem+json"], name
        assert "422" not in operation["responses"], name


async def test_every_success_has_a_schema(doors: Doors) -> None:
    for name, operation in operations(doors.app.openapi()):
        (status, success), *_ = [(s, r) for s, r in operation["responses"].items() if s.startswith("2")]
        if status == "204" or name in NO_JSON:
            continue
        assert success["content"]["application/json"]["schema"], name


async def test_every_request_body_has_an_example(doors: Doors) -> None:
    document = doors.app.openapi()
    without = []
    for name, operation in operations(document):
        if "requestBody" not in operation:
            continue
        text = str(operation["requestBody"]["content"]["application/json"]["schema"])
        refs = re.findall(r"#/components/schemas/(\w+)", text)
        if not any("example" in str(document["components"]["schemas"][ref]) for ref in refs):
            without.append(name)
    assert without == []


async def test_no_schema_is_left_dangling(doors: Doors) -> None:
    document = doors.app.openapi()
    used = set(re.findall(r"#/components/schemas/([\w.-]+)", str(document)))
    assert used <= set(document["components"]["schemas"])


async def test_every_unique_operation_has_its_own_id(doors: Doors) -> None:
    ids = [operation["operationId"] for _, operation in operations(doors.app.openapi())]
    assert len(ids) == len(set(ids))
