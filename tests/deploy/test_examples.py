"""Before an overlay is applied, all that is only an example in it can be found."""

import re
import shutil
from pathlib import Path

import pytest

from deploy.k8s import examples
from deploy.k8s.__main__ import main

OVERLAYS = Path("k8s/overlays")
PRODUCTION = ["prod", "prod-managed"]


@pytest.mark.parametrize("overlay", PRODUCTION)
def test_what_an_operator_has_to_fill_in_is_listed(overlay: str) -> None:
    """The image and its digest, the identity provider, mail, links, and every address outside."""
    left = "\n".join(examples.left(OVERLAYS / overlay))
    wanted = {"newName", "digest", "OIDC_ISSUER", "OIDC_JWKS_URL", "OIDC_TOKEN_URL", "SMTP_HOST", "MAIL_FROM"}
    assert wanted <= set(re.findall(r"\w+", left))
    network = (OVERLAYS / overlay / "settings" / "network.yaml").read_text()
    assert left.count("ipBlock") == network.count("ipBlock") > 0


@pytest.mark.parametrize("overlay", PRODUCTION)
def test_nothing_is_listed_once_all_is_ones_own(overlay: str, tmp_path: Path) -> None:
    mine = shutil.copytree(OVERLAYS / overlay, tmp_path / "mine")
    for file in (path for path in mine.rglob("*") if path.is_file()):
        text = file.read_text().replace("example.com", "acme.test").replace("192.0.2.", "10.1.2.")
        file.write_text(text.replace("0" * 64, "a1" * 32))
    assert list(examples.left(mine)) == []


def test_what_is_only_for_trying_things_on_has_nothing_to_fill_in() -> None:
    assert list(examples.left(OVERLAYS / "dev")) == []


def test_the_command_fails_while_something_is_left_and_for_a_folder_that_is_not_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def told(folder: str) -> object:
        monkeypatch.setattr("sys.argv", ["python -m deploy.k8s", "examples", folder])
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code

    assert "sha256:0" in str(told("k8s/overlays/prod"))
    assert told("k8s/overlays/dev") == 0
    assert told("k8s/overlays/prdo") == 2
