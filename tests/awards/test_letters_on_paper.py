"""After a release the desk reads, and hands over, the letters of those whom no mail reaches."""

import pytest
from flask.testing import FlaskClient

from eventhub.funding.models import State
from eventhub.kit.db import db
from eventhub.people.models import Person
from tests.factories.people import make_person, sign_in
from tests.factories.releasing import make_staged, release
from tests.programme.console import text_of

pytestmark = pytest.mark.usefixtures("database")


@pytest.mark.parametrize("state", [State.RESERVE, State.NOT_RECOMMENDED])
def test_a_letter_is_read_after_the_release(client: FlaskClient, state: State) -> None:
    scene = make_staged(8, 2)
    file = next(one for one in scene.files if one.state is State.RESERVE)
    person = db.session.get_one(Person, file.person_id)
    person.email = None
    db.session.flush()
    board = f"/en/console/funds/{scene.call.slug}/release"
    sign_in(client, scene.officer)
    assert "Letters to hand over" not in text_of(client.get(board))
    release(scene)
    file.state = state
    db.session.flush()
    there = text_of(client.get(board))
    assert "Letters to hand over" in there
    page = client.get(f"{board}/{file.id}")
    assert page.status_code == 200
    assert "A letter to hand over" in text_of(page)
    assert str(file.reference) in page.text
    assert "/questions" not in page.text
    assert client.post(f"{board}/{file.id}", data={"reason": "reserve"}).status_code in {404, 422}
    other = next(one for one in scene.files if one.state is State.RESERVE and one.id != file.id)
    assert client.get(f"{board}/{other.id}").status_code == 404
    sign_in(client, make_person())
    assert client.get(f"{board}/{file.id}").status_code == 404
