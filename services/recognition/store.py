"""Recognition's five kinds of documents in MongoDB."""

from services.kernel.fates import IDS, ORGANIZATION, Kept
from services.kernel.mongo import Kind
from services.kernel.personal import ITSELF
from services.recognition.app.ports import CLAIM_TAKEN
from services.recognition.domain.awards import Award
from services.recognition.domain.badges import Badge
from services.recognition.domain.choices import Choice, Settings
from services.recognition.domain.recognitions import Recognition
from services.recognition.wire import awards, badges, recognitions, settings

RECOGNITIONS = Kind(
    collection="recognitions",
    erasure=IDS,
    concerns=("person", "mentor", "mentee"),
    state=Recognition,
    encode=recognitions.outgoing,
    indexes=(("person",), ("mentee",), ("kind",)),
)
BADGES = Kind(collection="badges", erasure=ORGANIZATION, state=Badge, encode=badges.outgoing)
AWARDS = Kind(
    collection="badge_awards",
    erasure=IDS,
    concerns=("person",),
    withheld=("claims",),
    state=Award,
    encode=awards.outgoing,
    unique=("claims", CLAIM_TAKEN),
    indexes=(("person",), ("badge", "stage"), ("recognition",), ("credential.slot.number", "stage")),
)
CHOICES = Kind(
    collection="recognition_choices",
    erasure=Kept("who opted out stays found by nobody, in what others still see too"),
    concerns=(ITSELF,),
    state=Choice,
    encode=settings.choice_outgoing,
    indexes=(("opted_out",),),
)
SETTINGS = Kind(
    collection="recognition_settings", erasure=ORGANIZATION, state=Settings, encode=settings.settings_outgoing
)
"""Choices have their person's id; of settings there is one document in an organization."""
