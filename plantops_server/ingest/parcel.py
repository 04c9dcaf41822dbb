"""A packet with what it says, parsed once however often its transaction is tried."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from plantops_api.wire import DeviceStatus
from plantops_server.broker.link import Packet
from plantops_server.devices.presence import STATUS_WORDS
from plantops_server.telemetry import flags
from plantops_server.telemetry.packets import Reading, Reject, parse_packet, sample_of
from plantops_server.telemetry.store import Identity

_READINGS_BITS = 9  # more than the 500 readings of an array


@dataclass(slots=True)
class Parcel:
    """One packet on its way into the database: readings, or a status, and what was refused of it."""

    packet: Packet
    readings: list[Reading]
    rejects: list[Reject]
    status: DeviceStatus | None = None

    @property
    def weight(self) -> int:
        """Rows that it will take, at least one."""
        return max(1, len(self.readings))

    def identity(self, place: int) -> tuple[Identity | None, bool]:
        """Who the reading at ``place`` is, when its time does not say, and whether a known one is dropped.

        A counting device names itself. A retained message is known by its bytes: the broker replays it at each of our
        connects. Any other is known by the number under which the broker delivered it: that number is used again for
        other messages, so that it only counts when the broker says that it delivers anew.
        """
        reading, packet = self.readings[place], self.packet
        if not reading.flags & flags.ARRIVAL_TIME:
            return None, False
        if reading.boot is not None and reading.seq is not None:
            return Identity(packet.device_id, reading.boot, reading.seq), True
        content = -1 - zlib.crc32(packet.payload)  # negative: no device counts there
        if packet.retain:
            return Identity(packet.device_id, content, place), True
        if packet.mid is None:
            return None, False
        return Identity(packet.device_id, content, packet.mid << _READINGS_BITS | place), packet.dup


def unpack(packet: Packet) -> Parcel:
    """Read a packet; never raises."""
    if packet.kind == "status":
        status = STATUS_WORDS.get(packet.payload.strip().lower())
        if status is None and packet.payload:  # an empty one clears the retained message
            return Parcel(packet, [], [Reject("status: unknown word", sample_of(packet.payload))])
        return Parcel(packet, [], [], status)
    if packet.retain and not packet.payload:
        return Parcel(packet, [], [])
    parsed = parse_packet(packet.payload, packet.arrived, packet.device_id)
    if packet.retain:
        parsed = parsed._replace(
            readings=[reading._replace(flags=reading.flags | flags.RETAINED) for reading in parsed.readings]
        )
    return Parcel(packet, parsed.readings, parsed.rejects)
