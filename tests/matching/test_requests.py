"""What a request may become, by whom and when; nothing leaves its end, and timers tell each thing once."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.kernel.errors import Denied, Invalid, NotFound, Refusal, Refused
from services.matching.domain import asking
from services.matching.domain.asking import Wish, words
from services.matching.domain.policy import Pair
from services.matching.domain.programs import USUAL_REQUESTS, RequestRules
from services.matching.domain.requests import ANSWERABLE, OPEN, Event, MatchRequest, Reason, Stage
from tests.matching.factories import MENTEE, MENTOR, NOW, PROGRAM_ID, STRANGER

PAIR = Pair(MENTOR, MENTEE)
WISH = Wish(PROGRAM_ID, PAIR, MENTEE, "Would you?")
REQUEST = asking.ask(WISH, USUAL_REQUESTS, [], NOW, waits=False)[0]
WAITING = asking.ask(WISH, USUAL_REQUESTS, [], NOW, waits=True)[0]
ACCEPTED = REQUEST.accept(MENTOR, NOW)[0]
ASKED = REQUEST.ask_more(MENTOR, "What for?", NOW)[0]
Decision = tuple[MatchRequest, Sequence[Event]]


def later(**time: float) -> datetime:
    return NOW + timedelta(**time)


def test_a_request_waits_for_the_one_who_was_asked() -> None:
    request, events = asking.ask(WISH, USUAL_REQUESTS, [], NOW, waits=False)
    assert (request.stage, request.requester, request.recipient) == (Stage.PENDING, MENTEE, MENTOR)
    assert events == [Event.REQUESTED]
    turned = asking.ask(replace(WISH, requester=MENTOR), USUAL_REQUESTS, [], NOW, waits=False)[0]
    assert (turned.people, turned.recipient) == (request.people, MENTEE)


def test_without_a_seat_it_waits_in_line_and_nobody_is_late() -> None:
    assert (WAITING.stage, WAITING.due_at, WAITING.expires) == (Stage.WAITLISTED, None, None)
    assert WAITING.fire(later(days=99)) == (WAITING, [])


def test_reminders_come_at_the_programs_hours_and_then_it_expires() -> None:
    request, told = REQUEST, []
    while request.due_at is not None:
        at = request.due_at
        request, events = request.fire(at)
        told.append(((at - NOW).total_seconds() / 3600, *events))
    assert told == [(72, Event.REMINDED), (168, Event.REMINDED), (336, Event.EXPIRED)]
    assert (request.stage, request.reminders, request.claims) == (Stage.EXPIRED, 2, ())


def test_before_its_time_a_timer_does_nothing() -> None:
    assert REQUEST.fire(later(hours=71)) == (REQUEST, [])


def test_a_late_timer_reminds_once_for_all_and_expiry_wins() -> None:
    reminded, events = REQUEST.fire(later(hours=200))
    assert (reminded.reminders, reminded.due_at, events) == (1, later(hours=336), [Event.REMINDED])
    expired, events = REQUEST.fire(later(days=99))
    assert (expired.stage, expired.reminders, events) == (Stage.EXPIRED, 0, [Event.EXPIRED])


def test_a_reminder_at_the_expiry_or_behind_it_is_none() -> None:
    request = asking.ask(WISH, RequestRules((48, 72), 48, 1), [], NOW, waits=False)[0]
    assert request.due_at == later(hours=48)
    assert request.fire(later(hours=48))[1] == [Event.EXPIRED]


def test_a_question_stops_the_reminders_but_not_the_expiry() -> None:
    assert (ASKED.stage, ASKED.question) == (Stage.MORE_ASKED, "What for?")
    assert ASKED.due_at == REQUEST.expires
    assert ASKED.fire(later(hours=72)) == (ASKED, [])
    assert ASKED.fire(later(hours=336))[1] == [Event.EXPIRED]


def test_the_answer_starts_the_time_anew() -> None:
    told, events = ASKED.tell_more(MENTEE, "Python.", later(hours=300))
    assert (told.stage, told.answer, events) == (Stage.PENDING, "Python.", [Event.ANSWERED])
    assert (told.due_at, told.expires) == (later(hours=372), later(hours=636))
    assert told.ask_more(MENTOR, "And?", later(hours=301))[0].answer == ""


def test_one_moved_up_from_the_line_starts_its_time_anew() -> None:
    moved, events = WAITING.promote(later(days=30))
    assert (moved.stage, moved.in_flight, events) == (Stage.PENDING, True, [Event.PROMOTED])
    assert moved.due_at == later(days=30, hours=72)
    assert not REQUEST.in_flight


def test_a_yes_makes_the_match_and_is_said_once() -> None:
    assert (ACCEPTED.stage, ACCEPTED.due_at, ACCEPTED.in_flight) == (Stage.ACCEPTED, None, True)
    assert ACCEPTED.accept(MENTOR, later(days=99)) == (ACCEPTED, [])
    matched, events = ACCEPTED.matched("match-1")
    assert (matched.stage, matched.match, matched.claims) == (Stage.MATCHED, "match-1", ())
    assert events == [Event.MATCHED]
    assert matched.accept(MENTOR, NOW) == (matched, [])


def test_a_yes_without_a_seat_waits_and_becomes_a_match_by_itself() -> None:
    waits, events = ACCEPTED.waitlist()
    assert (waits.stage, waits.agreed, events) == (Stage.WAITLISTED, True, [Event.WAITLISTED])
    assert waits.accept(MENTOR, NOW) == (waits, [])
    moved, events = waits.promote(later(days=1))
    assert (moved.stage, events) == (Stage.ACCEPTED, [Event.ACCEPTED])


def test_one_in_line_can_be_answered_and_taken_back() -> None:
    assert WAITING.accept(MENTOR, NOW)[0].stage is Stage.ACCEPTED
    assert WAITING.decline(MENTOR, NOW)[0].stage is Stage.DECLINED
    assert WAITING.withdraw(MENTEE, NOW)[0].stage is Stage.WITHDRAWN
    too_early: list[Callable[[], Decision]] = [
        lambda: WAITING.remind(MENTEE, NOW),
        lambda: WAITING.ask_more(MENTOR, "Why?", NOW),
    ]
    for refused in too_early:
        with pytest.raises(Refused, match="REQUEST_NOT_PENDING"):
            refused()


@pytest.mark.parametrize(
    "act",
    [
        lambda one: one.decline(MENTOR, NOW),
        lambda one: one.ask_more(MENTOR, "Why?", NOW),
        lambda one: one.withdraw(MENTEE, NOW),
        lambda one: one.remind(MENTEE, NOW),
        lambda one: one.tell_more(MENTEE, "So.", NOW),
    ],
)
def test_while_the_match_is_made_nobody_interferes(act: Callable[[MatchRequest], Decision]) -> None:
    with pytest.raises(Refused, match="REQUEST_ACCEPTED"):
        act(ACCEPTED)
    assert ACCEPTED.close(Reason.PAUSED) == (ACCEPTED, [])


def test_an_answer_at_the_expiry_is_too_late_even_before_the_timer() -> None:
    acts: list[Callable[[datetime], Decision]] = [
        lambda now: REQUEST.accept(MENTOR, now),
        lambda now: REQUEST.decline(MENTOR, now),
        lambda now: ASKED.tell_more(MENTEE, "So.", now),
        lambda now: REQUEST.withdraw(MENTEE, now),
    ]
    for act in acts:
        act(later(hours=335))
        with pytest.raises(Refused, match="REQUEST_OVER"):
            act(later(hours=336))


def test_no_and_taking_back_are_said_once() -> None:
    declined, events = REQUEST.decline(MENTOR, NOW)
    assert events == [Event.DECLINED]
    assert declined.decline(MENTOR, later(days=99)) == (declined, [])
    withdrawn, events = REQUEST.withdraw(MENTEE, NOW)
    assert events == [Event.WITHDRAWN]
    assert withdrawn.withdraw(MENTEE, later(days=99)) == (withdrawn, [])


def test_an_answer_needs_a_question() -> None:
    with pytest.raises(Refused, match="NOTHING_ASKED"):
        REQUEST.tell_more(MENTEE, "So.", NOW)
    with pytest.raises(Refused, match="REQUEST_NOT_PENDING"):
        ASKED.ask_more(MENTOR, "And?", NOW)


def test_the_requester_may_remind_once_a_day_counted_from_any_reminder() -> None:
    reminded, events = REQUEST.remind(MENTEE, later(hours=1))
    assert (reminded.reminders, events) == (1, [Event.REMINDED])
    assert reminded.due_at == REQUEST.due_at
    with pytest.raises(Refused, match="REMINDED_RECENTLY"):
        reminded.remind(MENTEE, later(hours=24))
    assert reminded.remind(MENTEE, later(hours=25))[0].reminders == 2
    by_clock = REQUEST.fire(later(hours=72))[0]
    with pytest.raises(Refused, match="REMINDED_RECENTLY"):
        by_clock.remind(MENTEE, later(hours=73))


def test_each_of_the_two_does_only_what_is_theirs() -> None:
    answers: list[Callable[[], Decision]] = [
        lambda: REQUEST.accept(MENTEE, NOW),
        lambda: REQUEST.decline(MENTEE, NOW),
        lambda: REQUEST.ask_more(MENTEE, "Why?", NOW),
    ]
    for act in answers:
        with pytest.raises(Denied, match="NOT_THE_RECIPIENT"):
            act()
    wishes: list[Callable[[], Decision]] = [
        lambda: REQUEST.withdraw(MENTOR, NOW),
        lambda: REQUEST.remind(MENTOR, NOW),
        lambda: ASKED.tell_more(MENTOR, "So.", NOW),
    ]
    for act in wishes:
        with pytest.raises(Denied, match="NOT_THE_REQUESTER"):
            act()


def test_outsiders_find_nothing_and_overseers_no_words() -> None:
    told = ASKED.tell_more(MENTEE, "Python.", NOW)[0]
    for person in (MENTOR, MENTEE):
        assert told.read_by(person, oversees=False) == told
    seen = told.read_by(STRANGER, oversees=True)
    assert (seen.message, seen.question, seen.answer) == ("", "", "")
    assert seen == replace(told, message="", question="", answer="")
    with pytest.raises(NotFound, match="NOT_FOUND"):
        told.read_by(STRANGER, oversees=False)
    for act in (told.accept, told.decline, told.withdraw, told.remind):
        with pytest.raises(NotFound):
            act(STRANGER, NOW)


@pytest.mark.parametrize("reason", Reason)
def test_what_becomes_pointless_is_closed_with_its_reason(reason: Reason) -> None:
    closed, events = ASKED.close(reason)
    assert (closed.stage, closed.close_reason, closed.claims) == (Stage.CLOSED, reason, ())
    assert events == [Event.CLOSED]
    voided, events = ACCEPTED.void(reason)
    assert (voided.stage, voided.close_reason, events) == (Stage.CLOSED, reason, [Event.CLOSED])
    assert REQUEST.void(reason) == (REQUEST, [])


def test_a_pair_has_one_open_request_whoever_asks() -> None:
    for requester in (MENTOR, MENTEE):
        with pytest.raises(Refused, match="REQUEST_OPEN"):
            asking.ask(replace(WISH, requester=requester), USUAL_REQUESTS, [REQUEST], NOW, waits=False)


def test_the_limit_counts_the_requesters_own_and_a_closed_place_is_free_again() -> None:
    def another(place: int, known: list[MatchRequest]) -> MatchRequest:
        wish = replace(WISH, pair=Pair(f"mentor-{place}", MENTEE))
        return asking.ask(wish, USUAL_REQUESTS, known, NOW, waits=bool(place % 2))[0]

    known: list[MatchRequest] = []
    for place in range(3):
        known.append(another(place, known))
    assert len({claim for one in known for claim in one.claims}) == 6
    with pytest.raises(Refused, match="TOO_MANY_OPEN"):
        another(3, known)
    assert set(another(3, [known[0], known[2]]).claims) >= {known[1].claims[1]}
    by_mentor = replace(WISH, requester=MENTOR)
    asking.ask(by_mentor, USUAL_REQUESTS, known, NOW, waits=False)


@pytest.mark.parametrize(
    ("text", "kept"), [("  Hello\r\n\tyou  ", "Hello\n\tyou"), ("", ""), ("Grüße 👋", "Grüße 👋")]
)
def test_words_are_kept_as_they_are_but_for_their_edges(text: str, kept: str) -> None:
    assert words(text, "message") == kept


@pytest.mark.parametrize(
    ("text", "needed", "reason"),
    [
        (" \n ", True, "TEXT_BLANK"),
        ("a\x00b", False, "TEXT_NOT_PLAIN"),
        ("a\x1b[31mb", False, "TEXT_NOT_PLAIN"),
    ],
)
def test_words_that_say_nothing_or_steer_a_terminal_are_refused(
    text: str, reason: str, *, needed: bool
) -> None:
    with pytest.raises(Invalid, match=reason) as refusal:
        words(text, "question", needed=needed)
    assert refusal.value.fields[0][0] == "question"


@given(st.text(max_size=50))
def test_words_come_out_of_themselves_unchanged(text: str) -> None:
    try:
        once = words(text, "message")
    except Invalid:
        return
    assert words(once, "message") == once


_ENDS = {Stage.MATCHED, Stage.DECLINED, Stage.WITHDRAWN, Stage.EXPIRED, Stage.CLOSED}
_RESULT = {
    Event.MORE_ASKED: Stage.MORE_ASKED,
    Event.ANSWERED: Stage.PENDING,
    Event.ACCEPTED: Stage.ACCEPTED,
    Event.WAITLISTED: Stage.WAITLISTED,
    Event.PROMOTED: Stage.PENDING,
    Event.MATCHED: Stage.MATCHED,
    Event.DECLINED: Stage.DECLINED,
    Event.WITHDRAWN: Stage.WITHDRAWN,
    Event.EXPIRED: Stage.EXPIRED,
    Event.CLOSED: Stage.CLOSED,
}


class Life(RuleBasedStateMachine):
    """Anybody does anything at any time: each change tells exactly one event, and an end stays an end."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.request, events = asking.ask(WISH, USUAL_REQUESTS, [], NOW, waits=False)
        self.told = list(events)

    def do(self, act: Callable[[], Decision]) -> None:
        before = self.request
        try:
            after, events = act()
        except Refusal:
            return
        assert len(events) <= 1
        assert (after == before) is (not events)
        assert before.stage not in _ENDS or not events
        if events and events[0] in _RESULT:
            assert after.stage is _RESULT[events[0]]
        self.request = after
        self.told += events

    @rule(hours=st.integers(0, 400))
    def wait(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule(person=st.sampled_from([MENTOR, MENTEE, STRANGER]))
    def accept(self, person: str) -> None:
        self.do(lambda: self.request.accept(person, self.now))

    @rule(person=st.sampled_from([MENTOR, MENTEE]))
    def decline(self, person: str) -> None:
        self.do(lambda: self.request.decline(person, self.now))

    @rule(person=st.sampled_from([MENTOR, MENTEE]))
    def withdraw(self, person: str) -> None:
        self.do(lambda: self.request.withdraw(person, self.now))

    @rule(person=st.sampled_from([MENTOR, MENTEE]))
    def talk(self, person: str) -> None:
        self.do(lambda: self.request.ask_more(person, "?", self.now))
        self.do(lambda: self.request.tell_more(MENTEE, "!", self.now))

    @rule()
    def remind(self) -> None:
        self.do(lambda: self.request.remind(MENTEE, self.now))

    @rule()
    def fire(self) -> None:
        self.do(lambda: self.request.fire(self.now))
        assert self.request.due_at is None or self.request.due_at > self.now

    @rule(reason=st.sampled_from(Reason))
    def close(self, reason: Reason) -> None:
        self.do(lambda: self.request.close(reason))

    @precondition(lambda self: self.request.stage is Stage.ACCEPTED)
    @rule(seat=st.sampled_from(["yes", "no", "void"]))
    def made(self, seat: str) -> None:
        outcomes = {
            "yes": lambda: self.request.matched("match-1"),
            "no": self.request.waitlist,
            "void": lambda: self.request.void(Reason.PAUSED),
        }
        self.do(outcomes[seat])

    @rule()
    def promote(self) -> None:
        self.do(lambda: self.request.promote(self.now))

    @invariant()
    def claims_are_held_exactly_while_open(self) -> None:
        assert bool(self.request.claims) is (self.request.stage in OPEN)

    @invariant()
    def timers_run_exactly_while_a_person_is_waited_for(self) -> None:
        waits = self.request.stage in ANSWERABLE and self.request.stage is not Stage.WAITLISTED
        assert (self.request.due_at is not None) is waits

    @invariant()
    def reminders_are_counted(self) -> None:
        assert self.request.reminders == self.told.count(Event.REMINDED)


TestLife = Life.TestCase
