"""Writes the dashboards as Grafana reads them: `python -m deploy.grafana` (or `make dashboards`)."""

from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from deploy.grafana.pages import PAGES
from deploy.grafana.panels import Page

FOLDER = Path(__file__).resolve().with_name("dashboards")


def text(page: Page) -> str:
    """Return the JSON of one dashboard, the same for the same page."""
    return JSONEncoder(sort_keys=True, indent=2).encode(page.build().build()) + "\n"


def main() -> None:
    """Write every page to its file."""
    for page in PAGES:
        file = FOLDER / f"{page.uid}.json"
        file.write_text(text(page))
        print(file)


if __name__ == "__main__":
    main()
