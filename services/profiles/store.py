"""People and erasures in MongoDB, one document each.

Lists of people are narrowed by role, state and manager, so each of these has its index: matching asks who
reports to a manager whenever one looks at their team.
"""

from services.kernel.fates import Emptied, Kept
from services.kernel.mongo import Kind
from services.kernel.personal import ITSELF
from services.profiles.domain import Person
from services.profiles.domain.erasure import Erasure
from services.profiles.domain.person import erase
from services.profiles.wire import people, privacy

PEOPLE = Kind(
    collection="people",
    erasure=Emptied(erase),
    state=Person,
    encode=people.outgoing,
    indexes=(("roles",), ("state",), ("manager",)),
    concerns=(ITSELF,),
)
ERASURES = Kind(
    collection="erasures",
    erasure=Kept("the ledger: who was erased, when, why and by whom, by ids; restores are held to it"),
    state=Erasure,
    encode=privacy.outgoing,
    indexes=(("person",),),
)
