"""The published document of events says what the platform sends, in words that other tools read."""

import warnings
from functools import cache
from typing import Any

import jsonschema
import yaml

from deploy.kafka import topics
from protos.generate import PB
from tests.contracts import surface
from tests.corpus.making import record_of

with warnings.catch_warnings(action="ignore", category=UserWarning):  # a field of the standard is `schema`
    from asyncapi3 import AsyncAPI3


@cache
def published() -> Any:
    return yaml.safe_load((PB / "mentoring.asyncapi.yaml").read_text())


def resolved(reference: dict[str, str]) -> Any:
    """Follow a reference inside the document."""
    found = published()
    for part in reference["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return found


def test_an_independent_reader_of_the_standard_takes_it() -> None:
    AsyncAPI3.model_validate(published())


def channels() -> dict[str, Any]:
    """Return the channels by their topics."""
    return {channel["address"]: channel for channel in published()["channels"].values()}


def test_every_topic_of_events_is_a_channel_with_its_partitions_and_retention() -> None:
    events = {event.file.package for event in surface.events()}
    declared = {
        topic.name: (topic.partitions, topic.retention_ms) for topic in topics.load() if topic.name in events
    }
    found = {name: channel["bindings"]["kafka"] for name, channel in channels().items()}
    assert declared == {
        name: (kafka["partitions"], kafka["topicConfiguration"]["retention.ms"])
        for name, kafka in found.items()
    }
    told = [resolved(operation["channel"]) for operation in published()["operations"].values()]
    assert told == list(channels().values())


def test_every_event_stands_in_the_channel_of_its_topic_and_is_explained() -> None:
    for event in surface.events():
        message = channels()[event.file.package]["messages"][event.name]
        assert message["name"] == event.full_name
        assert message["summary"]
        assert all(
            f" {field.name} = {field.number}" in message["payload"]["schema"] for field in event.fields
        )


def test_it_tells_of_no_other_events() -> None:
    told = {name["name"] for channel in channels().values() for name in channel["messages"].values()}
    assert told == {event.full_name for event in surface.events()}


def test_the_headers_of_every_event_are_as_described() -> None:
    for event in surface.events():
        headers = {name: (value or b"").decode() for name, value in record_of(event, "full").headers}
        (trait,) = channels()[event.file.package]["messages"][event.name]["traits"]
        described = resolved(trait)["headers"]
        jsonschema.validate(headers, described)
        assert headers.keys() <= described["properties"].keys()
        assert headers["ce_type"] == event.full_name
