"""The words of every message, by category: (subject, text). Plain text for a Jinja sandbox.

They see `name` and `other` (people), `is_mentee`, `code`, `misses` and `mentorship`, nothing else.
"""

from collections.abc import Mapping
from typing import Final

from services.notifications.domain.messages import Category

FOOTER: Final = "\n-- \nThis message was written by your organization's mentoring platform.\n"

TEMPLATES: Final[Mapping[Category, tuple[str, str]]] = {
    Category.REBOOK_REMINDER: (
        "Please book your next mentoring meeting with {{ other }}",
        """\
Hello {{ name }},

your mentoring meeting with {{ other }} did not take place.
{%- if misses > 1 %} That makes {{ misses }} missed meetings in a row.{% endif %}

Please agree on another time and book it soon: pairs that keep meeting get the most out of it.
""",
    ),
    Category.LEAD_ALERT: (
        "A mentoring pair has missed {{ misses }} meetings in a row",
        """\
Hello {{ name }},

a pair of your program has missed {{ misses }} meetings in a row:

    mentorship {{ mentorship }}

Both were asked to book another meeting. A word from you may help them to begin again.
""",
    ),
    Category.RECOGNITION: (
        "{% if is_mentee %}You{% else %}{{ other }}{% endif %} reached a mentoring goal",
        """\
Hello {{ name }},

{% if is_mentee -%}
you reached a goal of your mentorship with {{ other }}. Congratulations!
{%- else -%}
{{ other }}, whom you mentor, reached a goal. Congratulations to you both!
{%- endif %}

The recognition is kept in your organization's mentoring records.
""",
    ),
    Category.MATCH_REQUESTED: (
        "{{ other }} asks you for a mentoring match",
        """\
Hello {{ name }},

{{ other }} would like to be matched with you.
{%- if code == "WAITLISTED" %} There is no free place now: it waits in line, and you may answer it.{% endif %}

Please read the request in the mentoring portal and say yes or no, or ask for more.
""",
    ),
    Category.MATCH_REQUEST_REMINDER: (
        "{{ other }} waits for your answer",
        """\
Hello {{ name }},

{{ other }} asked to be matched with you and waits for your answer.

Please say yes or no in the mentoring portal. A no is fine: it lets {{ other }} ask somebody else.
""",
    ),
    Category.MATCH_REQUEST_QUESTION: (
        "{{ other }} wants to know more about your request",
        """\
Hello {{ name }},

{{ other }} has a question before answering your request.

Please read and answer it in the mentoring portal.
""",
    ),
    Category.MATCH_REQUEST_ANSWER: (
        "{{ other }} answered your question",
        """\
Hello {{ name }},

{{ other }} answered your question about the request for a mentoring match.

Please read the answer in the mentoring portal and say yes or no.
""",
    ),
    Category.MATCH_REQUEST_MATCHED: (
        "You and {{ other }} are matched",
        """\
Hello {{ name }},

you and {{ other }} are a mentoring pair now.

Next, agree on how you want to work together in the mentoring portal, and book a first meeting.
""",
    ),
    Category.MATCH_REQUEST_DECLINED: (
        "Your request to {{ other }} was declined",
        """\
Hello {{ name }},

{{ other }} cannot take your request for a mentoring match up at this time.

The mentoring portal shows others who fit you well.
""",
    ),
    Category.MATCH_REQUEST_EXPIRED: (
        "Your request to {{ other }} has expired",
        """\
Hello {{ name }},

{{ other }} did not answer your request for a mentoring match in time.

The mentoring portal shows others who fit you well.
""",
    ),
    Category.MATCH_REQUEST_CLOSED: (
        "Your request to {{ other }} is closed",
        """\
Hello {{ name }},

your request to {{ other }} for a mentoring match is closed
{%- if code == "PROGRAM_CLOSED" %}, because the program is over
{%- elif code == "MATCHED_ELSEWHERE" %}, because one of you has been matched already{% endif %}.

You need not do anything.
""",
    ),
    Category.MATCH_REQUEST_PROMOTED: (
        "The request of {{ other }} can be answered now",
        """\
Hello {{ name }},

the request of {{ other }} for a mentoring match waited in line. There is a free place now.

Please read the request in the mentoring portal and say yes or no, or ask for more.
""",
    ),
    Category.MATCH_ENDED: (
        "Your mentoring with {{ other }} has ended",
        """\
Hello {{ name }},

your mentoring with {{ other }} has ended. Thank you for the time you gave it.

If you want to go on with somebody else, the mentoring portal shows who fits you well.
""",
    ),
    Category.AGREEMENT_PROPOSED: (
        "{{ other }} proposed how you could work together",
        """\
Hello {{ name }},

{{ other }} proposed an agreement: how often to meet, how to stay in touch, what it is about.

Please read it in the mentoring portal and sign it, or propose what suits you better.
""",
    ),
    Category.MEETING_REMINDER: (
        "Your mentoring meeting with {{ other }} is near",
        """\
Hello {{ name }},

you meet {{ other }} soon: the mentoring portal shows when and where, on your own clock.

If you cannot come, or will be late, please say so there.
""",
    ),
    Category.MEETING_MOVED: (
        "{{ other }} moved your mentoring meeting",
        """\
Hello {{ name }},

{{ other }} moved your meeting to another time, which the mentoring portal shows on your own clock.

If it does not suit you, please choose another one there.
""",
    ),
    Category.MEETING_CANCELLED: (
        "{{ other }} called your mentoring meeting off",
        """\
Hello {{ name }},

{{ other }} cannot come and called your meeting off.

Please find another time in the mentoring portal: it shows when both of you are free.
""",
    ),
    Category.MEETING_CLAIMED: (
        "{{ other }} says that you met",
        """\
Hello {{ name }},

{{ other }} says that a meeting of you two took place.

Please confirm it in the mentoring portal, or say that it did not.
""",
    ),
    Category.MENTORSHIP_PAUSED: (
        "Your mentoring with {{ other }} is paused",
        """\
Hello {{ name }},

your mentoring with {{ other }} rests for now. Nobody is reminded of anything until it goes on.

The mentoring portal shows until when, and lets both of you go on earlier.
""",
    ),
    Category.MENTORSHIP_RESUMED: (
        "Your mentoring with {{ other }} goes on",
        """\
Hello {{ name }},

your mentoring with {{ other }} goes on.

Please book your next meeting in the mentoring portal.
""",
    ),
    Category.EXTENSION_PROPOSED: (
        "{{ other }} would like more time with you",
        """\
Hello {{ name }},

{{ other }} would like to go on beyond the agreed end of your mentoring.

Please say yes in the mentoring portal if you would like that too. Without your yes, the end stays as agreed.
""",
    ),
    Category.CLOSING_PROPOSED: (
        "{{ other }} suggests to close your mentoring",
        """\
Hello {{ name }},

{{ other }} says that your mentoring has reached its end.

If you see it the same way, please confirm it in the mentoring portal. If not, talk about what is still open.
""",
    ),
    Category.END_NEAR: (
        "The agreed end of your mentoring with {{ other }} is near",
        """\
Hello {{ name }},

your mentoring with {{ other }} will soon reach its agreed end.

Please talk about what comes next: close it together, or ask for more time in the mentoring portal.
""",
    ),
    Category.MENTORSHIP_COMPLETED: (
        "Thank you for your mentoring with {{ other }}",
        """\
Hello {{ name }},

you and {{ other }} brought your mentoring to its end. Congratulations, and thank you for your time!

Please take a minute to look back on it in the mentoring portal: it helps those who come after you.
""",
    ),
    Category.CHECK_IN: (
        "How is your mentoring going?",
        """\
Hello {{ name }},

please take a minute to look at how your mentoring goes: the relationship, your goals, your confidence,
and what should change.

The check-in waits for you in the mentoring portal. The other one of your pair does not see your answers.
""",
    ),
    Category.FIT_QUESTION: (
        "How was your first mentoring meeting?",
        """\
Hello {{ name }},

you have met for the first time. Do the two of you fit?

Please answer in the mentoring portal. The other one of your pair does not see your answer.
""",
    ),
    Category.FEEDBACK: (
        "{{ other }} has feedback for you",
        """\
Hello {{ name }},

{{ other }} wrote you some feedback.

Please read it in the mentoring portal.
""",
    ),
    Category.KUDOS: (
        "{{ other }} says thank you",
        """\
Hello {{ name }},

{{ other }} thanked you in the mentoring portal.

The words wait for you there.
""",
    ),
    Category.INTRODUCTION_PROPOSED: (
        "An introduction waits for your consent",
        """\
Hello {{ name }},

a mentor would like to introduce {% if is_mentee %}you to somebody{% else %}a mentee to you{% endif %}.

Please say yes or no in the mentoring portal. A no is fine, and nobody learns whose it was.
""",
    ),
    Category.INTRODUCTION_MADE: (
        "You are introduced",
        """\
Hello {{ name }},

everybody agreed to an introduction in which you take part.

The mentoring portal shows who is who. A short hello is a good beginning.
""",
    ),
    Category.NUDGE: (
        "Time {{ 'for a first' if code == 'NO_FIRST_MEETING' else 'for another' }} meeting with {{ other }}",
        """\
Hello {{ name }},

{% if code == "NO_FIRST_MEETING" -%}
you and {{ other }} have not met yet.
{%- else -%}
you and {{ other }} have not met for longer than you agreed.
{%- endif %}

Please book a meeting in the mentoring portal, or pause your mentoring there if it does not suit you now.
""",
    ),
    Category.ENDING_WARNING: (
        "Your mentoring with {{ other }} will be ended soon",
        """\
Hello {{ name }},

you and {{ other }} have neither met nor booked a meeting for long, so your mentoring will be ended soon.

If you want to go on, book a meeting in the mentoring portal: that is all it takes. You can also pause it.
""",
    ),
    Category.LEAD_ESCALATION: (
        "A mentoring pair of your program has been silent for long",
        """\
Hello {{ name }},

a pair of your program has neither met nor booked a meeting for long:

    mentorship {{ mentorship }}

Both were reminded. A word from you may help them to begin again.
""",
    ),
    Category.ENROLMENT_REQUESTED: (
        "{{ other }} would like to join your mentoring program",
        """\
Hello {{ name }},

{{ other }} would like to take part in a mentoring program that you lead.

Please approve or decline it in the mentoring portal.
""",
    ),
    Category.WEBHOOK_DISABLED: (
        "A webhook you made was switched off",
        """\
Hello {{ name }},

the webhook {{ webhook }} was switched off
{%- if code == "GONE" %}: it answered that it is gone for good
{%- else %}: all ten attempts to reach it failed, over three days{% endif %}.

Please repair the endpoint, switch it on again and send again what it missed, or remove it.
""",
    ),
}
