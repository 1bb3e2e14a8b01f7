"""The doctor at servers that are as they should be, and at each fault, produced for real."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from deploy.doctor import kafka
from deploy.doctor.examination import examine
from deploy.doctor.finding import Finding, State
from deploy.kafka.access import Access
from deploy.kafka.topics import Topic
from services.kernel import config
from services.kernel.kafka import Cluster
from tests.certificates import Authority
from tests.processes import Make, Place
from tests.security.conftest import SERVICES, TOPICS, Secured
from tests.security.servers import SecuredKafka

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]

Examined = Callable[[str, dict[str, str]], None]
NOWHERE = "127.0.0.1:1"


@pytest.fixture
def around(place: Place, secured: Secured, monkeypatch: pytest.MonkeyPatch) -> Examined:
    """Set the environment of a service, all of it right, with changes."""

    def put(service: str, changes: dict[str, str]) -> None:
        for name in config.Settings.model_fields:
            monkeypatch.delenv(name.upper(), raising=False)
        given = {**place.environment(), **secured.environment(service), **changes}
        for name, value in given.items():
            monkeypatch.setenv(name, value)

    return put


def not_well(found: list[Finding]) -> dict[str, State]:
    return {one.about: one.state for one in found if one.state is not State.OK}


def only(found: list[Finding], about: str) -> Finding:
    [one] = [one for one in found if one.about == about and one.state is not State.OK]
    return one


async def test_a_service_that_runs_is_well(
    place: Place, make: Make, secured: Secured, around: Examined
) -> None:
    """Only the development server's age is left to say; everything else was looked at."""
    asked = make("profiles", **secured.environment("profiles"))
    await asked.start()
    served = make("mentorships", **secured.environment("mentorships", PROFILES_ADDRESS=asked.address))
    await served.start()
    around("mentorships", {"PROFILES_ADDRESS": asked.address})
    found = await examine("mentorships", place.org)
    assert not_well(found) == {"MongoDB version": State.WARNING}
    assert {one.about for one in found} >= {
        "settings",
        "GRPC_TLS_CERT_FILE",
        "names in GRPC_TLS_CERT_FILE",
        "chain of GRPC_TLS_CERT_FILE",
        "DATA_KEY_FILE",
        "MongoDB",
        "MongoDB rights",
        "MongoDB indexes",
        "clock of MongoDB",
        "Kafka",
        "Kafka topics",
        "Kafka rights",
        "Kafka group",
        "token issuer",
        "clock of the token issuer",
        "own token",
        "calls to profiles",
    }


async def test_a_certificate_that_may_not_call_is_noticed(
    place: Place, make: Make, secured: Secured, around: Examined
) -> None:
    asked = make("profiles", **secured.environment("profiles", GRPC_TLS_CALLERS="portal"))
    await asked.start()
    around("mentorships", {"PROFILES_ADDRESS": asked.address})
    found = only(await examine("mentorships", place.org), "calls to profiles")
    assert (found.state, found.advice) == (
        State.WRONG,
        "add a name of this certificate to GRPC_TLS_CALLERS of profiles",
    )


async def test_before_its_first_start_a_service_lacks_indexes(place: Place, around: Examined) -> None:
    around("recognition", {})
    found = only(await examine("recognition", place.org), "MongoDB indexes")
    assert found.state is State.WARNING
    assert "recognitions.pending" in found.text


@pytest.mark.parametrize("service", SERVICES)
async def test_every_service_can_be_examined(place: Place, around: Examined, service: str) -> None:
    """Those it calls do not run and the mail server is not there: that is all that is wrong."""
    absent = {"PROFILES_ADDRESS": NOWHERE, "SCHEDULING_ADDRESS": NOWHERE, "SMTP_PORT": "1"}
    around(service, absent)
    found = await examine(service, place.org)
    wrong = {one.about for one in found if one.state is State.WRONG}
    mails = {"mail server 127.0.0.1:1"} if service == "notifications" else set()
    assert wrong == {"calls to profiles", "calls to scheduling"} | mails


async def test_the_processor_needs_kafka_alone(place: Place, around: Examined) -> None:
    around("processor", {"MONGO_URL": "mongodb://nowhere"})
    found = await examine("processor", place.org)
    assert not_well(found) == {}
    assert {"Kafka", "Kafka topics", "Kafka rights", "Kafka group"} <= {one.about for one in found}


@pytest.mark.parametrize(
    ("changes", "about", "text"),
    [
        ({"MONGO_PASSWORD_FILE": "wrong"}, "MongoDB", "refuses the login"),
        ({"MONGO_CA_FILE": "foreign"}, "MongoDB", "shows a certificate that is not trusted"),
        ({"MONGO_URL": f"mongodb://{NOWHERE}"}, "MongoDB", "does not answer"),
        ({"MONGO_USERNAME": "matching", "MONGO_PASSWORD_FILE": "of matching"}, "MongoDB rights", "may not"),
        ({"KAFKA_PASSWORD_FILE": "wrong"}, "Kafka", "refuses the login"),
        ({"KAFKA_CA_FILE": "foreign"}, "Kafka", "no encrypted connection"),
        ({"KAFKA_BOOTSTRAP": NOWHERE}, "Kafka", "does not answer"),
        (
            {"KAFKA_USERNAME": "recognition", "KAFKA_PASSWORD_FILE": "of recognition"},
            "Kafka rights",
            "write mentoring.profiles.v1",
        ),
        ({"OIDC_JWKS_URL": f"http://{NOWHERE}"}, "token issuer", "does not answer"),
        ({"OIDC_JWKS_URL": "issuer"}, "token issuer", "answers 404"),
        ({"OIDC_AUDIENCE": "somebody-else"}, "own token", "would be refused by services"),
        ({"CLIENT_SECRET_FILE": "wrong"}, "own token", "the issuer gives none"),
        ({"DATA_KEY_FILE": "wrong"}, "DATA_KEY_FILE", "base64"),
    ],
    ids=lambda value: ",".join(value) if isinstance(value, dict) else None,
)
async def test_what_is_wrong_is_said(
    place: Place, secured: Secured, around: Examined, changes: dict[str, str], about: str, text: str
) -> None:
    (place.folder / "wrong").write_text("g-u-e-s-s-e-d")
    known = {
        "wrong": str(place.folder / "wrong"),
        "foreign": str(Authority(place.folder, "foreign").file),
        "issuer": f"{place.issuer.url}/nothing",
        "of matching": str(secured.passwords.of("matching")),
        "of recognition": str(secured.passwords.of("recognition")),
    }
    around("profiles", {name: known.get(value, value) for name, value in changes.items()})
    examined = await examine("profiles", place.org)
    found = next(one for one in examined if one.about == about and one.state is State.WRONG)
    assert text in found.text
    assert found.advice
    assert not any("g-u-e-s-s-e-d" in one.text + one.advice for one in examined)


async def test_a_user_with_too_many_rights_is_noticed(
    place: Place, secured: Secured, around: Examined
) -> None:
    root = {"MONGO_USERNAME": "root", "MONGO_PASSWORD_FILE": str(secured.passwords.of("root"))}
    around("profiles", root)
    found = only(await examine("profiles", place.org), "MongoDB rights")
    assert (found.state, found.text.partition(":")[0]) == (State.WARNING, "reaches more than its own")


async def with_every_right(broker: SecuredKafka, *table: Topic) -> list[Finding]:
    """Look without a login, by the listener where nobody is asked."""
    needed = Access("profiles", (), tuple(topic.name for topic in table if topic.writer == "profiles"), None)
    return [finding async for finding in kafka.examine(Cluster(broker.address), table, needed)]


async def test_brokers_that_let_everybody_in_are_noticed(broker: SecuredKafka) -> None:
    found = not_well(await with_every_right(broker, *TOPICS))
    assert found == {"Kafka login": State.WARNING, "Kafka rights": State.WARNING}


async def test_topics_that_are_not_as_declared_are_noticed(broker: SecuredKafka) -> None:
    [own] = [topic for topic in TOPICS if topic.name == "mentoring.profiles.v1"]
    absent = replace(own, name="mentoring.absent.v1")
    found = await with_every_right(broker, replace(own, partitions=3, retention_ms=1), absent)
    texts = {one.text for one in found if one.state is not State.OK}
    assert {
        "missing: mentoring.absent.v1",
        "mentoring.profiles.v1 has 6 partitions instead of 3",
        "mentoring.profiles.v1: retention.ms is 604800000 instead of 1",
    } <= texts
