"""Consumer groups, as a broker knows them."""

import asyncio

from aiokafka.admin import AIOKafkaAdminClient

PATIENCE = 120.0
LOOK_SECONDS = 0.1
CALM = 30
"""Looks in a row at a group at rest: others may still be on their way."""


async def at_rest(bootstrap: str, group: str, members: int) -> None:
    """Wait until a group has so many members and is at rest. The embedded broker cannot be asked."""
    admin, calm = AIOKafkaAdminClient(bootstrap_servers=bootstrap), 0
    await admin.start()
    try:
        async with asyncio.timeout(PATIENCE):
            while calm < CALM:
                (answer,) = await admin.describe_consumer_groups([group])
                _, _, state, _, _, found, *_ = answer.groups[0]
                calm = calm + 1 if state == "Stable" and len(found) == members else 0
                await asyncio.sleep(LOOK_SECONDS)
    finally:
        await admin.close()
