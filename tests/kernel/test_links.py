"""How a process is told to encrypt its connections and to log in, and what it refuses."""

from pathlib import Path

import pytest

from services.kernel import config
from services.kernel.links import KafkaTool
from tests.certificates import Authority
from tests.kernel.test_config import GOOD, PRODUCTION, complaints, load

CLEAR = {"ENCRYPTED_BY_NETWORK": "grpc, kafka,mongo"}
STRICT = {name: value for name, value in PRODUCTION.items() if name != "ENCRYPTED_BY_NETWORK"}


@pytest.fixture
def own(tmp_path: Path) -> dict[str, str]:
    """Settings of a service that encrypts all its connections and logs in."""
    authority = Authority(tmp_path)
    files = authority.issue("profiles")
    password = tmp_path / "password"
    password.write_text("hunter2\n")
    return {
        "GRPC_TLS_CERT_FILE": str(files.cert),
        "GRPC_TLS_KEY_FILE": str(files.key),
        "GRPC_TLS_CA_FILE": str(authority.file),
        "GRPC_TLS_CALLERS": "matching,mentorships",
        "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
        "KAFKA_CA_FILE": str(authority.file),
        "KAFKA_USERNAME": "profiles",
        "KAFKA_PASSWORD_FILE": str(password),
        "MONGO_CA_FILE": str(authority.file),
        "MONGO_CERT_KEY_FILE": str(authority.issue_joined("profiles")),
        "MONGO_USERNAME": "profiles",
        "MONGO_PASSWORD_FILE": str(password),
    }


def test_production_runs_with_every_connection_encrypted(
    monkeypatch: pytest.MonkeyPatch, own: dict[str, str]
) -> None:
    settings = load(monkeypatch, STRICT | own)
    assert settings.grpc_tls is not None
    assert settings.grpc_tls_callers == {"matching", "mentorships"}
    assert settings.mongo_options() == {
        "tls": True,
        "tlsCAFile": own["MONGO_CA_FILE"],
        "tlsCertificateKeyFile": own["MONGO_CERT_KEY_FILE"],
        "username": "profiles",
        "password": "hunter2",
    }
    options = settings.cluster().options()
    assert options["security_protocol"] == "SASL_SSL"
    assert (options["sasl_mechanism"], options["sasl_plain_username"]) == ("SCRAM-SHA-512", "profiles")
    assert options["ssl_context"].check_hostname


def test_production_refuses_every_connection_in_the_clear(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = complaints(monkeypatch, capsys, STRICT)
    assert {line.partition(":")[0] for line in lines} == {
        "GRPC_TLS_CERT_FILE",
        "KAFKA_SECURITY_PROTOCOL",
        "MONGO_CA_FILE",
    }
    assert all("ENCRYPTED_BY_NETWORK=" in line for line in lines)


def test_production_believes_that_the_network_encrypts_what_it_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert load(monkeypatch, STRICT | CLEAR).grpc_tls is None
    lines = complaints(monkeypatch, capsys, STRICT | {"ENCRYPTED_BY_NETWORK": "grpc,mongo"})
    assert [line.partition(":")[0] for line in lines] == ["KAFKA_SECURITY_PROTOCOL"]


def test_a_link_that_does_not_exist_is_a_mistake(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = complaints(monkeypatch, capsys, STRICT | {"ENCRYPTED_BY_NETWORK": "kafak"})
    assert [line.partition(":")[0] for line in lines] == ["ENCRYPTED_BY_NETWORK"]


@pytest.mark.parametrize(
    "url", ["mongodb://db/?tls=true", "mongodb+srv://db.example", "mongodb://db/?ssl=true"]
)
def test_the_address_of_the_database_may_ask_for_encryption(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    """The servers' authority is then one of the system's."""
    in_the_clear = {"ENCRYPTED_BY_NETWORK": "grpc,kafka", "MONGO_URL": url}
    assert load(monkeypatch, STRICT | in_the_clear).mongo_options() == {}


def test_the_stream_processor_is_asked_for_kafka_only(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in config.Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in {"ENVIRONMENT": "production", "ENCRYPTED_BY_NETWORK": "kafka"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("KAFKA_BOOTSTRAP", "kafka:9092")
    assert config.load("processor", config.StreamSettings).cluster().options()["ssl_context"] is None


@pytest.mark.parametrize(
    ("changes", "mistake"),
    [
        ({"GRPC_TLS_KEY_FILE": ""}, "GRPC_TLS_KEY_FILE: belongs together with GRPC_TLS_CERT_FILE"),
        ({"GRPC_TLS_KEY_FILE": "other key"}, "GRPC_TLS_KEY_FILE: the key is not the certificate's"),
        ({"GRPC_TLS_KEY_FILE": "text"}, "GRPC_TLS_KEY_FILE: the key file holds no unencrypted private key"),
        ({"GRPC_TLS_CERT_FILE": "text"}, "GRPC_TLS_CERT_FILE: holds no certificate in PEM"),
        ({"GRPC_TLS_CA_FILE": ""}, "GRPC_TLS_CALLERS: needs GRPC_TLS_CA_FILE"),
        ({"GRPC_TLS_CA_FILE": "/nowhere"}, "GRPC_TLS_CA_FILE: no such file"),
        ({"KAFKA_USERNAME": ""}, "KAFKA_USERNAME: is needed with KAFKA_SECURITY_PROTOCOL=SASL_SSL"),
        ({"KAFKA_PASSWORD_FILE": ""}, "KAFKA_PASSWORD_FILE: is needed with KAFKA_SECURITY_PROTOCOL=SASL_SSL"),
        ({"KAFKA_SASL_MECHANISM": "GSSAPI"}, "KAFKA_SASL_MECHANISM: Input should be"),
        ({"KAFKA_CERT_FILE": "cert"}, "KAFKA_KEY_FILE: belongs together with KAFKA_CERT_FILE"),
        ({"MONGO_USERNAME": ""}, "MONGO_PASSWORD_FILE: belongs together with MONGO_USERNAME"),
        ({"MONGO_CERT_KEY_FILE": "cert"}, "MONGO_CERT_KEY_FILE: the key file holds no unencrypted"),
        ({"MONGO_URL": "mongodb://u:p@db"}, "MONGO_URL: must hold no password"),
        ({"MONGO_URL": "mongodb://db/?tlsInsecure=true"}, "MONGO_URL: must check the servers' certificates"),
    ],
    ids=str,
)
def test_what_does_not_fit_together_is_named(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    own: dict[str, str],
    changes: dict[str, str],
    mistake: str,
) -> None:
    folder = Path(own["GRPC_TLS_CERT_FILE"]).parent
    (folder / "text").write_text("no pem")
    other = Authority(folder, "other").issue("other")
    files = {"text": str(folder / "text"), "other key": str(other.key), "cert": own["GRPC_TLS_CERT_FILE"]}
    changed = {name: files.get(value, value) for name, value in changes.items()}
    [line] = complaints(monkeypatch, capsys, STRICT | own | changed)
    assert line.startswith(mistake)


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({"KAFKA_USERNAME": "x"}, {"KAFKA_USERNAME"}),
        ({"GRPC_TLS_CALLERS": "x"}, {"GRPC_TLS_CALLERS"}),
        (
            {"KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT", "KAFKA_SASL_MECHANISM": "PLAIN"},
            {"KAFKA_SASL_MECHANISM", "KAFKA_USERNAME", "KAFKA_PASSWORD_FILE"},
        ),
    ],
    ids=["login without SASL", "callers without authority", "readable password"],
)
def test_half_a_protection_is_refused_in_development_too(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    given: dict[str, str],
    names: set[str],
) -> None:
    assert {line.partition(":")[0] for line in complaints(monkeypatch, capsys, GOOD | given)} == names


def test_an_authority_that_would_not_be_used_is_a_mistake(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], own: dict[str, str]
) -> None:
    """Somebody meant to encrypt and forgot the protocol."""
    given = GOOD | {"KAFKA_CA_FILE": own["KAFKA_CA_FILE"]}
    [line] = complaints(monkeypatch, capsys, given)
    assert line == "KAFKA_CA_FILE: is not used with KAFKA_SECURITY_PROTOCOL=PLAINTEXT"


def test_no_text_of_the_settings_shows_a_password(
    monkeypatch: pytest.MonkeyPatch, own: dict[str, str]
) -> None:
    settings = load(monkeypatch, STRICT | own)
    assert "hunter2" not in repr(settings) + repr(settings.cluster())


def test_a_changed_password_is_read_at_the_next_login(
    monkeypatch: pytest.MonkeyPatch, own: dict[str, str]
) -> None:
    password = load(monkeypatch, STRICT | own).cluster().options()["sasl_plain_password"]
    assert password.encode() == b"hunter2"
    file = Path(own["KAFKA_PASSWORD_FILE"])
    file.write_text("hunter3")
    assert password.encode() == b"hunter3"
    file.unlink()
    assert password.encode() == b"hunter2"


def test_the_databases_too(monkeypatch: pytest.MonkeyPatch, own: dict[str, str]) -> None:
    """Its driver looks at every letter, to normalize them."""
    password = load(monkeypatch, STRICT | own).mongo_options()["password"]
    assert "".join(password) == "hunter2"
    Path(own["MONGO_PASSWORD_FILE"]).write_text("hunter3")
    assert "".join(password) == "hunter3"


def test_a_command_without_an_environment_is_a_development_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in KafkaTool.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    assert KafkaTool(kafka_bootstrap="kafka:9092").cluster().options()["security_protocol"] == "PLAINTEXT"


@pytest.mark.parametrize(
    "endpoint", ["collector:4318", "grpc://collector:4317", "http://user:secret@collector"]
)
def test_a_collector_is_named_by_a_plain_web_address(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], endpoint: str
) -> None:
    lines = complaints(monkeypatch, capsys, {**PRODUCTION, "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint})
    assert [line.partition(":")[0] for line in lines] == ["OTEL_EXPORTER_OTLP_ENDPOINT"]


def test_spans_leave_in_the_clear_only_where_the_network_encrypts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clear = {**PRODUCTION, "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}
    assert "ENCRYPTED_BY_NETWORK=otlp" in complaints(monkeypatch, capsys, clear)[0]
    told = load(monkeypatch, {**clear, "ENCRYPTED_BY_NETWORK": "grpc,kafka,mongo,otlp"})
    assert told.otel_exporter_otlp_endpoint == "http://collector:4318"
