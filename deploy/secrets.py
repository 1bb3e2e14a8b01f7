"""Writes the secrets that docker-compose.yml names, each once and at random: `python -m deploy.secrets`.

What is there is left alone. The clients' secrets come from your identity provider: those missing are listed.
"""

import argparse
import base64
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from deploy import callgraph

FOLDER: Final = Path(__file__).resolve().with_name("secrets")
_GRAPH: Final = callgraph.load()
CLIENTS: Final = tuple(service.name for service in _GRAPH.services)


def password() -> str:
    """Return 32 random bytes as letters, digits, - and _."""
    return secrets.token_urlsafe(32)


def base64_key() -> str:
    """Return 32 random bytes in base64: a master key, among others."""
    return base64.b64encode(secrets.token_bytes(32)).decode()


def _members_key() -> str:
    """Return what members of a replica set know each other by: up to 1,024 characters of base64."""
    return base64.b64encode(secrets.token_bytes(600)).decode()


def credential_key() -> str:
    """Return a private key in PEM that signs credentials."""
    key = ed25519.Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


MADE: Final[Mapping[str, Callable[[], str]]] = {
    "data": base64_key,
    "signing": password,
    "credential": credential_key,
    "mongo_root": password,
    "mongo_members": _members_key,
    **{f"mongo_{service.name}": password for service in _GRAPH.using("mongodb")},
    "grafana": password,
}
"""Every secret that may be made up, by the name of its file."""


def write(folder: Path) -> list[str]:
    """Write what is missing and return its names. Only the folder's owner gets to the files.

    The files themselves are readable, since a container's user is another one.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    missing = [name for name in MADE if not (folder / name).exists()]
    for name in missing:
        with (folder / name).open("x") as file:
            file.write(MADE[name]() + "\n")
        (folder / name).chmod(0o644)
    return missing


def main() -> None:
    """Run as a command."""
    argparse.ArgumentParser(prog="python -m deploy.secrets", description=__doc__).parse_args()
    written = write(FOLDER)
    print(f"written to {FOLDER}: {', '.join(written) or 'nothing, all are there'}")
    unknown = [name for name in CLIENTS if not (FOLDER / name).exists()]
    if unknown:
        print(f"still to be put there, from your identity provider, one client each: {', '.join(unknown)}")


if __name__ == "__main__":
    main()
