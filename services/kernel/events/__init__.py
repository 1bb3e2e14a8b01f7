"""Events heard: read strictly, each effect once, poison set aside, offsets committed after the effect.

codec      record <-> Event              handlers      who hears what
delivery   one record until it is done   dead_letters  what cannot be handled, up to a limit
consumer   the group member              progress      lag, age and whether it is stuck
worker     one partition's batches       commits       how far they are, told beside the work
life       signs of those who take long  spans         what traces say of an event
"""

from services.kernel.events.codec import Attributes, Event, Poison, decode, encode, headers
from services.kernel.events.consumer import Consumer
from services.kernel.events.dead_letters import TooManyDeadLetters
from services.kernel.events.handlers import Handlers
from services.kernel.events.life import sign

__all__ = [
    "Attributes",
    "Consumer",
    "Event",
    "Handlers",
    "Poison",
    "TooManyDeadLetters",
    "decode",
    "encode",
    "headers",
    "sign",
]
