"""Parts of `deploy/README.md` that are written from the code, between two marks each."""

from pathlib import Path
from typing import Final

FILE: Final = Path(__file__).with_name("README.md")


def written(text: str, name: str, content: str) -> str:
    """Return a page with what `deploy.<name>` writes in its place. ValueError without the two marks."""
    begin, end = f"<!-- {name}: written by `python -m deploy.{name}` -->", f"<!-- /{name} -->"
    before, begun, rest = text.partition(begin)
    _, ended, after = rest.partition(end)
    if not begun or not ended:
        raise ValueError(f"{FILE} lacks the marks of the table of {name}")
    return f"{before}{begin}\n{content}\n{end}{after}"
