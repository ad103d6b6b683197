"""Leaving (SAFETY.md property 17): the key goes, the words go, and a restored backup forgets again."""

import uuid

import pytest
from flask.testing import FlaskClient

from eventhub.kit import audit, outbox, sealed
from eventhub.kit.audit import AuditText
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.erasures import Erasure, erasures_file
from eventhub.kit.errors import NotFound
from eventhub.kit.mail import Mail
from eventhub.kit.outbox import Promise
from eventhub.people import actions, queries, roles
from eventhub.people import sign_in as sign_in_rows
from eventhub.people.models import (
    Affiliation,
    Channel,
    Consent,
    EmailChange,
    KeptPost,
    Person,
    Role,
    RoleGrant,
    SecondFactor,
    SignInRequest,
    WebSession,
)
from tests.factories.people import grant, make_organisation, make_person, make_staff, sign_in
from tests.people.visits import ask, is_in, link, send

MARKER = "Marker-7QX"


def somebody() -> Person:
    """A person with something in every table."""
    person = make_person(
        name=f"{MARKER} name",
        name_latin=f"{MARKER} latin",
        alias=f"{MARKER} alias",
        phone=f"{MARKER} phone",
        email=f"{MARKER.lower()}-{uuid.uuid4().hex[:8]}@example.org",
        nationality="SO",
        residence="KE",
        discreet=True,
    )
    db.session.add(Affiliation(person_id=person.id, organisation_id=make_organisation().id, role=f"{MARKER} role"))
    grant(person, Role.RAPPORTEUR)
    actions.set_consents(person, {Channel.PHOTO: True})
    actions.request_email_change(person, f"{MARKER.lower()}-new@example.org")
    audit.record("person.noted", person, actor=None, text=f"{MARKER} about")
    audit.record("thing.noted", "thing", actor=person, text=f"{MARKER} by")
    db.session.flush()
    return person


def everything() -> str:
    """Every value of every table of this feature and of the audit."""
    mine = (Person, Affiliation, RoleGrant, SignInRequest, WebSession, SecondFactor, EmailChange, Consent, KeptPost)
    tables = (*mine, audit.AuditEntry, AuditText, Promise, Erasure)
    return repr([list(db.session.execute(db.select(table.__table__))) for table in tables])


def test_erasing_by_the_page(client: FlaskClient) -> None:
    person = somebody()
    key = db.session.get_one(sealed.SealKey, person.seal_key_id)
    where = sealed.place("registration", "answer", person.id)
    secret = sealed.seal(key, where, MARKER)
    ask(client, person.email or "")
    old_link = link(person.email or "")
    sign_in(client, person)
    assert MARKER in everything()
    assert send(client, "/en/me/data/erase").status_code == 422, "the box must be ticked"
    assert db.session.get_one(Person, person.id).erased_at is None
    answer = send(client, "/en/me/data/erase", sure="y")
    assert answer.location == "/en/erased"
    assert answer.headers["Clear-Site-Data"] == '"cache", "cookies", "storage"'
    assert client.get("/en/erased").status_code == 200
    assert MARKER not in everything()
    assert MARKER.lower() not in everything()
    with pytest.raises(sealed.Unreadable):
        sealed.open_sealed(db.session.get_one(sealed.SealKey, person.seal_key_id), where, secret)
    assert not is_in(client)
    assert client.get(old_link).status_code == 410
    row = db.session.get_one(Person, person.id)
    assert (row.name, row.email, row.alias, row.phone, row.nationality, row.discreet) == (
        "",
        None,
        None,
        None,
        None,
        False,
    )
    assert row.erased_at is not None
    assert queries.grants_of(person.id) == []
    assert queries.consenting([person.id], Channel.PHOTO) == set()
    assert db.session.query(AuditText).count() == 0
    assert db.session.query(Promise).filter_by(task="people.erased").one().payload == {"person_id": str(person.id)}
    assert db.session.get(Erasure, person.id) is not None
    lines = [line for line in erasures_file().read_text().splitlines() if str(person.id) in line]
    assert len(lines) == 1
    assert MARKER.lower() not in lines[0]


def test_mails_that_wait_and_former_addresses_go_too(database: None) -> None:
    """A mail that was refused is parked with its bytes, which the house sealed: the person's key does not matter."""
    person, other = somebody(), make_person()
    former, email = person.email or "", f"{MARKER.lower()}-now@example.org"
    sign_in_rows.open_request(former, "en")
    for number, to in enumerate((former, email, other.email or ""), 1):
        promise = Promise(task="test.letter", payload={"number": number}, parked_at=now())
        db.session.add(promise)
        db.session.flush()
        sealed_bytes = sealed.seal_for_house(
            sealed.place("mail", "sealed", str(promise.id)), b"\0".join((b"us@example.org", to.encode(), b"Dear you"))
        )
        row = Mail(promise_id=promise.id, message_id=f"<{number}>", template="x", language="en", sealed=sealed_bytes)
        db.session.add(row)
    person.email = email
    db.session.flush()
    actions.erase(person, person)
    kept = {row.message_id: row.sealed is not None for row in db.session.scalars(db.select(Mail))}
    assert kept == {"<1>": False, "<2>": False, "<3>": True}
    assert db.session.query(SignInRequest).filter_by(email=former).count() == 0


def test_the_audit_chain_holds_after_an_erasure(database: None) -> None:
    person = somebody()
    db.session.flush()
    assert audit.seal() > 0
    actions.erase(person, person)
    audit.seal()
    assert list(audit.verify()) == []


def test_a_restored_backup_forgets_again(database: None) -> None:
    person, other = somebody(), make_person()
    lines = [
        f'{{"at": "2026-11-20T10:00:00+00:00", "person": "{person.id}"}}',
        f'{{"at": "2026-11-20T10:00:00+00:00", "person": "{uuid.uuid4()}"}}',
        '{"at": "2026-11-20T10:00',
        "",
    ]
    assert actions.replay_erasures(lines) == 1
    assert actions.replay_erasures(lines) == 0
    assert MARKER not in everything()
    assert db.session.get_one(sealed.SealKey, person.seal_key_id).wrapped is None
    assert db.session.get_one(Person, other.id).name == other.name


def test_nobody_erases_somebody_else(database: None) -> None:
    person, stranger, admin = somebody(), make_person(), make_staff()
    organiser = make_staff(Role.ADMIN, event_id=uuid.uuid4())
    for actor in (stranger, organiser):
        with pytest.raises(NotFound):
            actions.erase(actor, person)
    assert person.erased_at is None
    actions.erase(admin, person)
    assert person.erased_at is not None


def test_the_last_administrator_stays(client: FlaskClient) -> None:
    admin = sign_in(client, make_staff())
    answer = send(client, "/en/me/data/erase", sure="y")
    assert answer.status_code == 422
    assert db.session.get_one(Person, admin.id).erased_at is None
    make_staff()
    assert send(client, "/en/me/data/erase", sure="y").status_code == 303


def test_what_others_need_stays(database: None) -> None:
    admin, person = make_staff(), make_staff(Role.ORGANISER)
    held = roles.grant_role(admin, make_person(), role=Role.CHECK_IN)
    made = db.session.query(RoleGrant).filter_by(person_id=person.id).one()
    make_staff()
    actions.erase(person, person)
    actions.erase(admin, admin)
    assert db.session.get_one(RoleGrant, held.id).granted_by_id == admin.id
    assert db.session.get_one(RoleGrant, made.id).revoked_at <= now()
    assert db.session.query(SignInRequest).count() == 0
    assert db.session.query(WebSession).count() == 0


def test_after_a_restore_only_erasures_go_on_by_themselves(database: None) -> None:
    person = somebody()
    db.session.flush()
    owed = db.session.query(Promise).count()
    actions.replay_erasures([f'{{"person": "{person.id}"}}'])
    db.session.flush()
    assert outbox.hold(but="people.erased") == owed
    assert [task for _, task in outbox.offer_due()] == ["people.erased"]
