"""What spans say of an event that is worked on, as OpenTelemetry says it: ids and codes, no people."""

from typing import Any

from services.kernel.events.codec import Event
from services.kernel.kafka import Received


def name(record: Received) -> str:
    """Return the name of the span of one record's work."""
    return f"process {record.topic}"


def about(record: Received, event: Event[Any], group: str) -> dict[str, str]:
    """Return its attributes."""
    return {
        "messaging.system": "kafka",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.destination.name": record.topic,
        "messaging.destination.partition.id": str(record.partition),
        "messaging.consumer.group.name": group,
        "cloudevents.event_id": event.id,
        "cloudevents.event_type": event.type,
    }
