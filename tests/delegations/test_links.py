"""A nominee's link, mailed again or to another mailbox: the one before it dies; nothing changes once it is taken."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from eventhub.delegations import actions, links, queries
from eventhub.delegations.actions import LinkClosed
from eventhub.kit.db import db
from eventhub.kit.errors import NotFound
from tests.delegations.scene import mine, owed, send
from tests.delegations.test_journeys import browser
from tests.factories.delegations import claim, make_delegation, nominate
from tests.factories.people import make_person
from tests.factories.registration import make_forum

pytestmark = pytest.mark.usefixtures("database")


def test_a_mistyped_mailbox_is_put_right_and_the_link_mailed_again(app: Flask, client: FlaskClient) -> None:
    focal = make_person()
    delegation = make_delegation(make_forum(), focal)
    (nominee,) = nominate(delegation, "Amina", email="wrong@example.org")
    page = mine(delegation, nominee=nominee)
    theirs, stranger = browser(app, focal), browser(app, make_person())
    first = f"/en/me/invitations/{actions.nominee_token(nominee)}"
    wrong = send(theirs, f"{page}/mailbox", email="no mailbox", language="en")
    assert wrong.status_code == 422
    assert send(theirs, f"{page}/mailbox", email="right@example.org", language="fr").status_code == 303
    db.session.refresh(nominee)
    assert (nominee.email, nominee.language) == ("right@example.org", "fr")
    second = f"/en/me/invitations/{actions.nominee_token(nominee)}"
    assert [stranger.get(one).status_code for one in (first, second)] == [410, 200]
    assert send(theirs, page, f"{page}/mail").status_code == 303
    db.session.refresh(nominee)
    assert stranger.get(second).status_code == 410
    assert owed("delegations.nominated") == [{"nominee_id": str(nominee.id)}] * 3
    assert stranger.get(f"{page}/mailbox").status_code == 404
    claim(nominee)
    assert theirs.get(f"{page}/mailbox").status_code == 303
    for deed in (links.write_again, lambda *who: links.correct(*who, "late@example.org", "en")):
        with pytest.raises(LinkClosed):
            deed(focal, delegation, queries.nominee_of(delegation.id, nominee.id))


def test_only_the_focal_point_writes_again_and_not_without_end(client: FlaskClient) -> None:
    focal = make_person()
    delegation = make_delegation(make_forum(), focal)
    amina, grace = nominate(delegation, "Amina", "Grace")
    row = queries.nominee_of(delegation.id, amina.id)
    with pytest.raises(NotFound):
        links.write_again(make_person(), delegation, row)
    for _mail in range(links.A_DAY["limit"]):
        links.write_again(focal, delegation, row)
    with pytest.raises(links.MailedEnough):
        links.write_again(focal, delegation, row)
    links.correct(focal, delegation, row, None, "en")
    with pytest.raises(links.NoMailbox):
        links.write_again(focal, delegation, queries.nominee_of(delegation.id, amina.id))
    assert links.write_again(focal, delegation, queries.nominee_of(delegation.id, grace.id)).email
