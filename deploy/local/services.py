"""What the platform runs as processes, on which ports it likes to listen, and what each is told.

A new service is one more line in SERVICES.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.local.ports import LOOPBACK


@dataclass(frozen=True, slots=True)
class ServiceSpec:
    """One process: its command and the ports it wants: for calls, and for links that people open."""

    name: str
    argv: tuple[str, ...]
    metrics_port: int
    grpc_port: int | None = None
    http_port: int | None = None


def _service(
    name: str, metrics_port: int, grpc_port: int | None = None, http_port: int | None = None
) -> ServiceSpec:
    return ServiceSpec(name, (sys.executable, "-m", f"services.{name}"), metrics_port, grpc_port, http_port)


SERVICES = (
    _service("profiles", 9101, 50051),
    _service("matching", 9102, 50052),
    _service("mentorships", 9103, 50053),
    _service("scheduling", 9104, 50054, http_port=8054),
    _service("notifications", 9105, 50055, http_port=8055),
    _service("recognition", 9106, 50056),
    _service("processor", 9107),
)


UNLIMITED = {
    "RATE_ADDRESS": "10000:100000",
    "RATE_CALLER": "100000:1000000",
    "RATE_SERVICE": "100000:1000000",
    "RATE_TENANT": "100000:1000000",
    "DAILY_CALLS_CALLER": "0",
    "DAILY_CALLS_TENANT": "0",
    "DAILY_QUOTAS": "all=0:0",
}
"""The demo and the benchmarks are one caller who does in seconds what an organization does in months."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every service is told. Addresses are `host:port`; `grpc`, `metrics`, `http` by service name."""

    grpc: Mapping[str, str]
    metrics: Mapping[str, str]
    http: Mapping[str, str]
    mongo_url: str
    kafka_bootstrap: str
    issuer_url: str
    smtp_port: int
    secret_file: Path
    credential_key_file: Path
    data_key_file: Path
    clock_file: Path

    def environment(self, service: str) -> dict[str, str]:
        """Return the settings of one service as environment variables."""
        peers = {f"{name.upper()}_ADDRESS": address for name, address in self.grpc.items()}
        links = self.http.get(service)
        site = {"HTTP_ADDRESS": links, "PUBLIC_URL": f"http://{links}"} if links else {}
        return {
            **peers,
            **site,
            "ENVIRONMENT": "development",
            "GRPC_ADDRESS": self.grpc.get(service, f"{LOOPBACK}:0"),
            "METRICS_ADDRESS": self.metrics[service],
            "MONGO_URL": self.mongo_url,
            "KAFKA_BOOTSTRAP": self.kafka_bootstrap,
            "OIDC_ISSUER": self.issuer_url,
            "OIDC_JWKS_URL": f"{self.issuer_url}/jwks.json",
            "OIDC_TOKEN_URL": f"{self.issuer_url}/token",
            "CLIENT_ID": service,
            "CLIENT_SECRET_FILE": str(self.secret_file),
            "CREDENTIAL_KEY_FILE": str(self.credential_key_file),
            "DATA_KEY_FILE": str(self.data_key_file),
            "CLOCK_FILE": str(self.clock_file),
            "SIGNING_KEY_FILE": str(self.secret_file),
            "WEBHOOK_PRIVATE": "true",
            "SMTP_HOST": LOOPBACK,
            "SMTP_PORT": str(self.smtp_port),
            # motor sizes its thread pool by the cores: 10 threads on two of them, too few for busy services.
            "MOTOR_MAX_WORKERS": "32",
            "PYTHONUNBUFFERED": "1",
            **UNLIMITED,
        }
