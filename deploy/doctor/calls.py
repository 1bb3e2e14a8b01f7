"""Tries calls to other services as far as their doors: connection, certificate, allowed caller, health."""

from collections.abc import AsyncIterator
from typing import Any, Final

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from deploy.doctor.finding import Finding, ok, warning, wrong
from services.kernel import tls
from services.kernel.config import Settings

_EXPORT: Final = "/mentoring.privacy.v1.PersonalDataService/ExportPersonalData"
DOORS: Final = {
    "profiles": "/mentoring.profiles.v1.PersonService/GetPerson",
    **dict.fromkeys(("matching", "mentorships", "scheduling", "notifications", "recognition"), _EXPORT),
}
"""A method of each service that others call: without a token it refuses, and tells whether we may knock."""
_SECONDS: Final = 10.0


async def examine(settings: Settings) -> AsyncIterator[Finding]:
    """Knock at every service whose address is set."""
    for peer in DOORS:
        address = getattr(settings, f"{peer}_address")
        if address is not None:
            yield await _one(peer, address, settings.grpc_tls)


async def _one(peer: str, address: str, files: tls.Files | None) -> Finding:
    about = f"calls to {peer}"
    async with _channel(address, files) as channel:
        health: Any = health_pb2_grpc.HealthStub(channel)
        try:
            answer = await health.Check(health_pb2.HealthCheckRequest(), timeout=_SECONDS)
            refused = await _knock(channel, peer)
        except grpc.aio.AioRpcError as error:
            return _unreachable(about, peer, error)
    if refused is grpc.StatusCode.PERMISSION_DENIED:
        advice = f"add a name of this certificate to GRPC_TLS_CALLERS of {peer}"
        return wrong(about, f"{peer} does not let this certificate call", advice)
    if answer.status != health_pb2.HealthCheckResponse.SERVING:
        return warning(about, "answers, and says that it is not serving", f"look at {peer}'s log")
    return ok(about, "answers, serving")


def _channel(address: str, files: tls.Files | None) -> grpc.aio.Channel:
    if files is None:
        return grpc.aio.insecure_channel(address)
    return grpc.aio.secure_channel(address, tls.channel_credentials(files.read()))


async def _knock(channel: grpc.aio.Channel, peer: str) -> grpc.StatusCode | None:
    method: Any = channel.unary_unary(DOORS[peer])
    try:
        await method(b"", timeout=_SECONDS)
    except grpc.aio.AioRpcError as error:
        if error.code() is grpc.StatusCode.UNAVAILABLE:
            raise
        return error.code()
    return None


def _unreachable(about: str, peer: str, error: grpc.aio.AioRpcError) -> Finding:
    text = (error.details() or error.code().name)[:200]
    lowered = text.lower()
    if "ssl" in lowered or "tls" in lowered or "certificate" in lowered or "handshake" in lowered:
        advice = (
            f"both sides need a certificate of GRPC_TLS_CA_FILE; {peer}'s must name the host of its address"
        )
        return wrong(about, f"no encrypted connection: {text}", advice)
    advice = (
        f"check {peer.upper()}_ADDRESS, that {peer} runs, network policies, and that both or none use TLS"
    )
    return wrong(about, f"no answer: {text}", advice)
