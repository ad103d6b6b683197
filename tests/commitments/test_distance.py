"""Who is near to a maker changes nothing of what was published, and whoever only captures nothing after the draft."""

import pytest
from flask import Flask

from eventhub.commitments import capturing, nearness, queries
from eventhub.commitments.capturing import Described, MadeBy, Words
from eventhub.commitments.models import Commitment
from eventhub.commitments.verifying import OwnMaker
from eventhub.kit.db import db
from eventhub.people.models import Affiliation, Person, Role
from tests.commitments.test_journeys import RECORD, send
from tests.delegations.test_journeys import browser
from tests.factories.commitments import WORDING, described, make_commitment, past_event, published
from tests.factories.people import make_organisation, make_person, make_staff

pytestmark = pytest.mark.usefixtures("database")
MINISTRY = "Ministry of Education of Utopia"


def near(commitment: Commitment) -> Person:
    """An organizer who represents the maker."""
    found = make_staff(Role.ORGANISER, event_id=commitment.event_id)
    db.session.add(Affiliation(person_id=found.id, organisation_id=make_organisation(name=MINISTRY).id))
    db.session.flush()
    return found


@pytest.mark.parametrize("is_published", [True, False])
def test_nobody_renames_the_maker_that_they_represent_to_decide_about_it(is_published: bool) -> None:
    commitment = published(maker=MINISTRY) if is_published else make_commitment(maker=MINISTRY)
    who = near(commitment)
    with pytest.raises(OwnMaker), db.session.begin_nested():
        capturing.describe(who, commitment, Described([MadeBy("Min. of Education", "government")]))
    assert nearness.is_of_maker(who, queries.record(commitment.id))
    assert [one.name for one in queries.record(commitment.id).makers] == [MINISTRY]


def test_what_was_published_is_changed_by_nobody_of_the_maker() -> None:
    commitment = described(published(maker=MINISTRY))
    who = near(commitment)
    for deed in (
        lambda: capturing.amend(who, commitment, Words("We will open one class"), reason="No money"),
        lambda: capturing.describe(who, commitment, Described([MadeBy(MINISTRY, "government")])),
        lambda: capturing.translate(who, commitment, "fr", wording="Nous ouvrirons une classe"),
    ):
        with pytest.raises(OwnMaker), db.session.begin_nested():
            deed()
    assert queries.record(commitment.id).words.wording == WORDING


def test_a_draft_is_completed_by_whoever_wrote_it_down_of_whatever_organization() -> None:
    commitment = make_commitment(maker=MINISTRY)
    both = [MadeBy(MINISTRY, "government"), MadeBy("Foundation", "donor_foundation")]
    capturing.describe(near(commitment), commitment, Described(both))
    assert len(queries.record(commitment.id).makers) == 2


@pytest.mark.parametrize(
    ("way", "typed"),
    [
        ("details", {"maker_0": "Another ministry", "kind_of_0": "government"}),
        ("translation", {"language": "fr", "wording": "Rien"}),
        ("contacts", {"email": "own@example.org", "language": "en"}),
    ],
)
def test_after_the_draft_whoever_captures_reads_and_changes_nothing(
    app: Flask, way: str, typed: dict[str, str]
) -> None:
    event = past_event()
    commitment = published(event)
    record = f"{RECORD}/{commitment.id}"
    rapporteur = browser(app, make_staff(Role.RAPPORTEUR, event_id=commitment.event_id))
    page = rapporteur.get(record)
    assert (page.status_code, f"{record}/{way}" in page.text) == (200, False)
    assert rapporteur.post(f"{record}/{way}", data=typed).status_code == 404
    keeper = browser(app, make_staff(Role.ORGANISER, event_id=commitment.event_id))
    assert f"{record}/{way}" in keeper.get(record).text
    draft = make_commitment(event, actor=make_person())
    here = f"{RECORD}/{draft.id}"
    assert send(rapporteur, f"{here}/{way}", typed, here if way == "contacts" else None)[0] == 200
