"""Lives of pairs as the services would tell them, for as many pairs as wanted."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message

from services.kernel.events import Event, encode
from services.kernel.ids import derived_id
from services.kernel.kafka import Record
from services.pb.mentoring.mentorships.v1 import events_pb2 as mentorships
from services.pb.mentoring.scheduling.v1 import events_pb2 as scheduling

BEGIN = datetime(2100, 1, 4, 9, tzinfo=UTC)
"""Ahead of every clock: no timer goes off beside what is measured."""
ORGANIZATION = "organizations/bench"
MEETINGS = 6
"""Meetings that one after another are booked and held, every fifth missed."""


@dataclass(frozen=True, slots=True)
class Lives:
    """Pairs of one measurement; `name` tells them from those of others."""

    name: str
    pairs: int = 1_000

    def events(self, count: int) -> list[Event[Any]]:
        """Return the first `count` events: each step of a life is told of all pairs before the next step."""
        return list(islice(self._told(), count))

    def records(self, count: int) -> list[Record]:
        """Return the records of those."""
        return [encode(event) for event in self.events(count)]

    def key(self, number: int) -> str:
        """Return the id of a pair, as long as the real ones."""
        return derived_id(self.name, str(number))

    def missed(self, number: int, meeting: int) -> Event[Any]:
        """Return an event that leads to a decision at once."""
        name = f"{ORGANIZATION}/mentorships/{self.key(number)}"
        message = scheduling.MeetingMissed(
            mentorship=name,
            meeting=f"{name}/meetings/x{meeting}",
            **_people(number),
            absent=[_person(number, "e")],
        )
        return self._event(number, message, f"{name}/meetings/x{meeting}", 3, 500 + meeting)

    def _told(self) -> Iterator[Event[Any]]:
        step = 0
        while True:
            for number in range(self.pairs):
                yield self._step(number, step)
            step += 1

    def _step(self, number: int, step: int) -> Event[Any]:
        name = f"{ORGANIZATION}/mentorships/{self.key(number)}"
        about: dict[str, Any] = {"mentorship": name}
        people = _people(number)
        if step == 0:
            activated = mentorships.MentorshipActivated(
                **about, **people, cadence=Duration(seconds=14 * 86_400)
            )
            return self._event(number, activated, name, 2, step)
        meeting, turn = divmod(step - 1, 3)
        subject = f"{name}/meetings/{derived_id(self.key(number), str(meeting))}"
        if turn == 0:
            booked = scheduling.MeetingBooked(
                **about, meeting=subject, mentor=people["mentor"], mentee=people["mentee"]
            )
            booked.start_time.FromDatetime(BEGIN + timedelta(hours=step + 1))
            return self._event(number, booked, subject, 1, step)
        if turn == 1:
            outcome = scheduling.MeetingMissed if meeting % 5 == 4 else scheduling.MeetingHeld
            both = (
                people
                if outcome is scheduling.MeetingMissed
                else {key: people[key] for key in ("mentor", "mentee")}
            )
            return self._event(number, outcome(**about, meeting=subject, **both), subject, 4, step)
        goal = f"{name}/goals/{derived_id(self.key(number), 'goal', str(meeting))}"
        reached = mentorships.GoalCompleted(
            **about, goal=goal, mentor=people["mentor"], mentee=people["mentee"]
        )
        return self._event(number, reached, goal, 2, step)

    def _event(self, number: int, message: Message, subject: str, sequence: int, step: int) -> Event[Any]:
        key = self.key(number)
        return Event(
            id=derived_id(key, subject, str(sequence)),
            type=message.DESCRIPTOR.full_name,
            subject=subject,
            sequence=sequence,
            tenant=ORGANIZATION.partition("/")[2],
            time=BEGIN + timedelta(hours=step),
            key=key,
            message=message,
        )


def _people(number: int) -> dict[str, Any]:
    return {
        "mentor": _person(number, "m"),
        "mentee": _person(number, "e"),
        "lead": f"{ORGANIZATION}/people/lead",
    }


def _person(number: int, side: str) -> str:
    return f"{ORGANIZATION}/people/{side}{number:07}"
