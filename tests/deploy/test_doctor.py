"""What the doctor says of files, clocks, mail servers and settings; `tests/security` has the servers."""

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

from deploy.doctor import calls, certificates, clocks, keys, mail, mongo, report
from deploy.doctor.__main__ import main
from deploy.doctor.examination import SERVICES
from deploy.doctor.finding import Finding, State, ok, warning, wrong
from deploy.local.keys import credential_key, data_key
from deploy.local.ports import LOOPBACK, free_port
from deploy.local.services import SERVICES as PLATFORM
from services.kernel.config import Settings
from services.kernel.tls import Files
from tests.certificates import Authority
from tests.kernel.test_config import GOOD

NOW = datetime(2026, 1, 31, tzinfo=UTC)


def settings(**more: Any) -> Settings:
    given = {name.lower(): value for name, value in GOOD.items()}
    return Settings(**{"service": "profiles", **given, **more})


def encrypted(files: Files, **more: Any) -> Settings:
    return settings(
        grpc_tls_cert_file=files.cert, grpc_tls_key_file=files.key, grpc_tls_ca_file=files.ca, **more
    )


def of(found: Iterable[Finding], about: str) -> Finding:
    return next(one for one in found if one.about == about)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def test_a_good_certificate_is_good_in_every_respect(authority: Authority) -> None:
    found = list(certificates.examine(encrypted(authority.issue("profiles"))))
    assert {one.state for one in found} == {State.OK}
    assert of(found, "names in GRPC_TLS_CERT_FILE").text == "profiles, localhost, 127.0.0.1"


@pytest.mark.parametrize(
    ("days", "state"), [(-1, State.WRONG), (13, State.WARNING), (15, State.OK)], ids=["over", "soon", "later"]
)
def test_the_end_of_a_certificate_is_told_before_it_comes(
    authority: Authority, days: int, state: State
) -> None:
    own = authority.issue("profiles", ends=timedelta(days=days))
    assert of(certificates.examine(encrypted(own)), "GRPC_TLS_CERT_FILE").state is state


def test_a_certificate_of_tomorrow_is_told(authority: Authority) -> None:
    own = encrypted(authority.issue("profiles"))
    early = datetime.now(UTC) - timedelta(days=30)
    assert "is valid from" in of(certificates.examine(own, early), "GRPC_TLS_CERT_FILE").text


def test_a_certificate_for_somebody_else_is_told(authority: Authority) -> None:
    found = of(certificates.examine(encrypted(authority.issue("matching"))), "names in GRPC_TLS_CERT_FILE")
    assert (found.state, found.text) == (
        State.WARNING,
        "none begins with profiles: matching, localhost, 127.0.0.1",
    )


def test_a_certificate_that_the_others_do_not_trust_is_told(authority: Authority, tmp_path: Path) -> None:
    own = authority.issue("profiles")
    foreign = Files(own.cert, own.key, Authority(tmp_path, "foreign").file)
    found = of(certificates.examine(encrypted(foreign)), "chain of GRPC_TLS_CERT_FILE")
    assert (found.state, found.text.partition(":")[0]) == (State.WRONG, "does not lead to GRPC_TLS_CA_FILE")


def test_a_chain_in_disorder_is_told(authority: Authority) -> None:
    own, other = authority.issue("profiles"), authority.issue("matching")
    own.cert.write_bytes(own.cert.read_bytes() + other.cert.read_bytes())
    found = of(certificates.examine(encrypted(own)), "chain of GRPC_TLS_CERT_FILE")
    assert found.text == "its certificates do not follow one another"


def self_signed(folder: Path) -> Files:
    """Write a certificate that only serves and names nobody."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "profiles")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=90))
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    files = Files(folder / "own.crt", folder / "own.key", folder / "own.crt")
    files.cert.write_bytes(made.public_bytes(Encoding.PEM))
    files.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return files


def test_a_certificate_that_cannot_be_shown_both_ways_or_names_nobody_is_told(tmp_path: Path) -> None:
    found = list(certificates.examine(encrypted(self_signed(tmp_path))))
    assert of(found, "purpose of GRPC_TLS_CERT_FILE").text == "not both to serve and to call"
    assert of(found, "names in GRPC_TLS_CERT_FILE").text.startswith("none")


def test_a_secret_that_everybody_may_read_is_told(authority: Authority) -> None:
    own = authority.issue("profiles")
    assert list(certificates.readable(encrypted(own))) == []
    own.key.chmod(0o644)
    assert [one.about for one in certificates.readable(encrypted(own))] == ["GRPC_TLS_KEY_FILE"]


@pytest.mark.parametrize(
    ("seconds", "state"), [(2, State.OK), (-10, State.WARNING), (40, State.WRONG)], ids=str
)
def test_clocks_apart_are_told(seconds: int, state: State) -> None:
    found = clocks.skew("MongoDB", NOW + timedelta(seconds=seconds), NOW)
    assert (found.state, found.about) == (state, "clock of MongoDB")


@pytest.mark.parametrize(
    ("version", "state"), [("4.4.1", State.WRONG), ("6.0.5", State.WARNING), ("8.0.4", State.OK)]
)
def test_old_databases_are_told(version: str, state: State) -> None:
    assert mongo._version(version).state is state


def test_a_database_alone_is_told() -> None:
    """Change streams need a replica set."""
    assert mongo._set({}).state is State.WRONG
    assert mongo._set({"setName": "rs0", "hosts": ["a", "b", "c"]}).text == "answers, replica set rs0 of 3"


def test_a_database_without_logins_is_told() -> None:
    [found] = mongo._login({"authenticatedUsers": []}, "profiles")
    assert found.text.startswith("no login")


def test_keys_are_read(tmp_path: Path) -> None:
    data_key(tmp_path / "data")
    credential_key(tmp_path / "credential.pem")
    good = settings(
        service="recognition",
        data_key_file=tmp_path / "data",
        credential_key_file=tmp_path / "credential.pem",
    )
    assert {one.about: one.state for one in keys.examine(good)} == {
        "DATA_KEY_FILE": State.OK,
        "CREDENTIAL_KEY_FILE": State.OK,
    }
    (tmp_path / "credential.pem").write_text("no key")
    assert of(keys.examine(good), "CREDENTIAL_KEY_FILE").state is State.WRONG


@pytest.mark.parametrize("service", ["recognition", "notifications", "scheduling"])
def test_missing_keys_are_told(service: str) -> None:
    found = list(keys.examine(settings(service=service)))
    assert [one.state for one in found] == [State.WARNING] * 2


class Mailbox:
    """Takes nothing; the doctor only says hello."""


@pytest.fixture
async def smtp() -> AsyncIterator[int]:
    server = Controller(Mailbox(), hostname=LOOPBACK, port=free_port())
    server.start()
    yield server.port
    server.stop()


async def mails(**more: Any) -> list[Finding]:
    return [one async for one in mail.examine(settings(service="notifications", **more))]


async def test_a_mail_server_in_the_clear_is_told(smtp: int) -> None:
    [found] = await mails(smtp_host=LOOPBACK, smtp_port=smtp)
    assert (found.state, found.text) == (State.WARNING, "answers, in the clear")


async def test_mail_servers_that_cannot_be_used_are_told(smtp: int) -> None:
    """The first offers no encryption, the second is not there."""
    found = await mails(
        smtp_host=LOOPBACK, smtp_port=smtp, smtp_security="starttls", smtp_fallback=f"{LOOPBACK}:1"
    )
    assert [one.state for one in found] == [State.WRONG] * 2
    assert all(one.text.startswith("cannot be used") for one in found)


FOUND = [ok("a", "fine"), warning("long name", "old " * 40, "renew"), wrong("b", "gone", "mend")]


def test_the_table_says_what_is_not_well_and_what_to_do_next() -> None:
    lines = list(report.table("profiles", FOUND))
    assert lines[0] == "ok       a          fine"
    assert [line.strip() for line in lines if "->" in line] == ["-> renew", "-> mend"]
    assert lines[-1] == "profiles: 1 wrong, 1 to look at, 1 ok"
    assert max(map(len, lines)) <= 110
    assert list(report.table("profiles", FOUND[:1]))[-1] == "profiles: all is well"


def test_machines_get_the_same() -> None:
    told = json.loads(report.as_json("profiles", FOUND))
    assert told["state"] == "wrong"
    assert told["findings"][2] == {"about": "b", "state": "wrong", "text": "gone", "advice": "mend"}
    assert report.worst(FOUND[:2]) is State.WARNING


def doctor(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        (sys.executable, "-m", "deploy.doctor", *words),
        env={**kept, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_mistake_in_the_settings_is_a_line_and_the_exit_code_tells() -> None:
    run = doctor("profiles", "--json", ENVIRONMENT="production", MONGO_URL="mongodb://u:hunter2@db")
    assert run.returncode == 1
    told = json.loads(run.stdout)
    assert {
        "MONGO_URL",
        "GRPC_TLS_CERT_FILE",
        "KAFKA_SECURITY_PROTOCOL",
        "KAFKA_BOOTSTRAP",
        "OIDC_ISSUER",
    } <= {one["about"] for one in told["findings"]}
    assert "hunter2" not in run.stdout + run.stderr


def test_it_runs_where_nothing_of_development_is_installed() -> None:
    """It is part of the image, which has no local servers."""
    told = (
        "import sys, deploy.doctor.__main__; print([m for m in sys.modules if m.startswith('deploy.local')])"
    )
    run = subprocess.run((sys.executable, "-c", told), capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"


def test_help_says_what_it_does(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    assert "it changes nothing" in " ".join(capsys.readouterr().out.split())


def test_every_service_that_is_called_has_a_door_to_knock_at() -> None:
    called = {name.removesuffix("_address") for name in Settings.model_fields if name.endswith("_address")}
    assert called & set(SERVICES) == set(calls.DOORS)


def test_every_part_of_the_platform_can_be_examined() -> None:
    assert set(SERVICES) == {spec.name for spec in PLATFORM}
