"""A batch keeps the rule it was asked for under; roles are asked about again at the printer and at the door."""

import io
from datetime import timedelta
from typing import Any

import pypdf
import pytest
import time_machine
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from eventhub.kit.audit import AuditEntry
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.outbox import Promise
from eventhub.papers import badges, typeset
from eventhub.papers.actions import follow
from eventhub.papers.making import gather
from eventhub.papers.models import BadgeName, PaperOrder, PaperSetup, Problem
from eventhub.people.actions import hide_now
from eventhub.people.models import Person, Role, RoleGrant
from eventhub.people.roles import revoke_role
from eventhub.programme.console_queries import deeds
from eventhub.programme.models import Event
from eventhub.questionnaires.uploads import Upload
from eventhub.registration.disclosure import READS_AN_HOUR
from eventhub.registration.models import BadgeColour, Registration, State
from tests.factories.people import grant, make_person, sign_in
from tests.factories.registration import make_forum, register, take_category
from tests.papers.asking import console, officer, print_badges
from tests.papers.making import Make, content, has, make, read
from tests.papers.scene import accredited, make_people, make_stage

__all__ = ["make"]
pytestmark = pytest.mark.usefixtures("database")


def rule(event: Event, name: BadgeName, *, photos: bool = False) -> None:
    """What the settings say now."""
    setup = db.session.get(PaperSetup, event.id) or PaperSetup(event_id=event.id)
    setup.badge_name, setup.photos = name, photos
    db.session.add(setup)
    db.session.flush()


def demote(person: Person, event: Event) -> None:
    """An officer becomes an organiser."""
    held = db.session.scalars(select(RoleGrant).where(RoleGrant.person_id == person.id)).one()
    revoke_role(None, held)
    grant(person, Role.ORGANISER, event_id=event.id)


def covered(event: Event) -> None:
    """Somebody with an alias over the legal name."""
    accredited(event, make_person(name="Amina", alias="Blue Heron"), legal_name="Amina Yusuf Warsame")


def test_the_rule_is_that_of_the_moment_of_asking(client: FlaskClient, make: Make) -> None:
    """An organiser asks under the public rule, changes the rule, and still gets no legal name."""
    event = make_stage()
    covered(event)
    officer(client, event, Role.ORGANISER)
    assert print_badges(client, event) == 303
    rule(event, BadgeName.LEGAL)
    (order,) = make()
    text = read(content(order))
    assert "Heron" in text
    assert "Warsame" not in text


def test_a_demoted_officer_gets_no_legal_names_printed(client: FlaskClient, make: Make) -> None:
    event = make_stage()
    covered(event)
    rule(event, BadgeName.LEGAL)
    person = officer(client, event)
    assert print_badges(client, event) == 303
    demote(person, event)
    (order,) = make()
    assert (order.file_id, order.problem) == (None, Problem.NOT_YOURS)
    sign_in(client, person)
    assert "Your role does not reach these papers any more" in client.get(console(event)).text


def test_whoever_left_the_desk_gets_nothing_printed(client: FlaskClient, make: Make) -> None:
    event = make_stage()
    covered(event)
    person = officer(client, event)
    assert print_badges(client, event) == 303
    revoke_role(None, db.session.scalars(select(RoleGrant).where(RoleGrant.person_id == person.id)).one())
    (order,) = make()
    assert (order.file_id, order.problem) == (None, Problem.NOT_YOURS)


@pytest.mark.parametrize(("name", "status"), [(BadgeName.LEGAL, 404), (BadgeName.PUBLIC, 200)])
def test_a_demoted_officer_fetches_no_legal_names(
    client: FlaskClient, make: Make, name: BadgeName, status: int
) -> None:
    event = make_stage()
    covered(event)
    rule(event, name)
    person = officer(client, event)
    assert print_badges(client, event) == 303
    (order,) = make()
    address = console(event, f"/{order.id}")
    assert client.get(address).status_code == 200
    assert has(read(content(order)), "Amina Yusuf Warsame") == (name is BadgeName.LEGAL)
    demote(person, event)
    sign_in(client, person)
    assert client.get(address).status_code == status
    assert (address in client.get(console(event)).text) == (status == 200)


# Photographs


def asked(*see: str, sealed: bool = True) -> dict[str, Any]:
    """A questionnaire with a photograph for some viewers."""
    photo = {
        "id": "q2",
        "key": "badge_photo",
        "kind": "file",
        "label": "Photograph",
        "limits": {"files": ["images"]},
        "sealed": sealed,
        "see": list(see),
    }
    name = {"id": "q1", "key": "legal_name", "kind": "short_text", "label": "Name", "see": ["desk"]}
    return {"pages": [{"id": "p1", "title": "Your badge", "questions": [name, photo]}]}


def pictured(event: Event, *names: str) -> None:
    """People who sent a photograph."""
    picture = io.BytesIO()
    Image.new("RGB", (1200, 1600), "#804020").save(picture, "JPEG")
    for name in names:
        photo = Upload("me.jpg", picture.getvalue())
        register(event, make_person(name=name), legal_name=name, badge_photo=photo).state = State.ACCREDITED
    db.session.flush()


def photographs(order: PaperOrder) -> dict[str, list[tuple[int, int]]]:
    """The sizes of the pictures beside the first name on each page."""
    pages = pypdf.PdfReader(io.BytesIO(content(order))).pages
    return {page.extract_text().split("\n")[2]: _images(page) for page in pages}


def _images(page: pypdf.PageObject) -> list[tuple[int, int]]:
    found = [one.get_object() for one in page["/Resources"].get("/XObject", {}).values()]
    return [(one["/Width"], one["/Height"]) for one in found if one["/Subtype"] == "/Image"]


def reads() -> list[int]:
    """How many sealed answers each recorded batch opened."""
    rows = select(AuditEntry.detail).where(AuditEntry.verb == "registration.batch_read").order_by(AuditEntry.id)
    return [detail["rows"] for detail in db.session.scalars(rows)]


@pytest.mark.parametrize("wanted", [True, False])
def test_a_photograph_stands_on_the_badge_where_the_event_wants_it(
    client: FlaskClient, make: Make, wanted: bool
) -> None:
    event = make_forum(data=asked("desk"))
    pictured(event, "Amina")
    register(event, make_person(name="Sokha"), legal_name="Sokha").state = State.ACCREDITED
    rule(event, BadgeName.PUBLIC, photos=wanted)
    officer(client, event)
    assert print_badges(client, event, layout="a6", mode="") == 303
    rule(event, BadgeName.PUBLIC, photos=not wanted)
    (order,) = make()
    assert sorted(photographs(order).values()) == ([[], [(360, 480)]] if wanted else [[], []])
    assert reads() == ([1] if wanted else [])


@pytest.mark.parametrize(("see", "sealed", "number"), [(["desk"], True, 0), (["desk", "organiser"], False, 1)])
def test_an_organiser_s_badges_bear_the_photographs_that_organisers_see(
    client: FlaskClient, make: Make, see: list[str], sealed: bool, number: int
) -> None:
    event = make_forum(data=asked(*see, sealed=sealed))
    pictured(event, "Amina")
    rule(event, BadgeName.PUBLIC, photos=True)
    officer(client, event, Role.ORGANISER)
    assert print_badges(client, event, layout="a6", mode="") == 303
    (order,) = make()
    assert [len(found) for found in photographs(order).values()] == [number]
    assert reads() == []


def test_a_demoted_officer_fetches_no_photographs(client: FlaskClient, make: Make) -> None:
    event = make_forum(data=asked("desk"))
    pictured(event, "Amina")
    rule(event, BadgeName.PUBLIC, photos=True)
    person = officer(client, event)
    assert print_badges(client, event, layout="a6", mode="") == 303
    (order,) = make()
    demote(person, event)
    sign_in(client, person)
    assert client.get(console(event, f"/{order.id}")).status_code == 404


def test_sealed_photographs_count_for_the_alarm(
    client: FlaskClient, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two batches of so many photographs that only together they are more than an hour's."""
    event = make_forum(data=asked("desk"))
    names = [f"Guest {number:02d}" for number in range(READS_AN_HOUR // 2 + 1)]
    pictured(event, *names)
    rule(event, BadgeName.PUBLIC, photos=True)
    officer(client, event)
    alarms = db.session.query(Promise).filter_by(task="registration.many_reads")
    for told in (0, 1, 1):
        assert print_badges(client, event, mode="") == 303
        make()
        assert alarms.count() == told
    assert reads() == [len(names)] * 3


def test_a_batch_that_is_tried_again_is_one_deed(
    client: FlaskClient, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The printer fails, and makes the batch with the next try: the photographs stand in the record once."""
    event = make_forum(data=asked("desk"))
    pictured(event, *[f"Guest {number:02d}" for number in range(READS_AN_HOUR // 2 + 1)])
    rule(event, BadgeName.PUBLIC, photos=True)
    officer(client, event)
    assert print_badges(client, event, mode="") == 303
    with monkeypatch.context() as hurried:
        hurried.setattr(typeset, "LONGEST", 0.001)
        with pytest.raises(typeset.NotPrinted):
            make()
    with time_machine.travel(now() + timedelta(minutes=5)):
        (order,) = make()
    assert order.number == READS_AN_HOUR // 2 + 1
    assert reads() == [order.number]
    assert db.session.query(Promise).filter_by(task="registration.many_reads").count() == 0


def test_photographs_read_again_by_the_house_stand_in_no_history(client: FlaskClient, make: Make) -> None:
    """In the event's history they would tell that somebody has just hidden."""
    event = make_forum(data=asked("desk"))
    pictured(event, "Amina")
    rule(event, BadgeName.PUBLIC, photos=True)
    officer(client, event)
    assert print_badges(client, event, mode="") == 303
    (order,) = make()
    before = len(deeds(event))
    person = db.session.scalars(select(Person).join(Registration, Registration.person_id == Person.id)).one()
    hide_now(person)
    follow(person.id)
    assert make()[0].edition == order.edition == 2
    assert (len(deeds(event)), reads()) == (before, [1, 1])


def test_gathering_takes_as_many_statements_for_three_as_for_one(
    client: FlaskClient, make: Make, statements: list[str]
) -> None:
    event = make_forum(data=asked("desk"))
    rule(event, BadgeName.PUBLIC, photos=True)
    officer(client, event)
    counts = []
    # The first one also loads what is kept in process.
    for number, names in ((1, ["Amina"]), (1, []), (3, ["Sokha", "Grace"])):
        pictured(event, *names)
        assert print_badges(client, event, mode="", layout="a6") == 303
        db.session.flush()
        db.session.expire_all()
        statements.clear()
        order = make()[-1]
        counts.append(len(statements))
        assert (order.number, reads()[-1]) == (number, number)
    assert counts[1] == counts[2], "\n".join(statements)


def test_badges_take_the_colour_that_the_event_chose(client: FlaskClient) -> None:
    event = make_stage()
    make_people(event)
    take_category(event, "member_state", colour=BadgeColour.PLUM)
    take_category(event, "nhri")
    officer(client, event)
    assert print_badges(client, event) == 303
    rows = select(PaperOrder).options(joinedload(PaperOrder.event), joinedload(PaperOrder.owner))
    order = db.session.scalars(rows.execution_options(populate_existing=True)).one()
    colours = {badge["category"]: badge["colour"] for badge in gather(order).data["badges"]}
    assert colours["Member State"] == badges.PALETTE[BadgeColour.PLUM] != badges.COLOURS["member_state"][0]
    assert colours["National human rights institution"] == badges.COLOURS["nhri"][0]
    assert colours["Academic or expert"] == badges.COLOURS["academic_expert"][0]
