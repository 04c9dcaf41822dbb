"""The client's own behaviour: pages, paths, credentials, the event stream, exports."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx2
import pytest

from plantops_api import errors, wire
from plantops_api.client import PlantOpsClient

ALERT = {"kind": "low", "severity": "warning", "opened_at": "2026-11-24T08:00:00Z"}


def client_for(answer: object) -> PlantOpsClient:
    return PlantOpsClient("http://garden.test/", "po_token", transport=httpx2.MockTransport(answer))  # type: ignore[arg-type]


async def test_a_list_is_read_to_its_end_page_by_page() -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        start = int(request.url.params.get("cursor") or 0)
        items = [{"id": number, **ALERT} for number in range(start, start + 3)]
        return httpx2.Response(
            200, json={"items": items, "next_cursor": str(start + 3) if start < 6 else None}
        )

    async with client_for(answer) as client:
        alerts = await client.list_alerts("all")

    assert [alert.id for alert in alerts] == list(range(9))


async def test_a_limit_stops_the_reading_of_pages() -> None:
    asked: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.url.params["limit"])
        return httpx2.Response(
            200, json={"items": [{"id": n, **ALERT} for n in range(2)], "next_cursor": "more"}
        )

    async with client_for(answer) as client:
        assert len(await client.list_alerts(limit=3)) == 3

    assert asked == ["3", "1"]


async def test_an_id_stays_one_segment_of_the_path() -> None:
    paths: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        paths.append(request.url.raw_path.decode())
        return httpx2.Response(204)

    async with client_for(answer) as client:
        for odd in ("a/b", "..", "a?b", "a#b", "ä"):
            await client.delete_plant(odd)

    assert paths == [f"/api/plants/{part}" for part in ("a%2Fb", "%2E%2E", "a%3Fb", "a%23b", "%C3%A4")]


async def test_registration_shows_the_enrolment_token_and_never_the_users_own() -> None:
    sent: list[str | None] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        sent.append(request.headers.get("authorization"))
        return httpx2.Response(403, json={"title": "no", "detail": "no"})

    body = wire.RegisterBody(mac_address="24:6F:28:AE:52:7C")
    async with client_for(answer) as client:
        for token in ("enrol", None):
            with pytest.raises(errors.NotAllowed):
                await client.register_device(body, token)
        with pytest.raises(errors.NotAllowed):
            await client.get_me()

    assert sent == ["Bearer enrol", None, "Bearer po_token"]


async def test_a_patch_sends_only_what_was_given() -> None:
    bodies: list[bytes] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        bodies.append(request.content)
        return httpx2.Response(403, json={"title": "no"})

    async with client_for(answer) as client:
        for patch in (wire.DevicePatch(name=None), wire.DevicePatch(report_interval_s=60)):
            with pytest.raises(errors.NotAllowed):
                await client.update_device("dev", patch)

    assert bodies == [b'{"name":null}', b'{"report_interval_s":60}']


async def test_a_server_that_is_not_ready_still_tells_its_checks() -> None:
    body = {"ready": False, "version": "1", "checks": {"broker": {"ok": False, "detail": "down"}}}

    async with client_for(lambda _: httpx2.Response(503, json=body)) as client:
        ready = await client.get_ready()

    assert not ready.ready
    assert ready.checks["broker"].detail == "down"


async def test_the_servers_clock_is_its_date_header() -> None:
    headers = {"Date": "Tue, 24 Nov 2026 08:00:00 GMT"}

    async with client_for(lambda _: httpx2.Response(200, headers=headers, json={})) as client:
        assert await client.server_time() == datetime(2026, 11, 24, 8, tzinfo=UTC)


class Pieces(httpx2.AsyncByteStream):
    """A body that arrives in pieces and may break."""

    def __init__(self, *pieces: bytes | Exception) -> None:
        self._pieces = pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            if isinstance(piece, Exception):
                raise piece
            yield piece


def event_stream(*pieces: bytes | Exception) -> httpx2.Response:
    return httpx2.Response(200, headers={"content-type": "text/event-stream"}, stream=Pieces(*pieces))


async def collect(client: PlantOpsClient, last_event_id: str | None = None) -> list[wire.Event]:
    """The events before the loss of the connection, which ends every stream of these tests."""
    events: list[wire.Event] = []
    try:
        async for event in client.live(last_event_id):
            events.append(event)  # noqa: PERF401 - what came before the loss counts
    except errors.ServerUnreachable:
        return events
    raise AssertionError("the stream ended without a word")


HELLO = b"retry: 2000\nid: boot-41\n\n"


async def test_a_fresh_stream_begins_with_reset_and_then_tells_what_changed() -> None:
    body = (
        HELLO,
        b": still here\n\n",
        b'id: boot-42\nevent: plant\ndata: {"ids":',
        b'["plt_a","plt_b"]}\n\n',
    )

    async with client_for(lambda _: event_stream(*body)) as client:
        events = await collect(client)

    assert events == [
        wire.Event(id="boot-41", event="reset", ids=[]),
        wire.Event(id="boot-42", event="plant", ids=["plt_a", "plt_b"]),
    ]


async def test_a_stream_resumes_after_the_last_event_without_a_reset() -> None:
    asked: list[str | None] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.headers.get("last-event-id"))
        return event_stream(HELLO, b'id: boot-42\nevent: alert\ndata: {"ids":["7"]}\n\n')

    async with client_for(answer) as client:
        events = await collect(client, "boot-41")

    assert asked == ["boot-41"]
    assert events == [wire.Event(id="boot-42", event="alert", ids=["7"])]


async def test_events_that_make_no_sense_are_passed_over() -> None:
    body = (
        HELLO,
        b"event: weather\ndata: {}\n\n",
        b"event: plant\ndata: {broken\n\n",
        b'event: plant\ndata: {"ids": 5}\n\n',
        b'id: boot-50\nevent: plant\ndata: {"ids":["\x1b[2Jplt_a"]}\n\n'.replace(b"\x1b", b"\\u001b"),
    )

    async with client_for(lambda _: event_stream(*body)) as client:
        events = await collect(client)

    assert [event.ids for event in events] == [[], ["plt_a"]]


async def test_a_stream_that_breaks_is_unreachable() -> None:
    async with client_for(lambda _: event_stream(HELLO, httpx2.ReadError("reset"))) as client:
        assert [event.event for event in await collect(client)] == ["reset"]


async def test_a_stream_that_is_refused_says_why() -> None:
    async with client_for(lambda _: httpx2.Response(401, json={"title": "x", "detail": "Log in."})) as client:
        with pytest.raises(errors.Unauthenticated, match="Log in"):
            await anext(client.live())


async def test_a_stream_that_is_html_is_no_plantops_server() -> None:
    async with client_for(lambda _: httpx2.Response(200, html="<p>")) as client:
        with pytest.raises(errors.NotPlantOps):
            await anext(client.live())


async def test_an_export_comes_in_pieces_and_a_loss_in_the_middle_is_an_error() -> None:
    async with client_for(
        lambda _: httpx2.Response(200, stream=Pieces(b"time\n", b"1\n", httpx2.ReadError("x")))
    ) as client:
        pieces = client.export_plant_csv("plt_a")
        assert await anext(pieces) + await anext(pieces) == b"time\n1\n"
        with pytest.raises(errors.ServerUnreachable):
            await anext(pieces)
