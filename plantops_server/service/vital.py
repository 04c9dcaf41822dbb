"""Work without which the server is not whole."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

import structlog

from plantops_server.errors import PartDied, PlantOpsError
from plantops_server.service.stopping import Stopping

Work: TypeAlias = Callable[[], Coroutine[Any, Any, None]]

log = structlog.get_logger(__name__)


async def vital(part: str, work: Work, stopping: Stopping) -> None:
    """Call and await ``work``, which may end only after a wish to stop.

    Raises PartDied when it ends or fails by itself.
    """
    try:
        await work()
    except PlantOpsError as error:
        log.error("a part of the server died", part=part, problem=str(error))
        raise PartDied(part=part, problem=str(error)) from error
    except Exception as error:
        log.error("a part of the server died", part=part, exc_info=error)
        raise PartDied(part=part, problem=f"{type(error).__name__}, and the log says where.") from error
    if not stopping.wished:
        log.error("a part of the server ended by itself", part=part)
        raise PartDied(part=part, problem="it ended by itself.")
