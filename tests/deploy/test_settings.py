"""The operators' table of settings says what the code reads."""

import pytest

from deploy import settings
from deploy.marked import FILE, written
from services.kernel.config import Settings


def test_every_setting_is_in_the_table_as_the_code_has_it() -> None:
    """`python -m deploy.settings` writes it anew."""
    page = FILE.read_text()
    assert page == written(page, "settings", settings.table())


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_says_what_it_means(name: str) -> None:
    assert Settings.model_fields[name].description


def test_the_table_tells_files_lists_and_values_apart() -> None:
    rows = {row.split("`")[1]: row for row in settings.table().splitlines() if row.startswith("| `")}
    assert rows["KAFKA_PASSWORD_FILE"].endswith("| - | path of a file |")
    assert rows["ENCRYPTED_BY_NETWORK"].endswith("| - | list, with commas |")
    assert rows["OIDC_ISSUER"].endswith("| **required** | value |")
    assert rows["KAFKA_SASL_MECHANISM"].endswith("| `SCRAM-SHA-512` | value |")
    assert {name.lower() for name in rows} == set(Settings.model_fields) - settings.INTERNAL


def test_a_page_without_a_place_for_the_table_is_refused() -> None:
    with pytest.raises(ValueError, match="lacks the marks"):
        written("# Operating", "settings", "")
