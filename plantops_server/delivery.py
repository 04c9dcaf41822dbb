"""Carrying the outbox to the channels: what may go out now, as what message, and what its answer means.

Nothing is sent inside a transaction: a row is claimed and committed, sent, and marked in a second transaction.
Channels are served side by side, one row after the other within a channel, so that a service that hangs delays
nobody else and the order of each plant's messages is kept.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import httpx2
import structlog
from prometheus_client import Counter

from plantops_api.wire import ChannelTest
from plantops_server.errors import WrongSecretKey
from plantops_server.incidents import attempts, channels, maintenance, outbox
from plantops_server.incidents.channels import Heartbeat, Stored, StoredChannel
from plantops_server.incidents.outbox import GROUP_FROM, Parcel
from plantops_server.notify import apprise_urls, discord
from plantops_server.notify.answer import Answer
from plantops_server.notify.heartbeat import beat
from plantops_server.notify.note import Note
from plantops_server.notify.webhook import Webhook
from plantops_server.reach import Resolve, resolve_host
from plantops_server.store.bell import ring
from plantops_server.store.database import Connection, Database
from plantops_server.store.vault import Vault

EXPIRY = timedelta(days=3)
"""News older than this is history: it is in the list of alerts, and no longer sent."""
_FIRST_WAIT_S, _LONGEST_WAIT_S = 5.0, 900.0
_JITTER = 0.25
_DIGEST_FROM = 2  # a digest is one message, however few it gathers
_GROUP_MARK = "group:"  # before the id of a message that tells of many incidents

sent_total = Counter(
    "plantops_notifications_total", "Attempts to deliver a notification.", ["type", "outcome"]
)
log = structlog.get_logger(__name__)


class Hold(NamedTuple):
    """Not now: after ``until``."""

    until: datetime
    reason: str


class Drop(NamedTuple):
    """Not any more."""

    reason: str


def fate(parcel: Parcel, channel: StoredChannel, settings: Stored, now: datetime) -> Hold | Drop | None:
    """Whether a claimed row goes out now (None), later or never, by how its incident stands.

    Edits of a message that exists disturb nobody, so quiet hours and snoozes hold back new messages only.
    Critical incidents wait for nothing but the end of maintenance, in which nothing at all goes out. Who acknowledged
    an incident needs no telling of it.
    """
    new_message = not parcel.told or parcel.event == "repeat" or channel.type != "discord"
    if parcel.event != "resolved" and parcel.resolved_at is not None:
        return Drop("resolved before it could be sent")
    if parcel.event == "resolved" and parcel.in_maintenance and not parcel.told:
        return Drop("it came and went in maintenance")
    if parcel.maintenance_until is not None:
        return Hold(parcel.maintenance_until, maintenance.HELD)
    if now - parcel.created_at > EXPIRY and not (parcel.in_maintenance and parcel.event == "opened"):
        return Drop("given up after 3 days")
    if channel.type != "discord" and parcel.event == "changed" and "acked_by" in parcel.payload:
        return Drop("this channel cannot edit, and nobody needs a message about an acknowledgement")
    if channel.type != "discord" and parcel.event == "changed" and parcel.payload.get("returned"):
        return Drop("this channel cannot edit, and was told of this incident before")
    if parcel.acked_at is not None and (not parcel.told or parcel.event == "repeat"):
        return Drop("acknowledged before it could be sent")
    if new_message and parcel.snoozed_until is not None and parcel.snoozed_until > now:
        return Drop("snoozed") if parcel.event == "repeat" else Hold(parcel.snoozed_until, "snoozed")
    return _patience(parcel, settings, now) if new_message and parcel.severity != "critical" else None


def _patience(parcel: Parcel, settings: Stored, now: datetime) -> Hold | None:
    """How long a new message about a warning waits: for the end of quiet hours, for the hour's digest."""
    quiet_until = channels.quiet_until(settings.quiet_hours, now)
    if quiet_until is not None:
        return Hold(quiet_until, "quiet hours")
    digest_at = parcel.created_at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return Hold(digest_at, "digest") if settings.digest and now < digest_at else None


def _group_from(settings: Stored) -> int:
    return _DIGEST_FROM if settings.digest else GROUP_FROM


def note_of(parcel: Parcel) -> Note:
    """What a claimed row says, brought up to how its incident stands now."""
    return Note.model_validate(
        {
            **parcel.payload, "alert_id": parcel.alert_id, "event": parcel.event,
            "severity": parcel.severity, "acked_by": parcel.acked_by, "resolved_at": parcel.resolved_at,
        }
    )  # fmt: skip


class _Rest(NamedTuple):
    """A pause that a service asked for. A clock that is set back to before ``since`` ends it: better asked twice."""

    since: datetime
    until: datetime

    def holds(self, now: datetime) -> bool:
        return self.since <= now < self.until


class Courier:
    """Delivers what is due, and remembers how long each channel, or each type of channel, asked us to wait."""

    def __init__(
        self,
        db: Database,
        vault: Vault,
        http: httpx2.AsyncClient,
        *,
        clock: Callable[[], datetime],
        allow_hosts: Sequence[str] = (),
        chance: random.Random | None = None,
        resolve: Resolve = resolve_host,
        timeout_s: float = 15.0,
    ) -> None:
        self._db = db
        self._vault = vault
        self._http = http
        self._clock = clock
        self._allow_hosts = allow_hosts
        self._chance = chance or random.Random()  # noqa: S311 - spreads retries
        self._resolve = resolve
        self._timeout_s = timeout_s
        self._rests: dict[tuple[str, str], _Rest] = {}

    async def deliver(self) -> int:
        """Deliver everything that is due now; how many rows were dealt with. Raises only for the database."""
        async with self._db.connection() as conn:
            due = await outbox.due_channels(conn, self._clock())
            settings = await channels.load(conn)
        known = {channel.name: channel for channel in settings.channels if channel.enabled}
        for name in due.keys() - known.keys():
            async with self._db.transaction() as conn:
                await outbox.park(conn, name)
        done = await asyncio.gather(
            *(self._serve(known[name], settings) for name in sorted(due.keys() & known.keys()))
        )
        return sum(done)

    @property
    def resting_until(self) -> datetime | None:
        """The earliest moment at which a channel that was asked to wait may go on."""
        now = self._clock()
        return min((rest.until for rest in self._rests.values() if rest.holds(now)), default=None)

    async def test(self, channel: StoredChannel) -> ChannelTest:
        """Send a labelled test message now, past the outbox, and say what really came of it."""
        answer = await self._send_test(channel)
        return ChannelTest(
            channel=channel.name,
            ok=answer.outcome == "sent",
            status=answer.status,
            error=answer.reason or None,
        )

    async def test_heartbeat(self, name: str, watchdog: Heartbeat) -> ChannelTest:
        """Call the watchdog once now, and say what it answered; to it that is a beat like any other."""
        url = self._vault.unseal(watchdog.sealed_url)
        answer = await beat(self._http, url, self._allow_hosts, resolve=self._resolve)
        sent = answer.outcome == "sent"
        return ChannelTest(channel=name, ok=sent, status=answer.status, error=answer.reason or None)

    async def _serve(self, channel: StoredChannel, settings: Stored) -> int:
        """Deliver the rows of one channel one after the other, until none is due or the service wants a rest."""
        done = 0
        while not self._resting(channel):
            async with self._db.transaction() as conn:
                parcels = await outbox.claim(conn, channel.name, self._clock(), _group_from(settings))
                going = await self._sorted_out(conn, parcels, channel, settings)
            if not parcels:
                break
            done += len(parcels)
            if going and not await self._deliver_batch(channel, going):
                break
        return done

    def _resting(self, channel: StoredChannel) -> bool:
        keys = ("name", channel.name), ("type", channel.type)
        return any(self._rests[key].holds(self._clock()) for key in keys if key in self._rests)

    async def _sorted_out(
        self, conn: Connection, parcels: Sequence[Parcel], channel: StoredChannel, settings: Stored
    ) -> list[Parcel]:
        """Hold or drop what does not go out now; of the rest, one row, or all when they make a group."""
        going: list[Parcel] = []
        for parcel in parcels:
            verdict = fate(parcel, channel, settings, self._clock())
            if verdict is None:
                going.append(parcel)
            elif isinstance(verdict, Hold):
                await outbox.hold(conn, [parcel], verdict.reason, verdict.until)
            else:
                await outbox.drop(conn, [parcel], verdict.reason)
        if len(going) < _group_from(settings):
            await outbox.hold(conn, going[1:], None, self._clock())
            return going[:1]
        return going

    async def _deliver_batch(self, channel: StoredChannel, parcels: list[Parcel]) -> bool:
        """Send one message for these rows and mark them; False when the channel is to be left alone for now."""
        try:
            url = self._vault.unseal(channel.sealed_url)
        except WrongSecretKey as error:
            answer = Answer("refused", str(error))
        else:
            answer = await self._send(channel, url, parcels)
        sent_total.labels(type=channel.type, outcome=answer.outcome).inc()
        await self._settle(channel, parcels, answer)
        return answer.outcome in ("sent", "invalid") and answer.wait_s is None

    async def _send(self, channel: StoredChannel, url: str, parcels: list[Parcel]) -> Answer:
        if channel.type == "apprise":
            notes = [note_of(parcel) for parcel in parcels]
            text = apprise_urls.text_of(notes[0]) if len(notes) == 1 else apprise_urls.text_of_group(notes)
            return await apprise_urls.send(url, *text)
        webhook = Webhook(
            self._http, url, self._allow_hosts, resolve=self._resolve, timeout_s=self._timeout_s
        )
        if len(parcels) > 1:
            answer = await webhook.post(discord.grouped([note_of(p) for p in parcels], self._clock()))
            return answer._replace(
                external_id=_GROUP_MARK + answer.external_id if answer.external_id else None
            )
        return await self._send_one(channel, webhook, parcels[0])

    async def _send_one(self, channel: StoredChannel, webhook: Webhook, parcel: Parcel) -> Answer:
        """A new message, or an edit of the one that told of this incident before."""
        message_id = None if parcel.event == "repeat" else parcel.external_id
        if message_id is not None and message_id.startswith(_GROUP_MARK):
            answer = await self._edit_group(channel, webhook, message_id)
        elif message_id is not None:
            answer = await webhook.edit(message_id, discord.message(note_of(parcel)))
        else:
            answer = await webhook.post(discord.message(note_of(parcel)))
            message_id = answer.external_id
        if answer.outcome == "gone":
            answer = await webhook.post(discord.message(note_of(parcel)))
            message_id = answer.external_id
        return answer._replace(external_id=message_id)

    async def _edit_group(self, channel: StoredChannel, webhook: Webhook, marked_id: str) -> Answer:
        async with self._db.connection() as conn:
            members = await outbox.group_members(conn, channel.name, marked_id)
        notes = [Note.model_validate({**row.pop("payload"), **row, "event": "changed"}) for row in members]
        return await webhook.edit(marked_id.removeprefix(_GROUP_MARK), discord.grouped(notes, self._clock()))

    async def _settle(self, channel: StoredChannel, parcels: list[Parcel], answer: Answer) -> None:
        now = self._clock()
        wait_s = answer.wait_s if answer.wait_s is not None else self._back_off_s(parcels[0].attempts)
        if answer.wait_s is not None:
            self._rest(channel, answer, now)
        async with self._db.transaction() as conn:
            await attempts.record(
                conn, channel.name, parcels, answer.outcome, answer.status, answer.reason or None, now
            )
            if answer.outcome == "sent":
                await outbox.mark_delivered(conn, parcels, answer.external_id, now)
                await ring(conn, "alert", (str(parcel.alert_id) for parcel in parcels))
            elif answer.outcome == "refused":
                await channels.disable(conn, channel.name, channel.sealed_url, answer.reason)
                await outbox.park(conn, channel.name)
                log.error("channel disabled", channel=channel.name, reason=answer.reason)
            elif answer.outcome == "invalid":
                await outbox.drop(conn, parcels, answer.reason)
                log.error("message refused", channel=channel.name, reason=answer.reason)
            else:
                at = now + timedelta(seconds=wait_s)
                await outbox.postpone(conn, channel.name, parcels, answer.reason, at, now)
                log.warning(
                    "not delivered", channel=channel.name, reason=answer.reason, again_in_s=round(wait_s, 1)
                )

    def _rest(self, channel: StoredChannel, answer: Answer, now: datetime) -> None:
        until = now + timedelta(seconds=answer.wait_s or 0)
        key = ("type", channel.type) if answer.everywhere else ("name", channel.name)
        self._rests[key] = _Rest(now, until)

    def _back_off_s(self, attempts: int) -> float:
        wait_s = min(_FIRST_WAIT_S * 2 ** min(attempts - 1, 10), _LONGEST_WAIT_S)
        return float(wait_s * self._chance.uniform(1 - _JITTER, 1 + _JITTER))

    async def _send_test(self, channel: StoredChannel) -> Answer:
        try:
            url = self._vault.unseal(channel.sealed_url)
        except WrongSecretKey as error:
            return Answer("refused", str(error))
        if channel.type == "apprise":
            return await apprise_urls.send(
                url, "PlantOps test message", f"Channel {channel.name} works. This is a test."
            )
        webhook = Webhook(
            self._http, url, self._allow_hosts, resolve=self._resolve, timeout_s=self._timeout_s
        )
        return await webhook.post(discord.test_message(channel.name, self._clock()))
