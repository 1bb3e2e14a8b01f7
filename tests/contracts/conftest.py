from collections.abc import AsyncIterator

import pytest

from tests.contracts.platform import Platform, platform


@pytest.fixture(scope="session")
async def served(mongo_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Platform]:
    """Serve the whole platform once for all tests of the contract."""
    async with platform(mongo_url, tmp_path_factory.mktemp("contracts")) as made:
        yield made
