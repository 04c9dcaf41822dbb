"""One batch in one transaction: store, touch devices, judge, bring plant state up to date, ring.

The number of statements does not depend on the number of packets. Rows are locked in one order by every worker:
devices by id, then plants by id.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from operator import attrgetter

from plantops_api.wire import PLANT_METRICS
from plantops_server import standing
from plantops_server.devices import presence, steadiness
from plantops_server.devices.presence import Device
from plantops_server.incidents import faults, flapping, judge
from plantops_server.incidents.faults import FaultVerdict
from plantops_server.incidents.judge import Observation, PlantContext
from plantops_server.ingest import screening
from plantops_server.ingest.parcel import Parcel
from plantops_server.plants import state
from plantops_server.store.bell import ring
from plantops_server.store.database import Connection
from plantops_server.telemetry import flags, rejects, sensor_state, store
from plantops_server.telemetry.calibration import calibrated
from plantops_server.telemetry.faults import Change
from plantops_server.telemetry.packets import Reject, sample_of
from plantops_server.telemetry.store import Identity, Row
from plantops_server.telemetry.vpd import vpd

BACKFILL_AGE = timedelta(minutes=15)
_BACKFILL_INTERVALS = 3

_NOT_FRESH = flags.BACKFILL | flags.UNTRUSTED


@dataclass(slots=True)
class Outcome:
    """What became of a batch, for the counters: messages by result, and new readings."""

    results: Counter[str] = field(default_factory=Counter)
    readings: int = 0


async def absorb(conn: Connection, parcels: Sequence[Parcel], now: datetime) -> Outcome:
    """Store a batch with all that follows from it, in the caller's transaction."""
    devices = await presence.lock(conn, (p.packet.device_id for p in parcels))
    known = [p for p in parcels if p.packet.device_id in devices]
    new, changes = await _store(conn, known, devices)
    heard = await steadiness.hear(conn, _told(known))
    _touch(known, devices, new, heard.flapping)
    await presence.write_back(conn, [devices[i] for i in sorted({p.packet.device_id for p in known})])
    verdicts = screening.verdicts(changes, devices)
    rows = [row for stored in new.values() for row in stored]
    await _follow_up(conn, rows, list(devices.values()), verdicts, heard.noted, now)
    strangers = [p for p in parcels if p.packet.device_id not in devices]
    await rejects.record(conn, [*_rejects_of(known), *map(_unknown, strangers)], now)
    return _outcome(known, new, len(strangers))


async def _store(
    conn: Connection, parcels: Sequence[Parcel], devices: Mapping[str, Device]
) -> tuple[dict[int, list[Row]], list[tuple[str, Change]]]:
    """Insert what is not stored yet: the new rows by the position of their parcel, and faults that began or ended."""
    seen = await _seen_before(conn, parcels)
    rows: list[Row] = []
    owners: list[int] = []
    for position, parcel in enumerate(parcels):
        device = devices[parcel.packet.device_id]
        for place in range(len(parcel.readings)):
            if (position, place) not in seen:
                rows.append(_row(parcel, place, device))
                owners.append(position)
    if not rows:
        return {}, []
    screened = await screening.screen(conn, rows, devices)
    new: dict[int, list[Row]] = {}
    for place, row in (await store.insert(conn, screened.rows)).items():
        new.setdefault(owners[place], []).append(row)
    await sensor_state.flag_again(conn, screened.late)
    return new, screened.changes


def _row(parcel: Parcel, place: int, device: Device) -> Row:
    reading = calibrated(parcel.readings[place], device.calibration)
    bits = reading.flags
    if not bits & flags.ARRIVAL_TIME:
        allowed = max(BACKFILL_AGE, timedelta(seconds=_BACKFILL_INTERVALS * device.expected_interval_s))
        if parcel.packet.arrived - reading.time > allowed:
            bits |= flags.BACKFILL
    return store.row_of(reading, device.id, device.plant_id, bits)


async def _seen_before(conn: Connection, parcels: Sequence[Parcel]) -> set[tuple[int, int]]:
    """Positions and places of readings without a time of their own that were stored before, or twice in this batch."""
    strict: dict[Identity, tuple[int, int]] = {}
    loose: set[Identity] = set()
    seen: set[tuple[int, int]] = set()
    for position, parcel in enumerate(parcels):
        for place, reading in enumerate(parcel.readings):
            if not reading.flags & flags.ARRIVAL_TIME:
                continue
            identity, known_is_dropped = parcel.identity(place)
            if identity is None:
                continue
            if not known_is_dropped:
                loose.add(identity)
            elif identity in strict or identity in loose:
                seen.add((position, place))
            else:
                strict[identity] = (position, place)
    unseen = await store.unseen(conn, strict)
    await store.remember(conn, loose)
    return seen | {where for identity, where in strict.items() if identity not in unseen}


def _told(parcels: Iterable[Parcel]) -> list[steadiness.Told]:
    """The status messages. Devices retain them, so that the flag does not tell live ones from the one that the broker
    keeps and repeats when we connect: a loss too many, of one device, now and then."""
    return [
        steadiness.Told(p.packet.device_id, p.packet.arrived, p.status == "offline")
        for p in parcels
        if p.status is not None
    ]


def _touch(
    parcels: Sequence[Parcel], devices: Mapping[str, Device], new: Mapping[int, list[Row]], flappers: Set[str]
) -> None:
    """Tell the devices, in the order of the packets, what was heard of them. Retained telemetry tells nothing.

    What ``flappers`` say of themselves is passed over.
    """
    for position, parcel in enumerate(parcels):
        packet, device = parcel.packet, devices[parcel.packet.device_id]
        if parcel.status is not None and device.id not in flappers:
            device.heard_status(parcel.status, packet.arrived)
        if packet.kind == "status" or packet.retain:
            continue
        device.heard(packet.arrived)
        rows = new.get(position)
        if rows:
            newest = max(rows, key=attrgetter("time"))
            device.measured(
                newest.time, fresh=not newest.flags & flags.BACKFILL, next_in_s=parcel.readings[-1].next_in_s,
                battery=None if newest.flags & flags.UNTRUSTED else newest.battery, rssi=newest.rssi,
                catching_up=len(rows) > 1 and any(row.flags & flags.BACKFILL for row in rows),
            )  # fmt: skip


async def _follow_up(
    conn: Connection, rows: Sequence[Row], devices: Sequence[Device], verdicts: Sequence[FaultVerdict],
    unsteady: Set[str], now: datetime,
) -> None:  # fmt: skip
    """Judge the new rows, and bring the plants that they or a changed device concern up to date."""
    told = [device for device in devices if device.status_changed]
    observed = [
        _observation(row) for row in rows if row.plant_id is not None and not row.flags & flags.UNTRUSTED
    ]
    sick = screening.faulty_now(rows)
    concerned = {o.plant_id for o in observed} | {d.plant_id for d in told if d.plant_id is not None}
    flappers = [flapping.Flapper(d.id, d.name, d.plant_id) for d in devices if d.id in unsteady]
    concerned |= {f.plant_id for f in flappers if f.plant_id is not None}
    concerned |= sick.keys() | {v.plant_id for v in verdicts if v.plant_id is not None}
    newest = await state.lock(conn, concerned)
    contexts = await _contexts(conn, newest)
    await faults.judge_faults(conn, verdicts, contexts, now)
    await flapping.open_flapping(conn, flappers, contexts, now)
    if newest:
        plant_ids = list(newest)
        await judge.judge(conn, [*observed, *_thirst(observed, contexts)], contexts, now)
        news = _news(observed, await presence.expectations(conn, plant_ids), plant_ids)
        news = [_with_faults(n, sick, newest[n.plant_id]) for n in news]
        await state.apply(conn, news, await judge.summary(conn, plant_ids), now)
    await ring(conn, "plant", newest)
    await ring(conn, "device", (device.id for device in told))


def _observation(row: Row) -> Observation:
    return Observation(row.plant_id or "", row.time, store.values_of(row), fresh=not row.flags & _NOT_FRESH)


def _thirst(observed: Iterable[Observation], contexts: Mapping[str, PlantContext]) -> Iterator[Observation]:
    """The vapour pressure deficit of the air, where somebody set limits for it; its parts may come in two messages."""
    wanted = {
        plant_id
        for plant_id, context in contexts.items()
        if (limits := context.thresholds.get("vpd")) is not None and limits.enabled
    }
    air: dict[tuple[str, datetime, bool], dict[str, float]] = {}
    for o in observed:
        if o.plant_id in wanted:
            air.setdefault((o.plant_id, o.time, o.fresh), {}).update(o.values)
    for (plant_id, time, fresh), values in air.items():
        if "temperature" in values and "humidity" in values:
            yield Observation(plant_id, time, {"vpd": vpd(values["temperature"], values["humidity"])}, fresh)


async def _contexts(
    conn: Connection, newest: Mapping[str, Mapping[str, datetime]]
) -> dict[str, PlantContext]:
    contexts = await standing.contexts_of(conn, newest.keys())
    return {
        plant_id: context._replace(newest=_newest_of_all(newest[plant_id]))
        for plant_id, context in contexts.items()
    }


def _newest_of_all(newest: Mapping[str, datetime]) -> Mapping[str, datetime]:
    """When each metric was known last, what is derived with them."""
    if "temperature" not in newest or "humidity" not in newest:
        return newest
    return {**newest, "vpd": min(newest["temperature"], newest["humidity"])}


def _news(
    observed: Iterable[Observation], expected: Mapping[str, presence.Expectation], plant_ids: Iterable[str]
) -> list[state.News]:
    """The newest value of each metric by plant, and what its devices may be expected to do."""
    values: dict[str, dict[str, tuple[float, datetime]]] = {plant_id: {} for plant_id in plant_ids}
    for observation in observed:
        mine = values.get(observation.plant_id, {})
        for metric, value in observation.values.items():
            if metric not in mine or mine[metric][1] < observation.time:
                mine[metric] = (value, observation.time)
    return [
        state.News(
            plant_id, mine, max((at for metric, (_, at) in mine.items() if metric in PLANT_METRICS), default=None),
            **(expected[plant_id]._asdict() if plant_id in expected else {}),
        )
        for plant_id, mine in values.items()
    ]  # fmt: skip


def _with_faults(
    news: state.News, sick: Mapping[str, tuple[Row, bool]], before: Mapping[str, datetime]
) -> state.News:
    """The news with what its newest soil reading says of the probe, unless a newer one is known."""
    row, faulty = sick.get(news.plant_id, (None, False))
    if row is None or row.time < before.get("soil_moisture", row.time):
        return news
    return news._replace(faulty=faulty)


def _rejects_of(parcels: Iterable[Parcel]) -> list[tuple[str, Reject]]:
    return [(parcel.packet.device_id, reject) for parcel in parcels for reject in parcel.rejects]


def _unknown(parcel: Parcel) -> tuple[str, Reject]:
    return parcel.packet.device_id, Reject("packet: unknown device", sample_of(parcel.packet.payload))


def _outcome(parcels: Sequence[Parcel], new: Mapping[int, list[Row]], strangers: int) -> Outcome:
    outcome = Outcome(readings=sum(map(len, new.values())))
    outcome.results["unknown_device"] = strangers
    for position, parcel in enumerate(parcels):
        if parcel.packet.kind == "status":
            result = "rejected" if parcel.rejects else "status"
        elif position in new:
            result = "stored"
        else:
            result = "duplicate" if parcel.readings else "rejected"
        outcome.results[result] += 1
    return outcome
