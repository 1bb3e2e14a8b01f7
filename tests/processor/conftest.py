"""A consumer group and a change log of its own for every test on the real broker."""

import uuid
from collections.abc import AsyncIterator

import pytest

from deploy.kafka import topics
from services.kernel.kafka import Cluster, Producer
from tests.processor.stream import Stream, own_topics


@pytest.fixture
async def stream(kafka_bootstrap: str) -> AsyncIterator[Stream]:
    """What is told from now on; pairs and groups of other tests do not show."""
    app = f"processor-{uuid.uuid4().hex[:8]}"
    await topics.apply(Cluster(kafka_bootstrap), own_topics(app))
    producer = Producer(Cluster(kafka_bootstrap), app)
    await producer.start()
    made = Stream(kafka_bootstrap, app, producer)
    await made.begin()
    yield made
    await producer.stop()
