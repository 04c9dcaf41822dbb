"""Health, readiness and metrics of a whole server and of one whose surroundings are away."""

from __future__ import annotations

import asyncio

import httpx2

from tests.running_server import Doors, Running


async def until_status(client: httpx2.AsyncClient, status: int) -> httpx2.Response:
    async with asyncio.timeout(15):
        while True:
            answer = await client.get("/readyz")
            if answer.status_code == status:
                return answer
            await asyncio.sleep(0.1)


async def test_a_whole_server_is_ready_and_says_so_without_a_login(server: Running) -> None:
    async with httpx2.AsyncClient(base_url=server.url) as stranger:
        ready = (await until_status(stranger, 200)).json()
        assert (await stranger.get("/healthz")).json() == {"status": "ok"}
    assert set(ready["checks"]) == {"database", "broker", "ingest", "outbox", "disk"}
    assert all(check["ok"] for check in ready["checks"].values())


async def test_without_its_broker_it_is_alive_and_not_ready_until_the_broker_is_back(server: Running) -> None:
    async with httpx2.AsyncClient(base_url=server.url) as stranger:
        await until_status(stranger, 200)
        server.broker.kill()
        ready = (await until_status(stranger, 503)).json()
        assert [name for name, check in ready["checks"].items() if not check["ok"]] == ["broker"]
        assert (await stranger.get("/healthz")).status_code == 200
        server.broker.start()
        await until_status(stranger, 200)


async def test_a_batch_that_cannot_be_stored_is_named_at_once(doors: Doors) -> None:
    class Stuck:
        """Ingest that holds readings which the database refuses for good."""

        waiting, lag_s = 7, 0.4
        problem: str | None = "InsufficientPrivilege: permission denied for table telemetry of 127.0.0.1"

    doors.house.intake = Stuck()
    client = await doors.client()
    ingest = (await client.get("/readyz")).json()["checks"]["ingest"]
    assert not ingest["ok"]
    assert "readings cannot be stored (InsufficientPrivilege); 7 messages are held" in ingest["detail"]
    assert "telemetry of" not in ingest["detail"]
    doors.house.intake.problem = None
    assert (await client.get("/readyz")).json()["checks"]["ingest"]["ok"]


async def test_readiness_tells_no_address_and_no_name(doors: Doors) -> None:
    answer = await (await doors.client()).get("/readyz")
    assert answer.status_code == 503
    assert "127.0.0.1" not in answer.text
    assert str(doors.house.settings.data_dir) not in answer.text


async def test_metrics_count_and_never_name(server: Running) -> None:
    async with server.client() as client:
        await client.post("/api/plants", json={"name": "Secret Monstera", "location": "vault"})
        metrics = (await client.get("/metrics")).text
    assert 'plantops_plants{health="unknown",trust="none"} 1.0' in metrics
    for name in (
        "plantops_broker_connected 1.0", "plantops_ingest_lag_seconds", "plantops_ingest_messages_total",
        "plantops_outbox_oldest_seconds", "plantops_stream_subscribers",
    ):  # fmt: skip
        assert name in metrics, name
    assert "Monstera" not in metrics
    assert "vault" not in metrics


async def test_metrics_need_a_login(doors: Doors) -> None:
    assert (await (await doors.client()).get("/metrics")).status_code == 401
    assert (await (await doors.client("viewer")).get("/metrics")).status_code == 200
