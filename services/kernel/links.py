"""Settings of the connections between processes: who encrypts them, and how a process says who it is.

Secrets and certificates are files. Those of gRPC and Kafka may be replaced while the process runs, and the
password of MongoDB; its driver reads certificates once, so there a change takes effect with a restart.
"""

import re
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from services.kernel import tls
from services.kernel.kafka import Cluster, Login
from services.kernel.password import Password


def _readable(file: Path) -> Path:
    if not file.is_file():
        raise ValueError("no such file")
    return file


def _authorities(file: Path) -> Path:
    tls.certificates(_readable(file).read_bytes())
    return file


def _split(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


File = Annotated[Path, AfterValidator(_readable)]
Authorities = Annotated[Path, AfterValidator(_authorities)]
Link = Literal["grpc", "kafka", "mongo", "otlp"]
List = (NoDecode, BeforeValidator(_split))
"""Makes a setting a list with commas between its parts."""

Protocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
Mechanism = Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"]
_SECRET_IN_URL = re.compile(r"://[^/@]*:[^/@]*@")
_TLS_IN_URL = re.compile(r"^mongodb\+srv://(?!.*[?&](tls|ssl)=false)|[?&](tls|ssl)=true", re.IGNORECASE)
_UNCHECKED = re.compile(r"[?&]tls(insecure|allowinvalid\w+)=true", re.IGNORECASE)


class Surroundings(BaseSettings):
    """Where a process runs."""

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True
    )

    environment: Literal["development", "production"] = Field(
        description="production refuses what is for development, and connections in the clear"
    )
    encrypted_by_network: Annotated[frozenset[Link], *List] = Field(
        default=frozenset(),
        description="grpc, kafka, mongo, otlp: what the network itself encrypts (a service mesh, an "
        "encrypted overlay), so that production accepts it in the clear",
    )


def _in_the_clear(info: ValidationInfo, link: Link) -> bool:
    """Whether this is production and nothing else encrypts the link. False while either is unknown."""
    known = info.data.get("encrypted_by_network")
    return known is not None and info.data.get("environment") == "production" and link not in known


def _unless(link: Link) -> str:
    return f"in production, or ENCRYPTED_BY_NETWORK={link} where the network encrypts"


class CollectorLink(Surroundings):
    """Spans on their way to an OpenTelemetry collector; the names are OpenTelemetry's own."""

    otel_exporter_otlp_endpoint: str | None = Field(
        default=None,
        description="collector that takes OTLP over HTTP, http://host:4318; unset: spans are logged",
    )
    otel_exporter_otlp_certificate: Authorities | None = Field(
        default=None, description="PEM: authorities of the collector; the system's by default"
    )

    @field_validator("otel_exporter_otlp_endpoint")
    @classmethod
    def _exported_encrypted(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None:
            return None
        if not re.match(r"https?://[^/\s@]+", value):
            raise ValueError("must start with http:// or https://")
        if value.startswith("http://") and _in_the_clear(info, "otlp"):
            raise ValueError(f"must be https:// {_unless('otlp')}")
        return value

    def collector_trust(self) -> ssl.SSLContext | None:
        """Return the authorities that vouch for the collector, None for the system's."""
        file = self.otel_exporter_otlp_certificate
        return None if file is None else ssl.create_default_context(cafile=file)


class GrpcLinks(Surroundings):
    """Calls from and to other processes."""

    grpc_tls_cert_file: Authorities | None = Field(
        default=None, validate_default=True, description="PEM: this process's certificate and its chain"
    )
    grpc_tls_key_file: File | None = Field(
        default=None, validate_default=True, description="PEM: the certificate's private key"
    )
    grpc_tls_ca_file: Authorities | None = Field(
        default=None, description="PEM: authorities; set, both sides must show a certificate of theirs"
    )
    grpc_tls_callers: Annotated[frozenset[str], *List] = Field(
        default=frozenset(),
        description="subject alternative names that may call; empty: all that GRPC_TLS_CA_FILE knows",
    )

    @field_validator("grpc_tls_cert_file")
    @classmethod
    def _served_encrypted(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        if value is None and _in_the_clear(info, "grpc"):
            raise ValueError(f"is needed {_unless('grpc')}")
        return value

    @field_validator("grpc_tls_key_file")
    @classmethod
    def _key_of_certificate(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        return _pair(value, info, "grpc_tls_cert_file")

    @field_validator("grpc_tls_ca_file")
    @classmethod
    def _with_certificate(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        if value is not None and info.data.get("grpc_tls_cert_file", value) is None:
            raise ValueError("needs GRPC_TLS_CERT_FILE and GRPC_TLS_KEY_FILE")
        return value

    @field_validator("grpc_tls_callers")
    @classmethod
    def _with_authority(cls, value: frozenset[str], info: ValidationInfo) -> frozenset[str]:
        if value and info.data.get("grpc_tls_ca_file", value) is None:
            raise ValueError("needs GRPC_TLS_CA_FILE: without it callers show no certificate")
        return value

    @property
    def grpc_tls(self) -> tls.Files | None:
        """The certificate to serve and call with; None: in the clear."""
        if self.grpc_tls_cert_file is None or self.grpc_tls_key_file is None:
            return None
        return tls.Files(self.grpc_tls_cert_file, self.grpc_tls_key_file, self.grpc_tls_ca_file)


class KafkaLink(Surroundings):
    """The connection to Kafka."""

    kafka_bootstrap: str = Field(min_length=1, description="host:port[,host:port]")
    kafka_security_protocol: Protocol = Field(
        default="PLAINTEXT",
        validate_default=True,
        description="SSL encrypts, SASL logs in, SASL_SSL does both",
    )
    kafka_ca_file: Authorities | None = Field(
        default=None, description="PEM: authorities of the brokers; the system's by default"
    )
    kafka_cert_file: Authorities | None = Field(
        default=None, description="PEM: own certificate, where brokers ask for one"
    )
    kafka_key_file: File | None = Field(
        default=None, validate_default=True, description="PEM: the certificate's private key"
    )
    kafka_sasl_mechanism: Mechanism = Field(
        default="SCRAM-SHA-512", description="how to log in; PLAIN over SASL_SSL only"
    )
    kafka_username: str = Field(default="", validate_default=True, description="with SASL: who logs in")
    kafka_password_file: File | None = Field(
        default=None,
        validate_default=True,
        description="with SASL: the password; with SCRAM read again at every connection",
    )

    @field_validator("kafka_security_protocol")
    @classmethod
    def _brokers_encrypted(cls, value: str, info: ValidationInfo) -> str:
        if not value.endswith("SSL") and _in_the_clear(info, "kafka"):
            raise ValueError(f"must be SASL_SSL or SSL {_unless('kafka')}")
        return value

    @field_validator("kafka_ca_file", "kafka_cert_file")
    @classmethod
    def _used(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        protocol = info.data.get("kafka_security_protocol", "SSL")
        if value is not None and not protocol.endswith("SSL"):
            raise ValueError(f"is not used with KAFKA_SECURITY_PROTOCOL={protocol}")
        return value

    @field_validator("kafka_key_file")
    @classmethod
    def _own_key(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        return _pair(value, info, "kafka_cert_file")

    @field_validator("kafka_sasl_mechanism")
    @classmethod
    def _never_readable(cls, value: str, info: ValidationInfo) -> str:
        if value == "PLAIN" and info.data.get("kafka_security_protocol") == "SASL_PLAINTEXT":
            raise ValueError("PLAIN sends the password itself: it needs SASL_SSL")
        return value

    @field_validator("kafka_username", "kafka_password_file")
    @classmethod
    def _login(cls, value: str | Path | None, info: ValidationInfo) -> str | Path | None:
        protocol = info.data.get("kafka_security_protocol")
        if protocol is None or bool(value) == protocol.startswith("SASL"):
            return value
        if value:
            raise ValueError(f"is not used with KAFKA_SECURITY_PROTOCOL={protocol}: SASL_SSL logs in")
        raise ValueError(f"is needed with KAFKA_SECURITY_PROTOCOL={protocol}")

    def cluster(self) -> Cluster:
        """Return how to reach the brokers. OSError when a file is gone, ssl.SSLError when it does not fit."""
        encrypted = self.kafka_security_protocol.endswith("SSL")
        return Cluster(
            self.kafka_bootstrap,
            tls=tls.ClientContext(self.kafka_ca_file, self._own_certificate()) if encrypted else None,
            login=None
            if self.kafka_password_file is None
            else Login(self.kafka_sasl_mechanism, self.kafka_username, Password(self.kafka_password_file)),
        )

    def _own_certificate(self) -> tls.Files | None:
        if self.kafka_cert_file is None or self.kafka_key_file is None:
            return None
        return tls.Files(self.kafka_cert_file, self.kafka_key_file)


class KafkaTool(KafkaLink):
    """What a command beside the services needs; where it runs may be left out."""

    environment: Literal["development", "production"] = Field(
        default="development", description="as for services"
    )


class MongoLink(Surroundings):
    """The connection to MongoDB."""

    mongo_url: str = Field(
        pattern=r"^mongodb(\+srv)?://", description="without login: that is MONGO_USERNAME's"
    )
    mongo_ca_file: Authorities | None = Field(
        default=None,
        validate_default=True,
        description="PEM: authorities of the servers, set: TLS; the system's with tls=true in MONGO_URL",
    )
    mongo_cert_key_file: File | None = Field(
        default=None, description="PEM: own certificate and its key in one file, where servers ask for one"
    )
    mongo_username: str = Field(
        default="", description="who logs in; its database: `authSource` in MONGO_URL"
    )
    mongo_password_file: File | None = Field(
        default=None,
        validate_default=True,
        description="the password, read again at every connection: the file must change before the server",
    )

    @field_validator("mongo_url")
    @classmethod
    def _no_secret(cls, value: str, info: ValidationInfo) -> str:
        if _SECRET_IN_URL.search(value):
            raise ValueError("must hold no password: use MONGO_USERNAME and MONGO_PASSWORD_FILE")
        if _UNCHECKED.search(value) and _in_the_clear(info, "mongo"):
            raise ValueError("must check the servers' certificates in production")
        return value

    @field_validator("mongo_ca_file")
    @classmethod
    def _servers_encrypted(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        url = info.data.get("mongo_url")
        if value is None and url and not _TLS_IN_URL.search(url) and _in_the_clear(info, "mongo"):
            raise ValueError(f"or tls=true in MONGO_URL is needed {_unless('mongo')}")
        return value

    @field_validator("mongo_cert_key_file")
    @classmethod
    def _shown(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        if value is None:
            return value
        pem = value.read_bytes()
        tls.fitting(pem, pem)
        if info.data.get("mongo_ca_file") is None and not _TLS_IN_URL.search(info.data.get("mongo_url", "")):
            raise ValueError("needs MONGO_CA_FILE, or tls=true in MONGO_URL")
        return value

    @field_validator("mongo_password_file")
    @classmethod
    def _with_name(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        if (value is None) != (info.data.get("mongo_username", "") == ""):
            raise ValueError("belongs together with MONGO_USERNAME")
        return value

    def mongo_options(self) -> Mapping[str, Any]:
        """Return TLS and login as the driver takes them. OSError when a file is gone."""
        given: dict[str, Any] = {}
        if self.mongo_ca_file is not None:
            given |= {"tls": True, "tlsCAFile": str(self.mongo_ca_file)}
        if self.mongo_cert_key_file is not None:
            given |= {"tlsCertificateKeyFile": str(self.mongo_cert_key_file)}
        if self.mongo_password_file is not None:
            given |= {"username": self.mongo_username, "password": Password(self.mongo_password_file)}
        return given


def _pair(key: Path | None, info: ValidationInfo, cert_name: str) -> Path | None:
    """Return the key if it is that of the certificate, or if neither is there. ValueError."""
    if cert_name not in info.data:
        return key
    cert: Path | None = info.data[cert_name]
    if (cert is None) != (key is None):
        raise ValueError(f"belongs together with {cert_name.upper()}")
    if cert is not None and key is not None:
        tls.fitting(cert.read_bytes(), key.read_bytes())
    return key
