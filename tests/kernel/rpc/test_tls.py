"""Who may connect, who may call, and certificates that change while calls go on."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import grpc
import pytest
from cryptography import x509

from services.kernel.rpc import client
from services.kernel.rpc.channel import RenewingChannel
from services.kernel.tls import Files, Kept
from services.pb.mentoring.profiles.v1 import person_service_pb2 as pb
from services.pb.mentoring.profiles.v1 import person_service_pb2_grpc as grpc_pb
from tests.certificates import Authority
from tests.kernel.conftest import Lines
from tests.kernel.issuer import Issuer
from tests.kernel.rpc.conftest import Running, Start, failure
from tests.kernel.rpc.people import ADA
from tests.kernel.rpc.test_client import Identity
from tests.kernel.rpc.test_server import serving

GET = pb.GetPersonRequest(name=ADA)
OVER = timedelta(days=-1)

Stub = Callable[[Running, Files | None], grpc_pb.PersonServiceStub]


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def stranger(tmp_path: Path) -> Authority:
    folder = tmp_path / "foreign"
    folder.mkdir()
    return Authority(folder, "foreign")


@pytest.fixture
async def stub(oidc: Issuer) -> AsyncIterator[Stub]:
    """Call a server as services call each other."""
    opened: list[grpc.aio.Channel] = []

    def make(running: Running, files: Files | None) -> grpc_pb.PersonServiceStub:
        opened.append(client.channel(f"localhost:{running.port}", Identity(oidc), files))
        return grpc_pb.PersonServiceStub(opened[-1])

    yield make
    for channel in opened:
        await channel.close()


async def encrypted(start: Start, files: Files, **more: object) -> Running:
    """Start a server with these files."""
    names = {"grpc_tls_cert_file": files.cert, "grpc_tls_key_file": files.key, "grpc_tls_ca_file": files.ca}
    return await start(**names, **more)


def served_certificate(running: Running, own: Files) -> Callable[[], Awaitable[int]]:
    """Return a function that makes a new connection and returns the serial number it is shown."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.load_cert_chain(own.cert, own.key)

    async def ask() -> int:
        _, writer = await asyncio.open_connection("127.0.0.1", running.port, ssl=context)
        shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        writer.close()
        return x509.load_der_x509_certificate(shown).serial_number

    return ask


def serial(files: Files) -> int:
    return x509.load_pem_x509_certificate(files.cert.read_bytes()).serial_number


def replace(old: Files, new: Files) -> None:
    """Put new content into files in use, one after the other as a tool would."""
    old.cert.write_bytes(new.cert.read_bytes())
    old.key.write_bytes(new.key.read_bytes())


async def test_a_service_with_a_certificate_of_the_authority_is_answered(
    start: Start, stub: Stub, authority: Authority
) -> None:
    running = await encrypted(start, authority.issue("profiles"))
    assert await stub(running, authority.issue("matching")).GetPerson(GET) == pb.Person(name=ADA)


async def test_without_a_certificate_there_is_no_connection(
    start: Start, stub: Stub, authority: Authority
) -> None:
    running = await encrypted(start, authority.issue("profiles"))
    only_trust = grpc.ssl_channel_credentials(authority.pem)
    async with grpc.aio.secure_channel(f"localhost:{running.port}", only_trust) as bare:
        refused = await failure(grpc_pb.PersonServiceStub(bare).GetPerson(GET, timeout=30))
    assert refused.code is grpc.StatusCode.UNAVAILABLE
    assert (await failure(stub(running, None).GetPerson(GET))).code is grpc.StatusCode.UNAVAILABLE
    assert running.people.requests == []


async def test_a_foreign_certificate_makes_no_connection(
    start: Start, stub: Stub, authority: Authority, stranger: Authority
) -> None:
    running = await encrypted(start, authority.issue("profiles"))
    foreign = stranger.issue("matching")
    trusting = Files(foreign.cert, foreign.key, authority.file)
    assert (await failure(stub(running, trusting).GetPerson(GET))).code is grpc.StatusCode.UNAVAILABLE


async def test_a_server_of_a_foreign_authority_is_not_called(
    start: Start, stub: Stub, authority: Authority, stranger: Authority
) -> None:
    theirs = stranger.issue("profiles")
    running = await encrypted(start, Files(theirs.cert, theirs.key, authority.file))
    refused = await failure(stub(running, authority.issue("matching")).GetPerson(GET))
    assert refused.code is grpc.StatusCode.UNAVAILABLE
    assert running.people.requests == []


async def test_a_certificate_that_names_no_allowed_caller_may_connect_and_not_call(
    start: Start, stub: Stub, authority: Authority
) -> None:
    running = await encrypted(start, authority.issue("profiles"), grpc_tls_callers=["matching", "portal"])
    refused = await failure(stub(running, authority.issue("billing")).GetPerson(GET))
    assert refused.code is grpc.StatusCode.PERMISSION_DENIED
    assert refused.info.reason == "CALLER_NOT_ALLOWED"
    assert running.people.requests == []
    assert await stub(running, authority.issue("matching")).GetPerson(GET) == pb.Person(name=ADA)


async def test_expired_certificates_are_refused_on_both_sides(
    start: Start, stub: Stub, authority: Authority
) -> None:
    running = await encrypted(start, authority.issue("profiles"))
    late = authority.issue("matching", ends=OVER)
    assert (await failure(stub(running, late).GetPerson(GET))).code is grpc.StatusCode.UNAVAILABLE
    stale = await encrypted(start, authority.issue("old-profiles", ends=OVER))
    fresh = authority.issue("scheduling")
    assert (await failure(stub(stale, fresh).GetPerson(GET))).code is grpc.StatusCode.UNAVAILABLE


async def test_without_an_authority_clients_need_no_certificate(
    start: Start, authority: Authority, oidc: Issuer
) -> None:
    own = authority.issue("profiles")
    running = await encrypted(start, Files(own.cert, own.key))
    async with grpc.aio.secure_channel(
        f"localhost:{running.port}", grpc.ssl_channel_credentials(authority.pem)
    ) as channel:
        running.channel = channel
        assert await serving(running, "")


async def test_new_connections_get_the_new_certificate(
    start: Start, authority: Authority, lines: Lines
) -> None:
    own = authority.issue("profiles")
    running = await encrypted(start, own)
    shown = served_certificate(running, authority.issue("probe"))
    assert await shown() == serial(own)
    before = serial(own)
    authority.issue("profiles")
    assert serial(own) != before
    assert await shown() == serial(own)
    assert [line["event"] for line in lines.parsed()][-1:] == ["certificate_renewed"]


async def test_half_of_a_new_pair_is_waited_out(start: Start, authority: Authority, lines: Lines) -> None:
    own = authority.issue("profiles")
    running = await encrypted(start, own)
    shown = served_certificate(running, authority.issue("probe"))
    before, following = serial(own), authority.issue("next")
    own.cert.write_bytes(following.cert.read_bytes())
    assert await shown() == before
    assert lines.parsed()[-1]["reason"] == "the key is not the certificate's"
    own.key.write_bytes(following.key.read_bytes())
    assert await shown() == serial(following)


async def test_a_client_goes_on_with_its_new_certificate(
    start: Start, stub: Stub, authority: Authority, stranger: Authority
) -> None:
    """The server trusts the second authority only, so the first certificate gets nowhere."""
    theirs, mine = stranger.issue("profiles"), authority.issue("matching")
    both = authority.file.read_bytes() + stranger.pem
    authority.file.write_bytes(both)
    running = await encrypted(start, theirs)
    asking = stub(running, mine)
    assert (await failure(asking.GetPerson(GET))).code is grpc.StatusCode.UNAVAILABLE
    replace(mine, stranger.issue("matching"))
    assert await asking.GetPerson(GET) == pb.Person(name=ADA)


async def test_what_was_replaced_is_closed_with_the_channel(authority: Authority) -> None:
    mine, opened = authority.issue("matching"), list[grpc.aio.Channel]()

    def opening(credentials: grpc.ChannelCredentials) -> grpc.aio.Channel:
        opened.append(grpc.aio.secure_channel("localhost:1", credentials))
        return opened[-1]

    async with RenewingChannel(mine, opening) as channel:
        assert channel.get_state() is grpc.ChannelConnectivity.IDLE
        replace(mine, authority.issue("next"))
        streams = channel.stream_stream("/S/M"), channel.unary_stream("/S/M"), channel.stream_unary("/S/M")
        call = streams[0]()
        assert len(opened) == 2
        call.cancel()
    assert [one.get_state() for one in opened] == [grpc.ChannelConnectivity.SHUTDOWN] * 2


@pytest.mark.servers
async def test_no_call_fails_while_authority_and_all_certificates_are_replaced(
    start: Start, stub: Stub, authority: Authority, stranger: Authority
) -> None:
    """As operators do it: first trust both, then new certificates everywhere, then trust the new one only."""
    served, mine = authority.issue("profiles"), authority.issue("matching")
    running = await encrypted(start, served)
    asking = stub(running, mine)
    stop, answered = asyncio.Event(), 0

    async def work() -> None:
        nonlocal answered
        while not stop.is_set():
            await asking.GetPerson(GET)
            answered += 1

    async def more(count: int) -> None:
        enough = answered + count
        while answered < enough and not any(worker.done() for worker in workers):
            await running.people.arrived.get()

    workers = [asyncio.create_task(work()) for _ in range(8)]
    await more(100)
    authority.file.write_bytes(authority.pem + stranger.pem)
    await more(100)
    replace(served, stranger.issue("profiles"))
    await more(100)
    replace(mine, stranger.issue("matching"))
    await more(100)
    authority.file.write_bytes(stranger.pem)
    await more(100)
    stop.set()
    await asyncio.gather(*workers)
    fresh = stranger.issue("probe")
    assert await served_certificate(running, fresh)() == serial(served)
    assert await stub(running, fresh).GetPerson(GET) == pb.Person(name=ADA)
    old = authority.issue("late")
    assert (await failure(stub(running, old).GetPerson(GET))).code is grpc.StatusCode.UNAVAILABLE


@pytest.mark.parametrize("broken", ["cert", "key"])
def test_files_without_pem_are_refused_by_what_is_wrong_with_them(authority: Authority, broken: str) -> None:
    own = authority.issue("profiles")
    getattr(own, broken).write_text("no pem")
    with pytest.raises(ValueError, match="holds no"):
        Kept(own)
