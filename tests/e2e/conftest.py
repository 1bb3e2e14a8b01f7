"""The whole platform as processes, once for all tests of this folder and gone after them."""

from collections.abc import AsyncIterator

import pytest

from deploy.local import kafka
from deploy.local.stack import Stack


@pytest.fixture(scope="package")
async def platform(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Stack]:
    """A running platform on free ports, with the broker that this run was asked to use."""
    kind = kafka.Kind(pytestconfig.getoption("kafka"))
    async with Stack(tmp_path_factory.mktemp("platform"), on="free", broker=kind) as stack:
        yield stack
