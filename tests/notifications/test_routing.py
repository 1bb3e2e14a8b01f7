"""What becomes of a message whose turn it is."""

from dataclasses import replace
from datetime import UTC, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.domain.hours import Hours, Window
from services.notifications.domain.messages import Category, Reason
from services.notifications.domain.preferences import Levels, Preferences, Switch
from services.notifications.domain.routing import STALE, WEEK, Hold, Send, Sent, Suppress, Turn, counts, route
from services.notifications.domain.rules import RULES, Rule, Urgency, rule_of
from tests.notifications.factories import MENTEE, NOON, RECOGNITION, queued

KUDOS = Category.KUDOS
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CRITICAL, PROMPT, PATIENT = Rule(Urgency.CRITICAL), Rule(Urgency.PROMPT), Rule()
TURN = Turn(queued(MENTEE, KUDOS), NOON, UTC, Levels())
QUIET = Levels(Preferences(hours=Hours(quiet=(11 * 60, 14 * 60))))
MONDAYS = Levels(Preferences(hours=Hours((Window(1, 8 * 60, 9 * 60),))))


def sent(*ages: timedelta, category: Category = Category.NUDGE) -> tuple[Sent, ...]:
    return tuple(Sent(category, NOON - age, rule_of(category).counted) for age in ages)


def test_by_default_a_mail_goes_out_at_once() -> None:
    assert route(TURN, PATIENT, NOON) == Send(Reason.DEFAULT)


def test_nothing_keeps_a_critical_mail_back() -> None:
    """Neither choices nor hours nor budget nor steps."""
    rule = Rule(Urgency.CRITICAL, delay=DAY, digest=DAY, throttle=DAY)
    levels = Levels(replace(QUIET.person, mail=Switch.OFF, muted=(KUDOS,), weekly_mails=0))
    turn = replace(TURN, levels=levels, sent=sent(HOUR, category=KUDOS))
    assert route(turn, rule, NOON) == Send(Reason.CRITICAL)


@pytest.mark.parametrize("rule", [PROMPT, PATIENT])
def test_what_is_not_wanted_is_never_mailed(rule: Rule) -> None:
    turn = replace(TURN, levels=Levels(Preferences(muted=(KUDOS,))))
    assert route(turn, rule, NOON) == Suppress(Reason.CATEGORY_OFF)


@pytest.mark.parametrize("rule", [PROMPT, PATIENT])
def test_quiet_hours_and_closed_windows_hold_until_the_opening(rule: Rule) -> None:
    assert route(replace(TURN, levels=QUIET), rule, NOON) == Hold(Reason.QUIET_HOURS, NOON + 2 * HOUR)
    opening = NOON.replace(hour=8) + WEEK
    assert route(replace(TURN, levels=MONDAYS), rule, NOON) == Hold(Reason.SEND_WINDOW, opening)


def test_a_full_week_holds_until_its_oldest_mail_is_a_week_old() -> None:
    ages = [HOUR, DAY, 2 * DAY, 3 * DAY, 4 * DAY]
    assert route(replace(TURN, sent=sent(*ages[:4])), PATIENT, NOON) == Send(Reason.DEFAULT)
    held = Hold(Reason.BUDGET, NOON + WEEK - 4 * DAY)
    assert route(replace(TURN, sent=sent(*ages)), PATIENT, NOON) == held
    assert route(replace(TURN, sent=sent(*ages, 6 * DAY)), PATIENT, NOON) == held, "the last five count"
    assert route(replace(TURN, sent=sent(*ages[:4], 8 * DAY)), PATIENT, NOON) == Send(Reason.DEFAULT)


def test_reminders_of_meetings_leave_the_budget_to_the_rest() -> None:
    reminded = sent(*[HOUR] * 20, category=Category.MEETING_REMINDER)
    assert route(replace(TURN, sent=reminded), PATIENT, NOON) == Send(Reason.DEFAULT)


def test_what_somebody_waits_for_is_not_held_by_the_budget() -> None:
    assert route(replace(TURN, sent=sent(*[HOUR] * 20)), PROMPT, NOON) == Send(Reason.DEFAULT)


def test_what_waited_four_weeks_for_the_budget_and_what_it_never_allows_stay_in_the_inbox() -> None:
    full = replace(TURN, since=NOON - STALE, sent=sent(*[HOUR] * 5))
    assert route(full, PATIENT, NOON) == Suppress(Reason.BUDGET)
    none = replace(TURN, levels=Levels(Preferences(weekly_mails=0)))
    assert route(none, PATIENT, NOON) == Suppress(Reason.BUDGET)


def test_a_delay_and_then_a_digest_hold_from_when_the_message_came() -> None:
    rule = Rule(delay=HOUR, digest=HOUR)
    assert route(TURN, rule, NOON) == Hold(Reason.DELAY, NOON + HOUR)
    assert route(TURN, rule, NOON + HOUR) == Hold(Reason.DIGEST, NOON + 2 * HOUR)
    assert route(TURN, rule, NOON + 2 * HOUR) == Send(Reason.DEFAULT)


def test_a_throttle_lets_one_mail_of_its_category_through() -> None:
    rule = Rule(Urgency.PROMPT, throttle=DAY)
    assert route(replace(TURN, sent=sent(HOUR, category=KUDOS)), rule, NOON) == Suppress(Reason.THROTTLED)
    assert route(replace(TURN, sent=sent(DAY, category=KUDOS)), rule, NOON) == Send(Reason.DEFAULT)
    assert route(replace(TURN, sent=sent(HOUR)), rule, NOON) == Send(Reason.DEFAULT), "another category"


_AGES = st.lists(st.timedeltas(timedelta(0), 2 * WEEK), max_size=12)


@given(_AGES, st.integers(0, 6), st.sampled_from([QUIET, MONDAYS, Levels()]))
def test_what_is_held_is_held_for_a_later_moment_and_never_for_ever(
    ages: list[timedelta], budget: int, levels: Levels
) -> None:
    """Following the holds, with no mail in between, ends in a mail or in the inbox."""
    chosen = Levels(replace(levels.person, weekly_mails=budget))
    turn, now = replace(TURN, levels=chosen, sent=sent(*ages)), NOON
    for _ in range(20):
        found = route(turn, PATIENT, now)
        if not isinstance(found, Hold):
            break
        assert found.until > now
        now = found.until
    assert isinstance(found, Send | Suppress)


def test_only_rules_that_look_at_past_mails_need_them() -> None:
    assert [counts(rule) for rule in (CRITICAL, PROMPT, PATIENT, Rule(Urgency.PROMPT, throttle=DAY))] == [
        False,
        False,
        True,
        True,
    ]


def test_a_goal_is_celebrated_once_but_its_kinds_of_recognition_apart() -> None:
    rule = rule_of(Category.RECOGNITION)
    assert rule.key(RECOGNITION) == ("goal-1", "")
    assert rule.key(replace(RECOGNITION, code="BADGE")) != rule.key(RECOGNITION)
    assert rule.key(replace(RECOGNITION, goal="")) == (), "what is of no goal is always told"


def test_what_ends_something_is_critical_and_steps_never_delay_it() -> None:
    critical = {category for category, rule in RULES.items() if rule.urgency is Urgency.CRITICAL}
    assert critical == {
        Category.ENDING_WARNING,
        Category.MATCH_ENDED,
        Category.WEBHOOK_DISABLED,
        Category.CHAT_DISABLED,
    }
