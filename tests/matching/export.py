"""HR exports to import: the real one, and five people of whom one pair fits."""

from pathlib import Path

EXPORT = (Path(__file__).parents[2] / "deploy" / "local" / "data" / "hr_export.csv").read_bytes()
COLUMNS = EXPORT.splitlines(keepends=True)[0].decode()
HOURS = "Europe/Berlin,{},{},{},{},{},mon 09:00-12:00,video,2012-01-02,{}"


def row(one: str, grade: int, manager: str, *rest: str) -> str:
    """Return an export's line; rest: languages, roles, skills offered, skills sought, capacity, status."""
    department = "Product" if grade > 5 else "Support"
    name = f"{one},{one}@acme.example,Given,Family,,Title,{department},{grade},{manager},DE"
    return f"{name},{HOURS.format(*rest)}\n"


FEW = (
    COLUMNS
    + row("e1", 9, "", "en", "", "", "", "0", "active")
    + row("e2", 7, "e1", "en;de", "mentor", "python:5", "", "1", "active")
    + row("e3", 4, "e1", "en;de", "mentee", "", "python:3", "0", "active")
    + row("e4", 3, "e1", "en", "mentee", "", "cobol:3", "0", "active")
    + row("e5", 3, "e1", "en", "mentee", "", "python:3", "0", "on_leave")
).encode()
