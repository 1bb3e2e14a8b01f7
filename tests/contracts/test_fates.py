"""What becomes of a person's documents at erasure is said of every collection, and fits what lies there."""

import pytest

from deploy import fates
from deploy.marked import FILE, written
from services.kernel.fates import ORGANIZATION, Emptied, Sealed
from services.kernel.mongo import Kind
from services.kernel.personal import shape_of
from tests.contracts.platform import Platform
from tests.contracts.test_personal_texts import kinds


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.collection)
def test_what_is_said_of_a_kind_fits_what_it_holds(kind: Kind[object]) -> None:
    fate, has_texts = kind.erasure, bool(shape_of(kind.state))
    assert fate is not None, "say what becomes of a person's documents: Kind.erasure"
    assert isinstance(fate, Sealed | Emptied) if has_texts else not isinstance(fate, Sealed)
    if isinstance(fate, Emptied):
        assert len(kind.concerns) == 1, "a document of several people cannot be emptied for one"
    if fate == ORGANIZATION:
        assert not kind.concerns


@pytest.mark.servers
def test_operators_read_of_every_collection(served: Platform) -> None:
    told = fates.table()
    for at in served.running:
        of_all = {f"erased_by_{at.service.name}": "erased_by_<service>"}
        names = {of_all.get(name, name) for name in at.database.fates}
        assert [name for name in names if f"`{name}`" not in told] == []
        own = {kind.collection for kind in fates.kinds(at.service.name)}
        others = {name: fate for name, fate in at.database.fates.items() if name in set(fates.OTHERS) - own}
        assert others == {name: fates.OTHERS[name][1] for name in others}


def test_the_table_in_the_guide_is_the_one_of_the_code() -> None:
    page = FILE.read_text()
    assert page == written(page, "fates", fates.table()), "run: python -m deploy.fates"
