"""Words that must not be missing."""

from services.mentorships.domain.rules import invalid, words


def needed_words(text: str, field: str) -> str:
    """Return `rules.words`, which must say something. Invalid TEXT_BLANK, TEXT_NOT_PLAIN."""
    if said := words(text, field):
        return said
    raise invalid("TEXT_BLANK", field, "must say something")
