"""People in MongoDB: one document each, in the collection `people`."""

from services.kernel.mongo import Kind
from services.profiles import wire
from services.profiles.domain import Person

PEOPLE = Kind(
    collection="people",
    state=Person,
    encode=wire.outgoing,
    indexes=(("roles",), ("state",)),
)
