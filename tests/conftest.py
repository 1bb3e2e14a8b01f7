"""Real servers for the whole test run, each started by the first test that asks for it."""

import gc
import os
import sys
from collections.abc import AsyncIterator, Generator
from typing import Any

import pytest
from aiohttp import web
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

from deploy.local import kafka, ports
from deploy.local.issuer import Issuer, application
from tests.servers import Desk, Remote, Servers

# A busy machine is no failure: examples are limited by number, tests by their timeout.
settings.register_profile("platform", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("fast", settings.get_profile("platform"), max_examples=6)
settings.load_profile("platform")

SERVERS = pytest.StashKey[Servers]()
DESK = pytest.StashKey[Desk]()
"""Where workers ask for the servers; only the process that has workers has one."""


def pytest_addoption(parser: pytest.Parser) -> None:
    default = os.environ.get("KAFKA") or "auto"
    parser.addoption(
        "--kafka", choices=("auto", "apache", "embedded"), default=default, help="broker of the run"
    )


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker where to ask for servers."""
    config: pytest.Config = node.config
    if DESK not in config.stash:
        factory: pytest.TempPathFactory = config._tmp_path_factory  # type: ignore[attr-defined]  # as xdist does
        config.stash[DESK] = Desk(_servers(config, factory))
        config.stash[DESK].start()
    node.workerinput["desk"] = config.stash[DESK].address


def _servers(config: pytest.Config, factory: pytest.TempPathFactory) -> Servers:
    config.stash[SERVERS] = Servers(kafka.Kind(config.getoption("kafka")), factory.mktemp("servers"))
    return config.stash[SERVERS]


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Stop the servers after the workers and before the summary, which tells of a server that fell."""
    if DESK in session.config.stash:
        session.config.stash[DESK].close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for line in config.stash[SERVERS].lines if SERVERS in config.stash else ():
        terminalreporter.write_line(line)


TOGETHER = {
    "one platform at a time": ("tests/chaos/", "tests/e2e/"),
    # The kernel's fill a topic that the processor's hear, with what a processor must set aside.
    "one topic": ("tests/processor/", "tests/kernel/test_events_consumer", "tests/kernel/mongo/test_outbox_"),
}
"""Files that run on one worker, one after the other."""


class ByFile(LoadScopeScheduling):  # type: ignore[misc]  # untyped
    """Gives a worker whole files, and those that belong together, in the order of collection."""

    def _split_scope(self, nodeid: str) -> str:
        found = (name for name, places in TOGETHER.items() if nodeid.startswith(places))
        return next(found, nodeid.partition("::")[0])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile | None:
    return ByFile(config, log) if config.getoption("dist") == "loadfile" else None


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Let the garbage collector look only at what tests make: hardly anything imported is garbage."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


LONGEST = ("stack", "platform", "kafka_bootstrap")
"""Fixtures of the tests that take longest; these begin, so that at the end no worker is alone with one."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        items.sort(key=_rank)


def _rank(item: pytest.Item) -> list[bool]:
    needed = getattr(item, "fixturenames", ())
    return [name not in needed for name in LONGEST]


@pytest.fixture(scope="session")
async def servers(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Servers | Remote]:
    """Whom to ask for the run's servers."""
    if hasattr(pytestconfig, "workerinput"):
        yield Remote(pytestconfig.workerinput["desk"])
        return
    own = _servers(pytestconfig, tmp_path_factory)
    yield own
    await own.stop()


@pytest.fixture(scope="session")
async def mongo_url(servers: Servers | Remote) -> str:
    """URL of one real mongod (a one-node replica set) or MONGO_URL. Tests use databases of their own."""
    return await servers.mongo_url()


@pytest.fixture(scope="session")
async def kafka_choice(servers: Servers | Remote) -> kafka.Choice:
    """Which broker this run uses; the run's last lines say it."""
    return await servers.kafka_choice()


@pytest.fixture(scope="session")
async def kafka_bootstrap(servers: Servers | Remote) -> str:
    """Address of one broker with the platform's topics. Tests use consumer groups of their own."""
    return await servers.kafka_bootstrap()


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
