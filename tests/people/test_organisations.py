"""Records of organizations: which may be of one, what follows when they become one, and who stays near."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.delegations.models import Delegation, Nominee
from eventhub.kit.audit import AuditEntry, AuditText
from eventhub.kit.clock import now
from eventhub.kit.db import Base, db
from eventhub.kit.outbox import Promise
from eventhub.kit.revisions import current
from eventhub.people import affiliations, merging, same
from eventhub.people.models import Affiliation, Organisation, OrganisationAlias, OrganisationPair, Role
from eventhub.registration.models import State
from eventhub.registration.participants import REVISION
from tests.factories.delegations import make_delegation, nominate
from tests.factories.people import form_fields, make_organisation, make_person, make_staff, sign_in
from tests.factories.registration import make_forum, make_registration

pytestmark = pytest.mark.usefixtures("database")
HERE = "/en/console/organizations"


def confirmed(**given: object) -> Organisation:
    return make_organisation(confirmed_at=now(), **given)


def reasons() -> list[set[str]]:
    same.find()
    return [set(one.reasons) for one in db.session.scalars(select(OrganisationPair))]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Défense des Minorités", "DEFENSE DES MINORITES", "name"),
        ("Minority Rights Group", "Minority Right Group", "spelling"),
        ("Minority Rights Group (MRG)", "MRG", "acronym"),
        ("Minority Rights Group", "MRG", "acronym"),
        ("Ministry of Justice", "Ministry of Justice of Kenya", "name_part"),
        ("Horn Voices", "Voices of the Mountain", None),
    ],
)
def test_what_speaks_for_one_organisation(one: str, other: str, expected: str | None) -> None:
    for name in (one, other):
        make_organisation(name=name)
    found = reasons()
    assert found == ([{expected, "country"}] if expected else [])


def test_the_ministries_of_two_states_are_two() -> None:
    make_organisation(name="Ministry of Justice", country="KE")
    make_organisation(name="Ministry of Justice", country="UG")
    assert reasons() == []


def test_every_key_to_an_organisation_is_followed() -> None:
    pointing = {
        f"{table.name}.{key.parent.name}"
        for table in Base.metadata.tables.values()
        for key in table.foreign_keys
        if key.column.table.name == "organisation"
    }
    own = {"organisation_alias.organisation_id", "organisation_pair.first_id", "organisation_pair.second_id"}
    followed = [column for one in merging.FOLLOWERS for column in one.columns]
    assert sorted(followed) == sorted(pointing - own)


def test_all_that_points_there_follows() -> None:
    kept, gone = (
        confirmed(name="Ministry of Justice", ecosoc_status="none"),
        make_organisation(name="Justice Ministry", ecosoc_status="special", head="The head"),
    )
    event, other_event = make_forum(data=None), make_forum(data=None)
    person = make_person()
    db.session.add(Affiliation(person_id=person.id, organisation_id=gone.id))
    mine = make_registration(event, person, organisation_id=gone.id, state=State.ACCREDITED)
    here, there = (make_delegation(one, make_person(), name="Elsewhere", quota=2) for one in (event, other_event))
    for one in (here, there):
        one.organisation_id = gone.id
    stays = make_delegation(event, make_person(), name=kept.name, quota=1)
    focal_id = stays.focal_id
    nominate(here, "Amina", "Grace")
    nominate(stays, "Ines")
    db.session.flush()
    told = {str(one.label): one.number for one in merging.counts([gone.id], kept.id)}
    assert told["Registrations"] == 1
    assert told["Delegations"] == 2
    assert sum(told.values()) == 1 + 1 + 2 + 1
    gone_id, before = gone.id, current(REVISION)
    actor = make_person()
    merging.merge(actor, kept.id, [gone_id], "The same ministry")
    db.session.expire_all()
    assert mine.organisation_id == kept.id
    assert current(REVISION) != before
    one = db.session.scalars(select(Delegation).where(Delegation.event_id == event.id)).one()
    assert (one.id, one.organisation_id, one.quota, one.places_taken, one.focal_id) == (
        stays.id,
        kept.id,
        3,
        3,
        focal_id,
    )
    assert there.organisation_id == kept.id
    assert set(db.session.scalars(select(Nominee.delegation_id))) == {stays.id}
    assert db.session.get(Organisation, gone_id) is None
    assert (kept.ecosoc_status, kept.head) == ("special", "The head")
    assert [row.name for row in same.former_names(kept.id)] == ["Justice Ministry"]
    assert [row.id for row in same.search("justice min")] == [kept.id]
    entry, text = db.session.execute(
        select(AuditEntry, AuditText.text)
        .outerjoin(AuditText, AuditText.entry_id == AuditEntry.id)
        .where(AuditEntry.verb == "organisation.merged")
    ).one()
    assert (entry.actor_id, entry.subject_id, entry.detail["was"], text) == (
        actor.id,
        kept.id,
        str(gone_id),
        "The same ministry",
    )
    assert "registration.reprinted" in {one.task for one in db.session.scalars(select(Promise))}


def test_whoever_was_near_stays_near_and_as_long() -> None:
    kept, gone, namesake = (
        confirmed(name="Council"),
        make_organisation(name="The Old Council"),
        make_organisation(name="the old COUNCIL"),
    )
    today = now().date()
    both, until, writer = make_person(), make_person(), make_person()
    for person, house, end in (
        (both, kept, today - timedelta(days=700)),
        (both, gone, None),
        (until, gone, today - timedelta(days=100)),
        (writer, namesake, None),
    ):
        db.session.add(Affiliation(person_id=person.id, organisation_id=house.id, until=end, is_main=house is gone))
    db.session.flush()
    assert affiliations.represents(writer.id, [gone.id]) == {gone.id}
    merging.merge(make_person(), kept.id, [gone.id], "One council")
    for person in (both, until, writer):
        assert affiliations.represents(person.id, [kept.id]) == {kept.id}
    tie = db.session.scalars(select(Affiliation).where(Affiliation.person_id == both.id)).one()
    assert (tie.until, tie.is_main) == (None, True)
    assert db.session.scalars(select(Affiliation.until).where(Affiliation.person_id == until.id)).one() == (
        today - timedelta(days=100)
    )


def test_whoever_writes_a_former_name_means_what_it_became_if_it_was_official() -> None:
    kept = confirmed(name="New name")
    official, wild = confirmed(name="Official name"), make_organisation(name="Our group")
    member, stranger = make_person(), make_person()
    db.session.add(Affiliation(person_id=member.id, organisation_id=wild.id))
    db.session.flush()
    merging.merge(make_person(), kept.id, [official.id, wild.id], "One")
    assert affiliations.affiliate(stranger.id, "OFFICIAL name") == kept.id
    assert affiliations.affiliate(member.id, "Our group") == kept.id
    assert affiliations.affiliate(make_person().id, "Our group") != kept.id
    # What people wrote themselves is forgotten when nobody's tie of then counts any more.
    wild_name = db.session.scalars(select(OrganisationAlias).where(OrganisationAlias.name == "Our group")).one()
    wild_name.merged_at = now() - timedelta(days=731)
    db.session.flush()
    assert affiliations.forget_former_names() == 1
    assert [row.name for row in same.former_names(kept.id)] == ["Official name"]


def test_the_pages_are_for_administrators_of_all(app: Flask, client: FlaskClient) -> None:
    kept, gone = confirmed(name="Minority Rights Group"), make_organisation(name="minority rights group")
    gone_id = gone.id
    same.find()
    for role, scope in ((Role.ADMIN, make_forum(data=None).id), (Role.ORGANISER, None)):
        sign_in(somebody := app.test_client(), make_staff(role, event_id=scope))
        pages = (HERE, f"{HERE}/{kept.id}", f"{HERE}/{kept.id}/merge?other={gone.id}")
        assert {somebody.get(page).status_code for page in pages} == {404}
    sign_in(client, make_staff())
    assert "minority rights group" in client.get(HERE).text
    page = client.get(f"{HERE}/{kept.id}").text
    assert "Same name" in page
    answer = client.post(f"{HERE}/{kept.id}", data={**form_fields(page), "do": "merge", "other": str(gone.id)})
    assert answer.status_code == 303
    preview = client.get(address := answer.headers["Location"])
    assert "This cannot be undone" in preview.text
    assert client.post(address, data=form_fields(preview.text)).status_code == 422
    fields = {**form_fields(client.get(address).text), "text": "Same"}
    assert client.post(address, data=fields).status_code == 303
    assert client.post(address, data=fields).status_code == 303  # the same press again
    assert "minority rights group" in client.get(f"{HERE}/{kept.id}").text
    assert client.get(f"{HERE}/{gone_id}").status_code == 404
    assert client.get(f"{HERE}/{kept.id}/merge?other=nonsense").status_code == 404


def test_held_apart_is_held_apart_also_when_one_of_them_is_merged(client: FlaskClient) -> None:
    first, second, third = (make_organisation(name=name) for name in ("Horn Voices", "horn voices", "Horn-Voices"))
    sign_in(client, make_staff())
    assert len(reasons()) == 3
    page = client.get(f"{HERE}/{first.id}").text
    sent = {**form_fields(page), "do": "apart", "other": [str(second.id)]}
    assert client.post(f"{HERE}/{first.id}", data=sent).status_code == 303
    same.find()
    assert second.id not in same.waiting_for(first.id)
    merging.merge(make_person(), third.id, [second.id], "One")
    same.find()
    assert first.id not in same.waiting_for(third.id)
    page = client.get(f"{HERE}/{first.id}").text
    assert client.post(f"{HERE}/{first.id}", data={**form_fields(page), "do": "apart"}).status_code == 422
    assert client.post(f"{HERE}/{first.id}", data={**form_fields(page), "do": "confirm"}).status_code == 303
    db.session.refresh(first)
    assert first.confirmed_at is not None


def test_many_spellings_are_one_line_of_the_list() -> None:
    first = confirmed(name="Horn Voices Association")
    for number in range(7):
        make_organisation(name=f"horn voices associatio{'n' * (number % 2)}")
    same.find()
    (group,) = same.groups()
    assert (group.kept.id, len(group.names)) == (first.id, 7)
