"""The whole of recognition on kept state in memory."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from services.kernel.auth import Caller
from services.kernel.clock import FixedClock
from services.kernel.mongo import Cause, Query, Ref
from services.recognition import store
from services.recognition.app.awards import Awards
from services.recognition.app.badges import Badges
from services.recognition.app.choices import Choices
from services.recognition.app.credentials import Credentials
from services.recognition.app.ports import Stores
from services.recognition.app.recognitions import Recognitions
from services.recognition.clients import KeyFile
from services.recognition.domain.awards import Award
from services.recognition.domain.choices import Choice, Issuer, Settings
from services.recognition.domain.recognitions import Reason, Recognition
from tests.fakes import Aggregates
from tests.recognition.factories import NOON, ORG, hr

ISSUER = Issuer("ACME Mentoring", "https://acme.example/mentoring")

Private = ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def pem(key: Private) -> str:
    """Return a private key as operators keep it."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


class World:
    """Recognition of one organization and what HR and people do with it."""

    def __init__(self, key_file: Path | None = None, clock: FixedClock | None = None) -> None:
        self.clock = clock or FixedClock(NOON)
        self.kept = Aggregates(store.RECOGNITIONS, self.clock)
        self.kept_awards = Aggregates(store.AWARDS, self.clock)
        self.stores = Stores(
            recognitions=self.kept,
            badges=Aggregates(store.BADGES, self.clock),
            awards=self.kept_awards,
            choices=Aggregates(store.CHOICES, self.clock),
            settings=Aggregates(store.SETTINGS, self.clock),
        )
        self.choices = Choices(self.stores)
        self.badges = Badges(self.stores, self.choices, self.clock)
        self.awards = Awards(self.stores, self.badges, self.choices, self.clock)
        self.recognitions = Recognitions(self.stores, self.awards, self.choices)
        signer = KeyFile(key_file)
        self.credentials = Credentials(self.stores, self.badges, self.choices, signer, self.clock)
        self._causes = 0

    def cause(self) -> Cause:
        """Return a cause that has had no effect yet."""
        self._causes += 1
        return Cause(f"cause-{self._causes}")

    async def earn(self, key: str, earned: Recognition) -> None:
        """Let the processor's event `key` be heard, which becomes the recognition of the same id."""
        await self.recognitions.earn(Ref(ORG, key), earned, Cause(f"event-{key}"))

    async def revoke(self, person: str, key: str) -> None:
        """Take a recognition back as HR."""
        await self.recognitions.revoke(hr, (person, key), Reason.EVIDENCE_WRONG, "", self.cause())

    async def opt_out(self, caller: Caller, *, out: bool = True) -> None:
        """Let a person choose."""
        await self.choices.choose(caller, caller.subject, Choice(opted_out=out), "", self.cause())

    async def set(self, settings: Settings) -> None:
        """Replace the organization's settings as HR."""
        await self.choices.set(hr, settings, "", self.cause())

    async def held(self, caller: Caller, person: str) -> list[str]:
        """Return the ids of the badges whose awards to `person` the caller sees, in order."""
        page = await self.awards.list(caller, person, Query())
        return [f"{stored.state.badge}:{stored.state.stage}" for _, stored in page.items]

    async def award_of(self, badge: str, person: str) -> tuple[str, Award]:
        """Return a person's award of a badge, with its id."""
        page = await self.awards.list(hr, person, Query())
        return next((key, stored.state) for key, stored in page.items if stored.state.badge == badge)
