"""Requests over real sockets: where they may go, and what becomes of every way they can fail."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from deploy.local.ports import free_port
from services.notifications.app.ports import Parcel
from services.notifications.clients.webhooks import Http
from services.notifications.domain.messages import Attempt, Verdict
from tests.notifications.trust import contexts

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Names(AbstractResolver):
    """Resolves every name to the addresses of a test, one answer after another, the last for ever."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_INET,  # noqa: ARG002 -- the port of aiohttp
    ) -> list[ResolveResult]:
        self.asked += 1
        addresses = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [
            ResolveResult(hostname=host, host=one, port=port, family=socket.AF_INET, proto=0, flags=0)
            for one in addresses
        ]

    async def close(self) -> None:
        """Nothing is open."""


def parcel(url: str, body: bytes = b"{}") -> Parcel:
    return Parcel(url, {"webhook-id": "event-1", "content-type": "application/json"}, body)


@asynccontextmanager
async def serving(answer: Answer, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Answer every request on a free port until the block ends."""
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    yield runner.addresses[0][1]
    await runner.cleanup()


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    client = Http(private=True, timeout_seconds=60)
    yield client
    await client.close()


@pytest.fixture
async def impatient() -> AsyncIterator[Http]:
    client = Http(private=True, timeout_seconds=0.2)
    yield client
    await client.close()


async def status(http: Http, code: int, headers: dict[str, str] | None = None) -> Attempt:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=code, headers=headers)

    async with serving(answer) as port:
        return await http.send(parcel(f"http://127.0.0.1:{port}/hook"))


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        (200, Verdict.ACCEPTED),
        (204, Verdict.ACCEPTED),
        (400, Verdict.TEMPORARY),
        (404, Verdict.TEMPORARY),
        (410, Verdict.PERMANENT),
        (429, Verdict.TEMPORARY),
        (500, Verdict.TEMPORARY),
    ],
)
async def test_only_success_counts_and_only_gone_is_for_ever(http: Http, code: int, verdict: Verdict) -> None:
    assert await status(http, code) == Attempt(verdict, f"HTTP_{code}")


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
async def test_a_redirect_is_a_failure_and_never_followed(http: Http, code: int) -> None:
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(status=code, headers={"Location": "/elsewhere"})

    async with serving(answer) as port:
        attempt = await http.send(parcel(f"http://127.0.0.1:{port}/hook"))
    assert (attempt, asked) == (Attempt(Verdict.TEMPORARY, f"HTTP_{code}"), ["/hook"])


async def test_what_was_signed_arrives_byte_by_byte(http: Http) -> None:
    came: list[tuple[bytes, str]] = []

    async def answer(request: web.Request) -> web.Response:
        came.append((await request.read(), request.headers["webhook-id"]))
        return web.Response()

    async with serving(answer) as port:
        await http.send(parcel(f"http://127.0.0.1:{port}/a%2Fb?c=d", b'{"a":"\xc3\xa4"}'))
    assert came == [(b'{"a":"\xc3\xa4"}', "event-1")]


async def test_a_huge_reply_is_cut_off_and_its_status_counts(http: Http) -> None:
    sent = 0

    async def answer(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while sent < 100 << 20:
                await response.write(b"x" * 65_536)
                sent += 65_536
        except ConnectionError:
            pass
        return response

    async with serving(answer) as port:
        assert (await http.send(parcel(f"http://127.0.0.1:{port}/"))).reason == "HTTP_200"
    assert sent < 50 << 20


async def test_a_slow_endpoint_is_left_after_a_while(impatient: Http) -> None:
    async def answer(_: web.Request) -> web.Response:
        await asyncio.Event().wait()
        return web.Response()

    async with serving(answer) as port:
        sent = await impatient.send(parcel(f"http://127.0.0.1:{port}/"))
    assert sent == Attempt(Verdict.TEMPORARY, "TIMEOUT")


async def test_a_reply_that_never_ends_is_left_after_a_while_too(impatient: Http) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"x")
        await asyncio.Event().wait()
        return response

    async with serving(answer) as port:
        assert (await impatient.send(parcel(f"http://127.0.0.1:{port}/"))).reason == "TIMEOUT"


async def test_nobody_there_is_a_failure_for_now(http: Http) -> None:
    attempt = await http.send(parcel(f"http://127.0.0.1:{free_port()}/"))
    assert attempt == Attempt(Verdict.TEMPORARY, "UNREACHABLE")


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "169.254.169.254", "[::ffff:10.0.0.1]", "2130706433"])
async def test_a_literal_inner_address_is_never_asked(host: str) -> None:
    client = Http()
    attempt = await client.send(parcel(f"https://{host}/"))
    await client.close()
    assert attempt.reason in {"ADDRESS_NOT_PUBLIC", "UNREACHABLE"}
    assert attempt.verdict is Verdict.TEMPORARY


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["8.8.8.8", "10.0.0.1"]])
async def test_a_name_that_means_an_inner_address_is_never_asked(
    addresses: list[str], tmp_path: Path
) -> None:
    """Also if it means a public one beside it."""
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response()

    server, trust = contexts(tmp_path)
    async with serving(answer, server) as port:
        client = Http(Names(addresses), trust=trust)
        attempt = await client.send(parcel(f"https://hooks.example:{port}/"))
        await client.close()
    assert (attempt, asked) == (Attempt(Verdict.TEMPORARY, "ADDRESS_NOT_PUBLIC"), [])


async def test_a_request_resolves_its_name_once_and_goes_to_the_address_it_saw(tmp_path: Path) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=200 if request.host.startswith("hooks.example") else 500)

    server, trust = contexts(tmp_path)
    names = Names(["127.0.0.1"], ["192.0.2.1"])
    async with serving(answer, server) as port:
        client = Http(names, private=True, trust=trust)
        assert (await client.send(parcel(f"https://hooks.example:{port}/"))).reason == "HTTP_200"
        await client.close()
    assert names.asked == 1


async def test_a_certificate_of_nobody_we_trust_ends_it(tmp_path: Path) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response()

    server, _ = contexts(tmp_path)
    async with serving(answer, server) as port:
        client = Http(private=True)
        attempt = await client.send(parcel(f"https://127.0.0.1:{port}/"))
        await client.close()
    assert attempt == Attempt(Verdict.TEMPORARY, "TLS_FAILED")


async def test_outside_of_development_nothing_goes_out_in_the_clear() -> None:
    client = Http()
    assert (await client.send(parcel("http://hooks.example/"))).reason == "URL_REFUSED"
    await client.close()
