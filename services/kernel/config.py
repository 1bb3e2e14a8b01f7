"""Environment -> frozen settings; a field's variable is its name in upper case. All mistakes show at once."""

import re
import sys
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, Field, ValidationError, ValidationInfo, field_validator

from services.kernel import crash
from services.kernel.allowances import LimitSettings
from services.kernel.links import CollectorLink, File, GrpcLinks, KafkaLink, MongoLink
from services.kernel.vault import Master

_ADDRESS = re.compile(r"(?P<host>\[[0-9a-fA-F:]+\]|[A-Za-z0-9._-]+):(?P<port>\d{1,5})")


def _address(text: str) -> str:
    match = _ADDRESS.fullmatch(text)
    if match is None or int(match["port"]) > 65_535:
        raise ValueError("must be host:port")
    return text


def _web_address(text: str) -> str:
    if not re.match(r"https?://[^/\s]+", text):
        raise ValueError("must start with http:// or https://")
    return text


T = TypeVar("T")
Address = Annotated[str, AfterValidator(_address)]
Url = Annotated[str, AfterValidator(_web_address)]


def _refused_in_production(value: T, info: ValidationInfo) -> T:
    if value and info.data.get("environment") == "production":
        raise ValueError("is refused in production")
    return value


class Process(CollectorLink):
    """What every process is told, whatever it does."""

    service: str = Field(description="name of the service, also of its database and consumer group")
    metrics_address: Address = Field(
        default="127.0.0.1:0", description="/metrics, /healthz and /readyz in plain HTTP, also beside TLS"
    )
    clock_file: Path | None = Field(default=None, description="shared development clock")
    crash_at: str | None = Field(default=None, description="crash point, tests only")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="the least severe lines that are written"
    )
    version: str = Field(default="dev", description="which build runs")
    drain_seconds: float = Field(default=20, ge=0, description="time given to calls in flight on SIGTERM")

    @field_validator("clock_file", "crash_at")
    @classmethod
    def _only_in_development(cls, value: T, info: ValidationInfo) -> T:
        return _refused_in_production(value, info)

    @field_validator("crash_at")
    @classmethod
    def _known_point(cls, value: str | None) -> str | None:
        if value is not None:
            crash.parse(value)
        return value


class StreamSettings(Process, KafkaLink):
    """What the stream processor is told: it reads and writes Kafka, and nothing else."""


class Settings(Process, LimitSettings, GrpcLinks, KafkaLink, MongoLink):
    """What one process of a service is told from outside. Secrets are files, never values."""

    grpc_address: Address = Field(default="127.0.0.1:0", description="where calls are answered")
    oidc_issuer: Url = Field(description="the claim `iss` of tokens; https:// in production, also below")
    oidc_jwks_url: Url = Field(description="the issuer's public keys")
    oidc_token_url: Url = Field(description="where this service gets tokens for its own calls")
    oidc_audience: str = Field(default="mentoring", description="the claim `aud` of tokens")
    client_id: str = Field(
        default="", description="own identity towards other services; empty means `service`"
    )
    client_secret_file: File | None = Field(
        default=None, description="the secret of `client_id`, read for each token"
    )
    credential_key_file: File | None = Field(
        default=None, description="PEM key that signs credentials; without one none are issued"
    )
    data_key_file: File | None = Field(
        default=None,
        description="master keys, 32 bytes in base64 a line, the first wraps: seal personal texts",
    )
    reflection: bool | None = Field(
        default=None, description="show the contract to callers; on in development only"
    )
    profiles_address: Address | None = Field(
        default=None, description="host:port of profiles, for services that ask it"
    )
    matching_address: Address | None = Field(
        default=None,
        description="host:port of matching, asked for programs; by profiles for what it keeps of a person; "
        "by notifications for requests, unset: their mails carry no link",
    )
    mentorships_address: Address | None = Field(
        default=None,
        description="as MATCHING_ADDRESS; by notifications for check-ins, unset: their mails carry no link",
    )
    notifications_address: Address | None = Field(default=None, description="as MATCHING_ADDRESS")
    recognition_address: Address | None = Field(default=None, description="as MATCHING_ADDRESS")
    scheduling_address: Address | None = Field(
        default=None, description="asked for invitations and offers; unset: mails carry neither nor links"
    )
    skill_model: Path | None = Field(
        default=None, description="folder of a static embedding model (extra `embeddings`), for suggestions"
    )
    smtp_host: str = Field(default="127.0.0.1", description="mail server")
    smtp_port: int = Field(default=25, ge=1, le=65_535, description="its port")
    smtp_fallback: Address | None = Field(
        default=None, description="mail server to go to while the first one is not there"
    )
    smtp_security: Literal["opportunistic", "starttls", "tls", "none"] = Field(
        default="opportunistic",
        description="opportunistic: STARTTLS where offered; starttls: or no mail at all",
    )
    smtp_username: str = Field(default="", description="login; needs `smtp_security` starttls or tls")
    smtp_password_file: File | None = Field(default=None, description="its password")
    smtp_ca_file: File | None = Field(default=None, description="PEM; the system's authorities by default")
    mail_from: str = Field(default="mentoring@localhost", description="sender of mails")
    signing_key_file: Path | None = Field(
        default=None, description="32 or more random bytes: sign links in mails, derive webhook secrets"
    )
    public_url: Url | None = Field(default=None, description="where the world reaches `http_address`")
    http_address: Address | None = Field(
        default=None, description="links in mails, calendar feeds; unset: not served"
    )
    webhook_private: bool = Field(
        default=False, description="let webhooks and calendar addresses be http:// and not public"
    )
    trace_sample: float = Field(
        default=0.0, ge=0, le=1, description="share of timers, and of calls without parent, that are traced"
    )
    outbox_linger_ms: int = Field(
        default=10, ge=0, description="how long the relay waits for more events of the moment"
    )
    due_interval_ms: int = Field(default=250, ge=10, description="between two looks at timers that are due")
    audit_retention_days: int = Field(default=400, ge=1, description="how long the audit log keeps entries")
    drain_pause_seconds: float = Field(
        default=0, ge=0, description="without a new call, after not-ready, until new calls are refused"
    )

    @field_validator("reflection", "webhook_private")
    @classmethod
    def _development_only(cls, value: T, info: ValidationInfo) -> T:
        return _refused_in_production(value, info)

    @field_validator("oidc_issuer", "oidc_jwks_url", "oidc_token_url", "public_url")
    @classmethod
    def _encrypted_in_production(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value and info.data.get("environment") == "production" and not value.startswith("https://"):
            raise ValueError("must be https:// in production")
        return value

    @field_validator("skill_model")
    @classmethod
    def _folder(cls, value: Path | None) -> Path | None:
        if value is not None and not value.is_dir():
            raise ValueError("no such folder")
        return value

    @field_validator("smtp_username")
    @classmethod
    def _encrypted_login(cls, value: str, info: ValidationInfo) -> str:
        if value and info.data.get("smtp_security") not in {"starttls", "tls"}:
            raise ValueError("needs SMTP_SECURITY starttls or tls: a password is never sent in the clear")
        return value

    @field_validator("signing_key_file")
    @classmethod
    def _long_enough(cls, value: Path | None) -> Path | None:
        if value is not None and (not value.is_file() or len(value.read_bytes().strip()) < 32):
            raise ValueError("must be a file of at least 32 bytes")
        return value

    @field_validator("data_key_file")
    @classmethod
    def _holds_keys(cls, value: Path | None) -> Path | None:
        if value is not None:
            Master.read(value)
        return value

    @property
    def identity(self) -> str:
        """The client id this process calls others with."""
        return self.client_id or self.service

    @property
    def shows_contract(self) -> bool:
        """Whether reflection is served."""
        return self.environment == "development" if self.reflection is None else self.reflection


P = TypeVar("P", bound=Process)


def load(service: str, kind: type[P]) -> P:
    """Read the environment. Exits with code 2 after printing every mistake, without any value."""
    try:
        return kind(service=service)  # type: ignore[call-arg]  # the rest comes from the environment
    except ValidationError as error:
        for line in mistakes(error):
            print(line, file=sys.stderr)  # noqa: T201 -- logging is not configured yet
        raise SystemExit(2) from None


def mistakes(error: ValidationError) -> list[str]:
    """One line per wrong setting: its variable and what is wrong."""
    return [
        f"{str(item['loc'][0]).upper()}: {item['msg'].removeprefix('Value error, ')}"
        for item in error.errors(include_input=False, include_url=False)
    ]
