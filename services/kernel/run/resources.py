"""What services are built from, opened once per process and closed in reverse order."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import aiohttp
import grpc

from services.kernel.auth import Keys, ServiceIdentity, Tokens
from services.kernel.clock import Clock, DevelopmentClock, SystemClock
from services.kernel.config import Process, Settings
from services.kernel.mongo import Database
from services.kernel.probes import Health
from services.kernel.rpc import client
from services.kernel.vault import Master


@dataclass(frozen=True)
class Resources:
    """Open connections and the clock of one process."""

    settings: Settings
    clock: Clock
    database: Database
    http: aiohttp.ClientSession
    keys: Keys
    tokens: Tokens
    identity: ServiceIdentity
    health: Health
    _channels: list[grpc.aio.Channel] = field(default_factory=list)

    def channel(self, address: str | None) -> grpc.aio.Channel:
        """Open a channel to another service; it is closed with the process. SystemExit without an address.

        OSError or ValueError when the certificate to call with does not fit.
        """
        if address is None:
            raise SystemExit(f"{self.settings.service} calls a service whose address is not set")
        opened = client.channel(address, self.identity, self.settings.grpc_tls)
        self._channels.append(opened)
        return opened

    async def close_channels(self) -> None:
        """Close what `channel` opened."""
        for channel in self._channels:
            await channel.close()


@asynccontextmanager
async def opened(settings: Settings, health: Health) -> AsyncIterator[Resources]:
    """Open everything; nothing is asked of a server yet."""
    async with AsyncExitStack() as stack:
        clock = clock_of(settings)
        http = await stack.enter_async_context(aiohttp.ClientSession())
        keys = Keys(settings.oidc_jwks_url, http)
        client_id = (settings.identity, settings.client_secret_file)
        resources = Resources(
            settings=settings,
            clock=clock,
            database=await stack.enter_async_context(database_of(settings, clock)),
            http=http,
            keys=keys,
            tokens=Tokens(keys, settings.oidc_issuer, settings.oidc_audience),
            identity=ServiceIdentity(settings.oidc_token_url, client_id, http),
            health=health,
        )
        stack.push_async_callback(resources.close_channels)
        yield resources


def database_of(settings: Settings, clock: Clock) -> Database:
    """Return the service's database. SystemExit in production without keys that seal personal texts."""
    file = settings.data_key_file
    if file is None and settings.environment == "production":
        raise SystemExit("DATA_KEY_FILE: is required in production: it seals personal texts")
    master = None if file is None else Master.read(file)
    retention = timedelta(days=settings.audit_retention_days)
    return Database(settings.mongo_url, settings.service, clock, master, settings.mongo_options(), retention)


def clock_of(settings: Process) -> Clock:
    """Return the shared development clock where one is named, else the machine's."""
    return SystemClock() if settings.clock_file is None else DevelopmentClock(settings.clock_file)
