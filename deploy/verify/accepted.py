"""Every process of every overlay accepts what it is told: read as it reads it, with made-up secrets.

A setting that is missing, contradicts another or is refused in production shows here, not in a restart loop.
"""

import os
import secrets
import tempfile
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final, cast

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from pydantic import ValidationError

from deploy.k8s import settings
from deploy.mongo import backup
from deploy.verify.check import Check, Plant
from deploy.verify.pods import Ours, ours
from deploy.verify.tree import Tree
from services.kernel.config import mistakes


def run(tree: Tree) -> Iterator[str]:
    """Judge every process in every overlay that reads settings."""
    with tempfile.TemporaryDirectory(prefix="secrets-") as folder:
        make(Path(folder))
        for overlay, documents in tree.documents.items():
            for one in ours(documents):
                yield from (f"{overlay}: {one.name}: {mistake}" for mistake in refused(one, folder))


def refused(one: Ours, folder: str) -> list[str]:
    """Return why a process would not start, one line per setting; its secrets are in `folder`."""
    reads = _reads(one)
    if reads is None:
        return []
    told = {name: value.replace(settings.SECRETS, folder) for name, value in one.environment.items()}
    with _only(told):
        try:
            reads()
        except ValidationError as error:
            return mistakes(error)
    return []


def _reads(one: Ours) -> Callable[[], object] | None:
    """Return what reads the settings of a process, None where nothing does."""
    if one.module == backup.__name__:
        return cast("Callable[[], object]", backup.MongoTool)
    if "METRICS_ADDRESS" not in one.environment:
        return None
    return partial(one.settings, service=one.service)


@contextmanager
def _only(environment: Mapping[str, str]) -> Iterator[None]:
    """Let the process's environment be this for a while."""
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(environment)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def make(folder: Path) -> None:
    """Write a secret of the right shape under each name that is mounted."""
    certificate, key = _certified()
    for name in ("grpc_tls.crt", "grpc_ca.crt", "kafka_ca.crt", "mongodb_ca.crt"):
        (folder / name).write_bytes(certificate)
    (folder / "grpc_tls.key").write_bytes(key)
    for name in ("client_secret", "kafka_password", "mongodb_password", "smtp_password", "signing_key"):
        (folder / name).write_text(secrets.token_urlsafe(48))
    (folder / "data_key").write_bytes(b64encode(secrets.token_bytes(32)))
    (folder / "credential_key").write_bytes(key)


def _certified() -> tuple[bytes, bytes]:
    """Return a certificate that signs itself, and its key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "made up")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(key, SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return made.public_bytes(Encoding.PEM), private


_MONGODB: Final = "k8s/components/mongodb-community/kustomization.yaml"
_MTLS: Final = "k8s/components/mtls-certmanager/kustomization.yaml"
CHECK: Final = Check(
    name="settings",
    proves="every process accepts what each overlay tells it, in production too",
    run=run,
    plants=(
        Plant("backups in the clear", _MONGODB, "- MONGO_CA_FILE=/run/secrets/mentoring/mongodb_ca.crt", ""),
        Plant("calls in the clear", _MTLS, "- GRPC_TLS_CERT_FILE=/run/secrets/mentoring/grpc_tls.crt", ""),
        Plant(
            "brokers in the clear", "k8s/components/kafka-login/kustomization.yaml", "SASL_SSL", "PLAINTEXT"
        ),
        Plant(
            "an issuer without TLS", "k8s/overlays/prod/settings/platform.env", "ISSUER=https", "ISSUER=http"
        ),
    ),
)
