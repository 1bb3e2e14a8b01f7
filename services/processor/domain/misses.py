"""What a missed meeting leads to at once."""

from services.processor.domain.decisions import Decision, LeadAlertDue, RebookReminderDue
from services.processor.domain.facts import Heard, MeetingMissed
from services.processor.domain.policy import Policy
from services.processor.domain.state import Pair


def decide(pair: Pair, heard: Heard, policy: Policy) -> list[Decision]:
    """Ask both to book again; let the lead know of every second miss in a row (the policy says which)."""
    if not isinstance(heard.fact, MeetingMissed):
        return []
    missed = (heard.names, heard.time, heard.event, heard.fact.meeting, pair.misses)
    decisions: list[Decision] = [RebookReminderDue(*missed)]
    if heard.names.lead and pair.misses % policy.ladder.lead_alert_misses == 0:
        decisions.append(LeadAlertDue(*missed))
    return decisions
