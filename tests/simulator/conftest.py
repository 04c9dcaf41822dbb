"""One whole server for a module's tests: each looks only at plants and devices of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import Databases
from tests.conftest import _running as running_broker
from tests.running_server import Running, serving, settings_for


@pytest.fixture(scope="module")
def one_server(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A composed server on a database and a broker of its own."""
    folder = tmp_path_factory.mktemp("server")
    with (
        databases.made("plantops_template") as url,
        running_broker(folder / "mosquitto", "dynsec") as broker,
        serving(settings_for(url, broker, folder / "data"), broker) as running,
    ):
        yield running
