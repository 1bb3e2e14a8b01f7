"""Words that people write to each other: plain text of any number of lines."""

import unicodedata

from services.mentorships.domain.rules import invalid

_LAYOUT = {"\n", "\t"}


def words(text: str, field: str) -> str:
    """Return `text` without outer white space, possibly empty. Invalid TEXT_NOT_PLAIN."""
    trimmed = text.replace("\r\n", "\n").strip()
    if any(unicodedata.category(one) == "Cc" and one not in _LAYOUT for one in trimmed):
        raise invalid("TEXT_NOT_PLAIN", field, "must not contain control characters")
    return trimmed


def needed_words(text: str, field: str) -> str:
    """Return `words`, which must say something. Invalid TEXT_BLANK, TEXT_NOT_PLAIN."""
    if said := words(text, field):
        return said
    raise invalid("TEXT_BLANK", field, "must say something")
