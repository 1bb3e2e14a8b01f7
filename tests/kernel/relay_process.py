"""A relay as a process of its own, to be killed or stopped by tests.

Arguments: MongoDB URL, database, broker, and optionally the crash point to die at. Prints `ready` when it
begins and publishes until it is killed.
"""

import asyncio
import sys

from services.kernel import crash, kafka, outbox
from services.kernel.clock import FixedClock
from services.kernel.mongo import Database
from tests.kernel.tally import NOON, TALLIES


async def main(url: str, name: str, bootstrap: str, *crash_at: str) -> None:
    for point in crash_at:
        crash.arm(point)
    async with Database(url, name, FixedClock(NOON)) as database:
        tallies = database.aggregates(TALLIES)
        print("ready", flush=True)  # noqa: T201 -- the signal tests wait for
        await outbox.Relay(
            database, [tallies], lambda: kafka.Producer(kafka.Cluster(bootstrap), "tests")
        ).run(asyncio.Event())


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
