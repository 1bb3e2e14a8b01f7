"""The servers that every other test relies on."""

import uuid

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from pymongo import AsyncMongoClient

pytestmark = pytest.mark.servers


async def test_mongod_is_a_replica_set_that_commits_transactions(mongo_url: str) -> None:
    async with AsyncMongoClient[dict[str, int]](mongo_url) as client:
        rows = client[f"t{uuid.uuid4().hex}"]["rows"]
        async with client.start_session() as session, await session.start_transaction():
            await rows.insert_one({"n": 1}, session=session)
            assert await rows.count_documents({}) == 0
        assert await rows.count_documents({}) == 1


async def test_broker_takes_idempotent_writes_and_gives_them_to_a_group_in_order(
    kafka_bootstrap: str,
) -> None:
    sent = [str(n).encode() for n in range(50)]
    group = uuid.uuid4().hex
    producer = AIOKafkaProducer(bootstrap_servers=kafka_bootstrap, enable_idempotence=True)
    async with producer:
        for value in sent:
            await producer.send_and_wait("mentoring.processor.v1.dlq", value, key=group.encode())
    consumer = AIOKafkaConsumer(
        "mentoring.processor.v1.dlq",
        bootstrap_servers=kafka_bootstrap,
        group_id=group,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    async with consumer:
        mine: list[bytes] = []
        while len(mine) < len(sent):
            record = await consumer.getone()
            mine += [record.value] if record.key == group.encode() else []
        await consumer.commit()
    assert mine == sent
