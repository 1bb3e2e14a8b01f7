"""What holds for mentorships and all that belongs to them: plain text, wrong fields, hidden things."""

import unicodedata

from services.kernel.errors import Invalid, NotFound


def line(text: str, field: str) -> str:
    """Return `text` as one line without outer or doubled white space; Invalid if blank or not plain text."""
    joined = " ".join(text.split())
    if not joined:
        raise invalid("TEXT_BLANK", field, "must say something")
    if any(unicodedata.category(character) == "Cc" for character in joined):
        raise invalid("TEXT_NOT_PLAIN", field, "must not contain control characters")
    return joined


def tag(text: str, field: str) -> str:
    """Return `text` as a tag that equals however it was typed: `line` in lower case. Raises as `line`."""
    return line(text, field).lower()


def invalid(reason: str, field: str, description: str) -> Invalid:
    """Return the refusal of one wrong request field."""
    return Invalid(reason, f"{field} {description}", fields=((field, description),))


def words(text: str, field: str) -> str:
    """Return free text, lines kept, without outer white space; Invalid TEXT_NOT_PLAIN."""
    trimmed = text.replace("\r\n", "\n").strip()
    if any(unicodedata.category(one) == "Cc" and one not in "\n\t" for one in trimmed):
        raise invalid("TEXT_NOT_PLAIN", field, "must not contain control characters")
    return trimmed


def not_found() -> NotFound:
    """Return the answer for what is hidden, the same as the store's for what is absent."""
    return NotFound("NOT_FOUND", "nothing of this name exists")
