"""What in an overlay is still one of the examples that it came with, and has to become the operator's own."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

EXAMPLE: Final = re.compile(
    r"\bexample\.(com|net|org)\b"  # RFC 2606
    r"|\b(192\.0\.2|198\.51\.100|203\.0\.113)\.\d"  # RFC 5737
    r"|\bsha256:0{64}\b"
)


def left(overlay: Path) -> Iterator[str]:
    """Yield `file:line: text` of each line that is still an example."""
    for file in sorted(path for path in overlay.rglob("*") if path.is_file()):
        for number, line in enumerate(file.read_text().splitlines(), start=1):
            if EXAMPLE.search(line):
                yield f"{file}:{number}: {line.strip()}"
