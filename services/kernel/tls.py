"""Certificates in files: read together, checked to fit, read again when they change. Nothing needs a restart.

The same set serves both ways: a process shows its certificate to whom it calls and to who calls it.
"""

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import grpc
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from services.kernel import log

Stamp = tuple[tuple[int, int, int], ...]
_SAN: Final = "x509_subject_alternative_name"


@dataclass(frozen=True, slots=True)
class Pem:
    """The content of a set of files. `ca` None: the system's authorities."""

    cert: bytes
    key: bytes
    ca: bytes | None


@dataclass(frozen=True, slots=True)
class Files:
    """PEM files that belong together: certificate with its chain, private key, authorities of the others."""

    cert: Path
    key: Path
    ca: Path | None = None

    def stamp(self) -> Stamp:
        """Return what differs once a file was replaced or written to. OSError."""
        found = (path.stat() for path in (self.cert, self.key, self.ca) if path is not None)
        return tuple((one.st_mtime_ns, one.st_ino, one.st_size) for one in found)

    def read(self) -> Pem:
        """Return the content. OSError, or ValueError saying what does not fit."""
        cert, key = self.cert.read_bytes(), self.key.read_bytes()
        fitting(cert, key)
        ca = None if self.ca is None else self.ca.read_bytes()
        if ca is not None:
            certificates(ca)
        return Pem(cert, key, ca)


class Kept:
    """The content in use: the newest of `files` that fits. OSError or ValueError when the first does not."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._stamp = files.stamp()
        self.pem = files.read()

    def renewed(self) -> bool:
        """Take over what changed since the last call; False when all stays as it is.

        Files are replaced one after the other: a set that does not fit yet is logged and waited out.
        """
        try:
            stamp = self._files.stamp()
            if stamp == self._stamp:
                return False
            self._stamp = stamp
            self.pem = self._files.read()
        except (OSError, ValueError) as error:
            log.get_logger().warning("certificate_not_renewed", file=str(self._files.cert), reason=str(error))
            return False
        log.get_logger().info("certificate_renewed", file=str(self._files.cert))
        return True


def certificates(pem: bytes) -> list[x509.Certificate]:
    """Return the certificates of a PEM file, in its order. ValueError when there is none."""
    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError:
        raise ValueError("holds no certificate in PEM") from None


def fitting(cert: bytes, key: bytes) -> None:
    """Return if the key is that of the first certificate. ValueError."""
    try:
        private = load_pem_private_key(key, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ValueError("the key file holds no unencrypted private key in PEM") from None
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if certificates(cert)[0].public_key().public_bytes(*form) != private.public_key().public_bytes(*form):
        raise ValueError("the key is not the certificate's")


def server_credentials(files: Files) -> grpc.ServerCredentials:
    """Return what a gRPC server listens with; every handshake uses the files as they are then.

    With `ca` only clients with a certificate of that authority are let in. OSError, ValueError.
    """
    kept = Kept(files)

    def current() -> Any:
        pem = kept.pem
        return grpc.ssl_server_certificate_configuration([(pem.key, pem.cert)], root_certificates=pem.ca)

    def changed() -> Any:  # on a thread of gRPC, before each handshake
        return current() if kept.renewed() else None

    return grpc.dynamic_ssl_server_credentials(
        current(), changed, require_client_authentication=files.ca is not None
    )


def channel_credentials(pem: Pem) -> grpc.ChannelCredentials:
    """Return what a gRPC client connects with. Without `ca` the server's authority is one of gRPC's own."""
    if pem.ca is None:
        return grpc.ssl_channel_credentials()
    return grpc.ssl_channel_credentials(pem.ca, pem.key, pem.cert)


def peers(context: grpc.aio.ServicerContext[Any, Any]) -> frozenset[str]:
    """Return the subject alternative names of the client's certificate, none without one."""
    shown: Any = context.auth_context()
    return frozenset(name.decode(errors="replace") for name in shown.get(_SAN, ()))


class ClientContext(ssl.SSLContext):
    """For clients that keep one context: each handshake uses the files as they are then.

    `own` is the certificate shown, if any. An authority that was trusted once stays so until a restart.
    """

    _ca: Path | None
    _own: Files | None
    _seen: Stamp

    def __new__(cls, ca: Path | None, own: Files | None = None) -> Self:
        """Read the files. OSError, ssl.SSLError."""
        made = super().__new__(cls, ssl.PROTOCOL_TLS_CLIENT)
        made.minimum_version = ssl.TLSVersion.TLSv1_2
        made._ca, made._own = ca, own
        made._load()
        return made

    def wrap_bio(self, *args: Any, **named: Any) -> ssl.SSLObject:
        """Begin a connection, as asyncio and uvloop do."""
        try:
            if self._stamp() != self._seen:
                self._load()
        except (OSError, ssl.SSLError) as error:
            log.get_logger().warning("certificate_not_renewed", file=str(self._ca), reason=str(error))
        return super().wrap_bio(*args, **named)

    def _stamp(self) -> Stamp:
        trusted = () if self._ca is None else Files(self._ca, self._ca).stamp()
        return trusted + (() if self._own is None else self._own.stamp())

    def _load(self) -> None:
        self._seen = self._stamp()
        if self._ca is None:
            self.load_default_certs()
        else:
            self.load_verify_locations(self._ca)
        if self._own is not None:
            self.load_cert_chain(self._own.cert, self._own.key)
