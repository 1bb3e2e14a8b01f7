"""What people read who are recognised for something else than a goal: (subject, first sentence) by code."""

from collections.abc import Mapping
from typing import Final

_TIMES: Final = "{{ count }} time{% if count != 1 %}s{% endif %}"
_GOALS: Final = "{{ count }} goal{% if count != 1 %}s{% endif %}"
_MEETINGS: Final = "{% if count == 1 %}your first meeting{% else %}{{ count }} meetings{% endif %}"

PRAISE: Final[Mapping[str, tuple[str, str]]] = {
    "FIRST_GOAL": (
        "You reached the first goal of your mentorship",
        "you reached the first goal of your mentorship with {{ other }}. Congratulations!",
    ),
    "MEETINGS_HELD": (
        f"You and {{{{ other }}}} had {_MEETINGS}",
        f"you and {{{{ other }}}} had {_MEETINGS}. Well done!",
    ),
    "STREAK": (
        "You and {{ other }} had {{ count }} meetings in a row",
        "you and {{ other }} had {{ count }} meetings in a row and missed none. Well done!",
    ),
    "MENTOR_IMPACT": (
        "{{ other }} reaches goals with your help",
        f"{{{{ other }}}}, whom you mentor, reached {_GOALS}. Thank you for your part in it!",
    ),
    "KUDOS_RECEIVED": (
        "Your help is appreciated",
        f"you were thanked {_TIMES} in your mentorship with {{{{ other }}}}. Thank you from us, too!",
    ),
    "MENTORSHIP_COMPLETED": (
        "You completed your mentorship with {{ other }}",
        "you and {{ other }} brought your mentorship to its end. Congratulations!",
    ),
}

ANY_PRAISE: Final = (
    "You earned a recognition",
    "you earned a recognition in your mentorship with {{ other }}. Congratulations!",
)
"""For codes of a newer recognition service."""
