"""Which skills are suggested for what people type: by letters always, by meaning where there is a model."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from model2vec import StaticModel
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from services.matching.app.skills import MOST, Skills
from services.matching.clients.meaning import Meaning
from services.matching.domain import skills
from services.matching.domain.suggesting import PPM, Likeness, Suggestion, by_spelling, together
from services.pb.mentoring.matching.v1.skill_service_pb2 import SkillSuggestion, SuggestSkillsRequest
from tests.matching.conftest import Platform
from tests.matching.factories import MENTEE, ORG


@pytest.mark.parametrize(
    ("typed", "tag"),
    [
        ("rect.js", "react"),
        ("React JS", "react"),
        ("Kubernets", "kubernetes"),
        ("public speeking", "publicspeaking"),
    ],
)
def test_what_matching_takes_a_text_for_comes_first_and_is_certain(typed: str, tag: str) -> None:
    assert by_spelling(typed)[0] == Suggestion(tag, Likeness.SPELLING, PPM)


def test_what_is_only_a_little_like_a_text_is_shown_with_how_much() -> None:
    """A person picks: unlike in matching, a guess does no harm here."""
    first = by_spelling("mongo")[0]
    assert first.tag == "mongodb"
    assert 500_000 < first.score_ppm < PPM


def test_a_text_like_nothing_gives_nothing() -> None:
    assert by_spelling("zzzz") == []
    assert by_spelling("...") == []


@given(st.text(max_size=100))
def test_suggestions_are_known_skills_once_each_the_likest_first(text: str) -> None:
    found = by_spelling(text)
    assert all(skills.is_known(one.tag) and 0 < one.score_ppm <= PPM for one in found)
    assert len({one.tag for one in found}) == len(found)
    assert [one.score_ppm for one in found] == sorted((one.score_ppm for one in found), reverse=True)


def test_a_skill_that_is_like_in_both_ways_is_shown_once_in_the_better_way() -> None:
    letters = [Suggestion("react", Likeness.SPELLING, 400_000)]
    meant = [Suggestion("react", Likeness.MEANING, 900_000), Suggestion("vue", Likeness.MEANING, 500_000)]
    assert together(letters, meant, 2) == meant
    assert together(letters, meant, 1) == meant[:1]


async def test_few_are_suggested_unless_more_are_asked_for_and_never_a_flood() -> None:
    everything = Skills(None)
    text = "scriptingdesignteaching"
    assert len(await everything.suggest(text, 0)) <= 5
    assert len(await everything.suggest(text, 2)) == 2
    assert len(await everything.suggest(text, 1000)) <= MOST


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a model of four words in two dimensions: containers point one way, people the other."""
    words = {"[UNK]": 0, "kubernetes": 1, "orchestration": 2, "coaching": 3, "mentoring": 4}
    tokenizer = Tokenizer(WordLevel(words, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    vectors = np.array([[0, 0], [1, 0], [0.9, 0.1], [0, 1], [0.1, 0.9]], np.float32)
    folder = tmp_path_factory.mktemp("model")
    StaticModel(vectors, tokenizer).save_pretrained(folder)
    return folder


@pytest.mark.parametrize(("typed", "tag"), [("orchestration", "kubernetes"), ("mentoring", "coaching")])
async def test_with_a_model_words_of_like_meaning_are_found(model: Path, typed: str, tag: str) -> None:
    """They have few letters in common."""
    found = await Skills(Meaning(model)).suggest(typed, 0)
    best = found[0]
    assert (best.tag, best.likeness) == (tag, Likeness.MEANING)
    assert 900_000 < best.score_ppm <= PPM


async def test_words_that_the_model_does_not_know_are_compared_by_letters_all_the_same(model: Path) -> None:
    assert (await Skills(Meaning(model)).suggest("reactjs", 0))[0].tag == "react"


@pytest.mark.servers
async def test_people_are_helped_to_name_their_skills(platform: Platform) -> None:
    request = SuggestSkillsRequest(parent=f"organizations/{ORG}", text="rect.js", max_results=1)
    answer = await platform.skills.SuggestSkills(request, metadata=platform.auth(MENTEE, "mentee"))
    assert [(one.tag, one.score_ppm, one.soft) for one in answer.suggestions] == [("react", PPM, False)]
    assert answer.suggestions[0].likeness == SkillSuggestion.LIKENESS_SPELLING
