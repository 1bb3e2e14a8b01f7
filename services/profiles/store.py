"""People and erasures in MongoDB, one document each."""

from services.kernel.mongo import Kind
from services.kernel.personal import ITSELF
from services.profiles.domain import Person
from services.profiles.domain.erasure import Erasure
from services.profiles.wire import people, privacy

PEOPLE = Kind(
    collection="people",
    state=Person,
    encode=people.outgoing,
    indexes=(("roles",), ("state",)),
    concerns=(ITSELF,),
)
ERASURES = Kind(collection="erasures", state=Erasure, encode=privacy.outgoing, indexes=(("person",),))
