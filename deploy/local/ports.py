"""TCP ports on the loopback interface."""

import asyncio
import contextlib
import errno
import random
import socket

LOOPBACK = "127.0.0.1"
# Below what systems give to outgoing connections: nothing takes a port between this choice and its use.
RANGE = range(20_000, 30_000)
_given: set[int] = set()


def is_free(port: int) -> bool:
    """Whether a server could listen on this port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            if error.errno not in {errno.EADDRINUSE, errno.EACCES}:
                raise
            return False
    return True


def free_port() -> int:
    """Return a port nobody listens on and that this function has not returned before."""
    while (port := random.SystemRandom().choice(RANGE)) in _given or not is_free(port):
        pass
    _given.add(port)
    return port


def prefer(port: int | None) -> int:
    """Return the wanted port when it is free, else any free one."""
    return port if port is not None and is_free(port) else free_port()


def reserve(wanted: int | None) -> socket.socket:
    """Return a socket bound to the wanted port when it is free, else to any free one; it never listens.

    While it is open no outgoing connection gets the port, so a server that was down finds it free again.
    Servers can bind it, because they set SO_REUSEADDR as this socket does.
    """
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        held.bind((LOOPBACK, prefer(wanted)))
    except BaseException:
        held.close()
        raise
    return held


async def accepts(port: int) -> bool:
    """Whether something accepts connections on the port."""
    with contextlib.suppress(OSError):
        _, writer = await asyncio.open_connection(LOOPBACK, port)
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        return True
    return False


async def answers_ok(port: int, path: str, within: float = 2.0) -> bool:
    """Whether a GET of this path is answered 200 in time."""
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(within):
            return b" 200 " in await _status_line(port, path)
    return False


async def _status_line(port: int, path: str) -> bytes:
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {LOOPBACK}\r\nConnection: close\r\n\r\n".encode())
        return await reader.readline()
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
