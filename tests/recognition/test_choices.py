"""Choices, settings, and what an issuer's address means."""

import pytest

from services.kernel.errors import Invalid
from services.recognition.domain.choices import Choice, ChoiceUpdated, Issuer, Settings, SettingsUpdated


def test_a_choice_is_told_when_it_changes() -> None:
    assert Choice().become(Choice(opted_out=True)) == (Choice(opted_out=True), [ChoiceUpdated()])
    assert Choice().become(Choice()) == (Choice(), [])


@pytest.mark.parametrize(
    ("url", "did", "document"),
    [
        ("https://acme.example", "did:web:acme.example", "https://acme.example/.well-known/did.json"),
        ("https://acme.example/hr/m", "did:web:acme.example:hr:m", "https://acme.example/hr/m/did.json"),
        (
            "https://acme.example:8443/m",
            "did:web:acme.example%3A8443:m",
            "https://acme.example:8443/m/did.json",
        ),
    ],
)
def test_an_issuers_identifier_follows_from_its_address(url: str, did: str, document: str) -> None:
    issuer = Issuer("ACME", url)
    assert (issuer.did, issuer.document_url) == (did, document)


def test_what_is_set_is_kept_without_a_final_slash() -> None:
    wanted = Settings(leaderboards=True, issuer=Issuer("ACME", "https://acme.example/m/"))
    kept, told = Settings().become(wanted)
    assert (kept.issuer.url, told) == ("https://acme.example/m", [SettingsUpdated()])
    assert kept.become(wanted) == (kept, [])


@pytest.mark.parametrize(
    "url",
    [
        "http://acme.example",
        "acme.example",
        "https://",
        "https://hr:secret@acme.example",
        "https://acme.example/?a=b",
        "https://acme.example/#a",
        "https://acme.example/a/../b",
        "https://acme.example//a",
        "https://acme.example:99999",
        "https://acme.example:0",
        "https://acme.example/a b",
        "https://acmé.example",
    ],
)
def test_an_address_that_no_verifier_could_follow_is_refused(url: str) -> None:
    with pytest.raises(Invalid) as refusal:
        Settings().become(Settings(issuer=Issuer("ACME", url)))
    assert refusal.value.reason == "ISSUER_URL_INVALID"
    assert [path for path, _ in refusal.value.fields] == ["recognition_settings.issuer_url"]


@pytest.mark.parametrize(
    ("issuer", "field"),
    [(Issuer("ACME", ""), "issuer_url"), (Issuer("", "https://a.example"), "issuer_name")],
)
def test_an_issuer_has_a_name_and_an_address(issuer: Issuer, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        Settings().become(Settings(issuer=issuer))
    assert [path for path, _ in refusal.value.fields] == [f"recognition_settings.{field}"]
