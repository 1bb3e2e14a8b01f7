"""A channel that goes on with new certificates; gRPC's own keeps for life what it was opened with."""

import asyncio
from collections.abc import Callable
from typing import Any, Final, Self

import grpc

from services.kernel import tls

RETIRE_SECONDS: Final = 60.0
"""A replaced channel is closed after that: longer than any call between services may take."""

Open = Callable[[grpc.ChannelCredentials], grpc.aio.Channel]


class RenewingChannel(grpc.aio.Channel):
    """Each call goes through a channel opened with `files` as they are; calls in flight end on theirs.

    OSError or ValueError when the files do not fit at first; later ones that do not are waited out.
    """

    def __init__(self, files: tls.Files, opening: Open) -> None:
        self._kept = tls.Kept(files)
        self._opening = opening
        self._channel = opening(tls.channel_credentials(self._kept.pem))
        self._retiring: dict[asyncio.Task[None], grpc.aio.Channel] = {}

    def current(self) -> grpc.aio.Channel:
        """Return the channel for the next call."""
        if self._kept.renewed():
            task = asyncio.create_task(_close_later(self._channel), name="retire-channel")
            self._retiring[task] = self._channel
            task.add_done_callback(self._retired)
            self._channel = self._opening(tls.channel_credentials(self._kept.pem))
        return self._channel

    def _retired(self, task: asyncio.Task[None]) -> None:
        del self._retiring[task]

    def unary_unary(self, *described: Any, **more: Any) -> Any:
        """Return a callable of a method."""
        return _Method(self, lambda channel: channel.unary_unary(*described, **more))

    def unary_stream(self, *described: Any, **more: Any) -> Any:
        """Return a callable of a method."""
        return _Method(self, lambda channel: channel.unary_stream(*described, **more))

    def stream_unary(self, *described: Any, **more: Any) -> Any:
        """Return a callable of a method."""
        return _Method(self, lambda channel: channel.stream_unary(*described, **more))

    def stream_stream(self, *described: Any, **more: Any) -> Any:
        """Return a callable of a method."""
        return _Method(self, lambda channel: channel.stream_stream(*described, **more))

    async def close(self, grace: float | None = None) -> None:
        """Close this and what is still being retired."""
        retiring = dict(self._retiring)
        for task in retiring:
            task.cancel()
        for channel in (*retiring.values(), self._channel):
            await channel.close(grace)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:  # noqa: FBT001, FBT002 -- gRPC's
        """Return how the channel of the next call stands."""
        return self.current().get_state(try_to_connect)

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        """Wait until that channel stands otherwise."""
        await self.current().wait_for_state_change(last_observed_state)

    async def channel_ready(self) -> None:
        """Wait until that channel is connected."""
        await self.current().channel_ready()


class _Method:
    """One method; made anew for each channel, once."""

    def __init__(self, owner: RenewingChannel, making: Callable[[grpc.aio.Channel], Any]) -> None:
        self._owner = owner
        self._making = making
        self._channel: grpc.aio.Channel | None = None
        self._made: Any = None

    def __call__(self, *sent: Any, **more: Any) -> Any:
        channel = self._owner.current()
        if channel is not self._channel:
            self._channel, self._made = channel, self._making(channel)
        return self._made(*sent, **more)


async def _close_later(channel: grpc.aio.Channel) -> None:
    await asyncio.sleep(RETIRE_SECONDS)
    await channel.close()
