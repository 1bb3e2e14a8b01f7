"""Tables that people open in spreadsheets."""

from typing import Final

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a formula may begin with, to one spreadsheet or another (OWASP, CSV injection)."""


def inert(cell: str) -> str:
    """Return a cell's text, quoted if a spreadsheet would take it for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
