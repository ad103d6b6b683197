"""Organizations of one name at a reader's gate: their country beside them, or one line for all."""

import pytest
from flask.testing import FlaskClient

from eventhub.kit.db import db
from eventhub.reviewing.models import Gate, Review, Standing
from tests.factories import reviewing as f
from tests.factories.people import make_organisation, sign_in
from tests.programme.console import text_of
from tests.reviewing.test_reading import sent


@pytest.mark.parametrize("masking", ["named", None])
def test_organizations_of_one_name_are_told_apart(client: FlaskClient, masking: str | None) -> None:
    call = f.make_call(masking=masking) if masking else f.make_call()
    reader = sign_in(client, f.make_reader(call))
    one, other = (make_organisation(name="Rights Forum", country=None) for _ in range(2))
    first = f.give(f.make_file(call, nominated_by_id=one.id, origin="KE", residence="KE"), reader, is_open=False)
    gate = db.session.get_one(Review, first.id).gate_id
    whole = db.session.get_one(Gate, gate)
    second = f.give(f.make_file(call, nominated_by_id=other.id, origin="BR", residence="BR"), reader, gate=whole)
    page = text_of(client.get(f"/en/reviews/gates/{gate}"))
    if masking:
        assert "Rights Forum (Kenya)" in page
        assert "Rights Forum (Brazil)" in page
    else:
        assert page.count("Rights Forum") == 1, "no country stands beside a masked file"
    ticked = one.id.hex if f"{one.id.hex}" in client.get(f"/en/reviews/gates/{gate}").text else other.id.hex
    assert sent(client, f"/en/reviews/gates/{gate}", tied_organisations=ticked).status_code == 303
    states = {db.session.get_one(Review, each.id).state for each in (first, second)}
    assert states == {Standing.RECUSED}, "a tie is to the name"
