"""Ingest alone in a process that a test may kill: one JSON object on stdin says where database and broker are."""

from __future__ import annotations

import asyncio
import json
import sys

from plantops_server.broker.address import Address, Login
from plantops_server.broker.link import BrokerLink
from plantops_server.ingest import Ingest
from plantops_server.store.database import Database


async def main(where: dict[str, str]) -> None:
    db = await Database.open(where["database"], min_size=1)
    login = Login("plantops-ingest", "plantops-ingest", where["password"])
    link = BrokerLink.for_ingest(Address.from_url(where["broker"]), login)
    await link.start()
    await Ingest(db, link).run()


asyncio.run(main(json.loads(sys.stdin.readline())))
