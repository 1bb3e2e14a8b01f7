"""The whole platform as processes, once for all tests of this folder."""

import os
import sys
from collections.abc import AsyncIterator

import pytest

from deploy.local import kafka
from deploy.local.stack import Stack


@pytest.fixture(scope="session")
async def platform(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Stack]:
    """A running platform on free ports, with the broker that this run was asked to use."""
    kind = kafka.Kind(pytestconfig.getoption("kafka"))
    async with Stack(tmp_path_factory.mktemp("platform"), on="free", broker=kind) as stack:
        yield stack


@pytest.fixture(scope="session")
def tools() -> dict[str, str]:
    """An environment in which the project's command line tools are found."""
    path = f"{os.path.dirname(sys.executable)}{os.pathsep}{os.environ['PATH']}"  # noqa: PTH120 -- no symlink resolution
    return {**os.environ, "PATH": path, "PYTHONPATH": os.getcwd()}  # noqa: PTH109 -- the root that pytest runs in
