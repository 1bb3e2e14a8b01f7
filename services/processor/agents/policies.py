"""The policies in force: a compacted topic, read to its end before anything is folded and followed from then.

The key is the organization, empty for all that have none of their own; without any the house's default is in
force. A record that cannot be understood changes nothing and is logged: refusing it is for who writes it.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

from google.protobuf.message import DecodeError

from services.kernel import log
from services.kernel.errors import Invalid
from services.kernel.kafka import Cluster
from services.pb.mentoring.processor.v1 import policy_pb2
from services.processor import wire
from services.processor.agents.history import Recorded, reader
from services.processor.domain.policy import DEFAULT, Policy

TOPIC: Final = "mentoring.processor.policies.v1"
ALL: Final = ""
"""The key of the policy for every organization without its own."""


class Policies:
    """The policies as of the last record read; `changed` is called after each."""

    def __init__(self) -> None:
        self.changed: Callable[[], None] = lambda: None
        self.messages: dict[str, policy_pb2.Policy] = {}
        self._known: dict[str, Policy] = {}
        self._log = log.get_logger()

    def of(self, organization: str) -> Policy:
        """Return the policy in force for an organization."""
        return self._known.get(organization) or self._known.get(ALL) or DEFAULT

    def note(self, key: bytes | None, value: bytes | None) -> None:
        """Take over one record; without a value the organization has no policy of its own any more."""
        organization = (key or b"").decode(errors="replace")
        try:
            message = None if value is None else policy_pb2.Policy.FromString(value)
            policy = None if message is None else wire.policy(message)
        except (DecodeError, Invalid) as error:
            self._log.error("policy_unreadable", organization=organization, exc_info=error)
            return
        self._known.pop(organization, None)
        self.messages.pop(organization, None)
        if message is not None and policy is not None:
            self._known[organization] = policy
            self.messages[organization] = message
        self.changed()

    @asynccontextmanager
    async def read(self, cluster: Cluster) -> AsyncIterator[Any]:
        """Read all there is; yield the consumer, from which `follow` goes on. KafkaError."""
        async with reader(cluster, TOPIC) as consumer:
            recorded = await Recorded.of(consumer)
            async for records in recorded.batches():
                for record in records:
                    self.note(record.key, record.value)
            yield consumer

    async def follow(self, consumer: Any) -> None:
        """Take over records as they come, until cancelled."""
        async for record in consumer:
            self.note(record.key, record.value)
