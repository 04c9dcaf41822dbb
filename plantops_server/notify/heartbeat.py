"""The heartbeat: one GET to a watchdog of the owner's, which raises the alarm when it stays away.

The URL is a secret: who knows it can keep the watchdog quiet. It is in no reason or log line of ours.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection

import httpx2

from plantops_server.notify.answer import Answer
from plantops_server.reach import NotPublic, Resolve, resolve_host, target

TIMEOUT_S = 10.0


async def beat(
    http: httpx2.AsyncClient, url: str, allow_hosts: Collection[str] = (), *, resolve: Resolve = resolve_host
) -> Answer:
    """Call the watchdog once; hosts of ``allow_hosts`` may be private and speak plain http."""
    try:
        async with asyncio.timeout(TIMEOUT_S):
            called, options = await target(url, allow_hosts, resolve)
            async with http.stream(
                "GET", called, follow_redirects=False, timeout=TIMEOUT_S, **options
            ) as response:
                if response.is_success:
                    return Answer("sent", "", response.status_code)
                return Answer("later", f"The watchdog answered {response.status_code}.", response.status_code)
    except TimeoutError:
        return Answer("later", f"The watchdog did not answer within {TIMEOUT_S:.0f} s.")
    except NotPublic:
        return Answer("refused", "The watchdog's host resolves to a private address, which is not allowed.")
    except OSError:
        return Answer("later", "The watchdog's host name could not be resolved or reached.")
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:  # its own text may hold the URL
        return Answer("later", f"The watchdog could not be reached ({type(error).__name__}).")
