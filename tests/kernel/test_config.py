from pathlib import Path

import pytest

from services.kernel import config

GOOD = {
    "ENVIRONMENT": "development",
    "MONGO_URL": "mongodb://127.0.0.1:27017",
    "KAFKA_BOOTSTRAP": "127.0.0.1:9092",
    "OIDC_ISSUER": "http://127.0.0.1:8081",
    "OIDC_JWKS_URL": "http://127.0.0.1:8081/jwks.json",
    "OIDC_TOKEN_URL": "http://127.0.0.1:8081/token",
}
PRODUCTION = GOOD | {
    "ENVIRONMENT": "production",
    "ENCRYPTED_BY_NETWORK": "grpc,kafka,mongo",
    "OIDC_ISSUER": "https://id.example",
    "OIDC_JWKS_URL": "https://id.example/jwks",
    "OIDC_TOKEN_URL": "https://id.example/token",
}


def load(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]) -> config.Settings:
    """Read settings from exactly this environment."""
    for name in config.Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return config.load("profiles", config.Settings)


def complaints(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], environment: dict[str, str]
) -> list[str]:
    """Return what a refused start prints, checking its exit code."""
    with pytest.raises(SystemExit) as exit_:
        load(monkeypatch, environment)
    assert exit_.value.code == 2
    return capsys.readouterr().err.splitlines()


def test_development_needs_only_its_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, GOOD)
    assert settings.identity == settings.service == "profiles"
    assert settings.grpc_address == "127.0.0.1:0"
    assert settings.shows_contract


def test_settings_cannot_change_later(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, GOOD)
    with pytest.raises(ValueError, match="frozen"):
        settings.mongo_url = "mongodb://elsewhere"


def test_every_mistake_is_reported_at_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = {
        "ENVIRONMENT": "staging",
        "GRPC_ADDRESS": "50051",
        "METRICS_ADDRESS": "127.0.0.1:70000",
        "MONGO_URL": "postgres://x",
        "OIDC_ISSUER": "ftp://x",
        "TRACE_SAMPLE": "2",
        "CRASH_AT": "nowhere",
        "CLIENT_SECRET_FILE": "/does/not/exist",
    }
    lines = complaints(monkeypatch, capsys, wrong)
    assert {line.partition(":")[0] for line in lines} == {
        *wrong,
        "KAFKA_BOOTSTRAP",
        "OIDC_JWKS_URL",
        "OIDC_TOKEN_URL",
    }


def test_a_complaint_never_shows_the_value(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A connection string may hold a password."""
    lines = complaints(
        monkeypatch, capsys, GOOD | {"MONGO_URL": "http://user:hunter2@x", "SMTP_PORT": "hunter2"}
    )
    assert len(lines) == 2
    assert "hunter2" not in "".join(lines)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CLOCK_FILE", "/tmp/clock"),
        ("CRASH_AT", "after_publish_before_pull:2"),
        ("REFLECTION", "true"),
        ("OIDC_ISSUER", "http://id.example"),
        ("OIDC_JWKS_URL", "http://id.example/jwks"),
        ("OIDC_TOKEN_URL", "http://id.example/token"),
    ],
)
def test_production_refuses_what_is_for_development(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str
) -> None:
    lines = complaints(monkeypatch, capsys, PRODUCTION | {name: value})
    assert [line.partition(":")[0] for line in lines] == [name]


def test_production_hides_the_contract(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not load(monkeypatch, PRODUCTION).shows_contract


def test_an_empty_variable_is_an_absent_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load(monkeypatch, GOOD | {"CLOCK_FILE": "", "GRPC_ADDRESS": ""}).clock_file is None


def test_the_development_clock_is_a_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert load(monkeypatch, GOOD | {"CLOCK_FILE": str(tmp_path / "c")}).clock_file == tmp_path / "c"


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        ({"SMTP_USERNAME": "mentoring"}, "SMTP_USERNAME: needs SMTP_SECURITY starttls or tls"),
        ({"SIGNING_KEY_FILE": "/dev/null"}, "SIGNING_KEY_FILE: must be a file of at least 32 bytes"),
        ({"SMTP_SECURITY": "maybe"}, "SMTP_SECURITY: Input should be"),
        ({"HTTP_ADDRESS": "everywhere"}, "HTTP_ADDRESS: must be host:port"),
    ],
)
def test_what_mails_and_webhooks_need_is_checked_at_the_start(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    more: dict[str, str],
    complaint: str,
) -> None:
    [line] = complaints(monkeypatch, capsys, GOOD | more)
    assert line.startswith(complaint)


@pytest.mark.parametrize(
    "more", [{"WEBHOOK_PRIVATE": "true"}, {"PUBLIC_URL": "http://mentoring.example"}], ids=str
)
def test_production_calls_no_private_address_and_links_to_https_only(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], more: dict[str, str]
) -> None:
    [line] = complaints(monkeypatch, capsys, PRODUCTION | more)
    assert line.startswith(next(iter(more)))


def test_a_file_of_master_keys_must_hold_some(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "keys"
    file.write_text("c2hvcnQ=\n")
    assert complaints(monkeypatch, capsys, GOOD | {"DATA_KEY_FILE": str(file)}) == [
        "DATA_KEY_FILE: needs keys of 32 bytes each"
    ]
    missing = GOOD | {"DATA_KEY_FILE": str(tmp_path / "none")}
    assert complaints(monkeypatch, capsys, missing) == ["DATA_KEY_FILE: no such file"]
