"""What the tests of incidents stand on."""

from __future__ import annotations

import pytest

from plantops_server.store.database import Database
from tests.incidents.household import Household


@pytest.fixture
def household(db: Database) -> Household:
    return Household(db)
