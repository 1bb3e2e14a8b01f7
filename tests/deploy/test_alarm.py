"""What goes wrong in a running service reaches whoever is on duty: real metrics, rules, routes, a webhook."""

from pathlib import Path

import pytest

from deploy.local.issuer import Issuer
from deploy.verify.tools import MissingTool
from services.kernel.kafka import Cluster, Producer, Record
from tests.deploy.alarm import Duty, watched
from tests.processes import Started, making, place_for

pytestmark = [pytest.mark.servers, pytest.mark.timeout(900)]
TOPIC = "mentoring.processor.v1"
ROOT = Path(__file__).resolve().parents[2]


async def test_a_dead_letter_and_a_dead_service_reach_who_is_on_duty(
    mongo_url: str, kafka_bootstrap: str, issuer: Issuer, tmp_path: Path
) -> None:
    """One story, as two servers and a service are started for it."""
    place = place_for(mongo_url, kafka_bootstrap, issuer, tmp_path)
    async with making(place) as make:
        service = make("recognition")
        await service.start()
        try:
            async with watched("recognition", service.metrics, tmp_path) as duty:
                await poison(kafka_bootstrap)
                await assert_warned(duty)
                await assert_paged(duty, service)
        except MissingTool as missing:
            pytest.skip(f"NOT PROVEN: that alerts reach anybody: {missing}")


async def poison(kafka_bootstrap: str) -> None:
    """Write a record into a topic that its reader cannot read."""
    producer = Producer(Cluster(kafka_bootstrap), "tests")
    await producer.start()
    try:
        await producer.publish([Record(TOPIC, b"poison", b"\xff", [("ce_specversion", b"1.0")])])
    finally:
        await producer.stop()


async def assert_warned(duty: Duty) -> None:
    told = await duty.told("DeadLettersGrowing", "recognition")
    assert (told.receiver, told.labels["topic"]) == ("operators", TOPIC)
    assert TOPIC in told.annotations["description"]
    assert (ROOT / told.annotations["runbook_url"]).is_file()


async def assert_paged(duty: Duty, service: Started) -> None:
    await service.process.stop()
    told = await duty.told("ServiceDown", "recognition")
    assert (told.receiver, told.labels["severity"]) == ("on-call", "critical")
