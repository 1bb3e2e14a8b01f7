"""Certificate authorities for tests, and the files their certificates lie in."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from services.kernel.tls import Files

HERE = ("localhost", "127.0.0.1")


class Authority:
    """Issues certificates for this machine and further names, for servers and clients alike."""

    def __init__(self, folder: Path, name: str = "ca") -> None:
        self._ca = trustme.CA(organization_name=name)
        self._folder = folder
        self.file = folder / f"{name}.pem"
        self._ca.cert_pem.write_to_path(self.file)

    @property
    def pem(self) -> bytes:
        """The authority's own certificate."""
        return self._ca.cert_pem.bytes()

    def issue(self, name: str, *, ends: timedelta = timedelta(days=90)) -> Files:
        """Write certificate and key for `name`, over what was there; `ca` is this authority."""
        now = datetime.now(UTC)
        made = self._ca.issue_cert(
            name, *HERE, common_name=name, not_before=now - timedelta(days=2), not_after=now + ends
        )
        files = Files(self._folder / f"{name}.crt", self._folder / f"{name}.key", self.file)
        files.cert.write_bytes(b"".join(blob.bytes() for blob in made.cert_chain_pems))
        key = load_pem_private_key(made.private_key_pem.bytes(), password=None)
        # PKCS #8, the only form that Java reads
        files.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        files.key.chmod(0o600)
        return files

    def issue_joined(self, name: str) -> Path:
        """Write certificate and key into one file, as MongoDB's driver and server want them."""
        files = self.issue(name)
        joined = self._folder / f"{name}.pem"
        joined.write_bytes(files.key.read_bytes() + files.cert.read_bytes())
        joined.chmod(0o600)
        return joined
