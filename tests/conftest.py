"""Real servers for the whole test run, each started by the first test that asks for it."""

import os
import sys
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from hypothesis import HealthCheck, settings

from deploy.kafka import topics
from deploy.local import kafka, ports
from deploy.local.issuer import Issuer, application
from deploy.local.mongod import Mongod
from services.kernel.kafka import Cluster

# A busy machine is no failure: examples are limited by number, tests by their timeout.
settings.register_profile("platform", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("fast", settings.get_profile("platform"), max_examples=6)
settings.load_profile("platform")

BROKER_LINES = pytest.StashKey[list[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    default = os.environ.get("KAFKA") or "auto"
    parser.addoption(
        "--kafka", choices=("auto", "apache", "embedded"), default=default, help="broker of the run"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.stash[BROKER_LINES] = []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for line in config.stash[BROKER_LINES]:
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
async def mongo_url(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """URL of one real mongod (a one-node replica set) or MONGO_URL. Tests use databases of their own."""
    given = os.environ.get("MONGO_URL")
    if given:
        yield given
        return
    folder = tmp_path_factory.mktemp("mongod")
    server = Mongod(folder / "data", folder / "mongod.log")
    await server.start()
    yield server.url
    await server.stop()


@pytest.fixture(scope="session")
async def kafka_choice(pytestconfig: pytest.Config) -> kafka.Choice:
    """Which broker this run uses; the run's last lines say it."""
    choice = await kafka.choose(kafka.Kind(pytestconfig.getoption("kafka")))
    pytestconfig.stash[BROKER_LINES].append(choice.why or f"Kafka: Apache Kafka from {choice.jars}")
    return choice


@pytest.fixture(scope="session")
async def kafka_bootstrap(
    kafka_choice: kafka.Choice, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[str]:
    """Address of one broker with the platform's topics. Tests use consumer groups of their own."""
    if kafka_choice.kind is kafka.Kind.EXTERNAL:
        await topics.apply(Cluster(kafka_choice.bootstrap))
        yield kafka_choice.bootstrap
        return
    folder = tmp_path_factory.mktemp("kafka")
    server = kafka.broker(kafka_choice, folder, folder / "kafka.log")
    await server.start()
    await topics.apply(Cluster(server.address))
    yield server.address
    await server.stop()


@pytest.fixture(scope="session")
async def issuer(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Issuer]:
    """Serve a token issuer: `mint(org, subject, *roles)`, `jwks_url`, `token_url`, `secret_file`."""
    port = ports.free_port()
    made = Issuer(tmp_path_factory.mktemp("issuer"), f"http://{ports.LOOPBACK}:{port}")
    runner = web.AppRunner(application(made), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, ports.LOOPBACK, port).start()
    yield made
    await runner.cleanup()


@pytest.fixture(autouse=True)
def _apache_only(request: pytest.FixtureRequest) -> None:
    """Skip tests that kill the broker on one that would lose what it acknowledged, or that is not ours."""
    if request.node.get_closest_marker("apache") is None:
        return
    choice: kafka.Choice = request.getfixturevalue("kafka_choice")
    if choice.kind is not kafka.Kind.APACHE:
        pytest.skip(f"needs Apache Kafka started by this run; this run uses the {choice.kind} broker")


@pytest.fixture(scope="session")
def tools() -> dict[str, str]:
    """An environment in which the project's command line tools are found."""
    path = f"{os.path.dirname(sys.executable)}{os.pathsep}{os.environ['PATH']}"  # noqa: PTH120 -- no symlink resolution
    return {**os.environ, "PATH": path, "PYTHONPATH": os.getcwd()}  # noqa: PTH109 -- the root that pytest runs in
