"""Answers beside papers: what is drawn for whom, a sealed one for a reason alone, never the file itself."""

import io

import pytest
from flask.testing import FlaskClient
from pypdf import PdfWriter
from sqlalchemy import select

from eventhub.kit.audit import AuditEntry
from eventhub.kit.db import db
from eventhub.people.models import Role
from eventhub.programme.models import Event
from eventhub.questionnaires.uploads import Upload
from eventhub.registration.models import Registration
from tests.factories.people import form_fields
from tests.factories.registration import ANSWERS, WITH_PAPERS, a_photograph, make_forum, register
from tests.registration.test_organiser_views import desk, officer

pytestmark = pytest.mark.usefixtures("database")


def a_pdf(pages: int) -> bytes:
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(595, 842)
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def sent(letter: bytes, name: str = "letter.jpg", scan: bytes | None = None) -> tuple[Event, Registration]:
    event = make_forum(data=WITH_PAPERS)
    papers: dict[str, object] = {"letter": Upload(name, letter)}
    if scan:
        papers["scan"] = Upload("passport.jpg", scan)
    return event, register(event, **(ANSWERS | papers))


def read() -> list[AuditEntry]:
    return list(db.session.scalars(select(AuditEntry).where(AuditEntry.verb == "registration.revealed")))


def test_a_letter_stands_beside_the_answers_drawn_anew(client: FlaskClient) -> None:
    event, one = sent(a_photograph())
    officer(client, event)
    record = client.get(desk(event, f"/{one.id}")).text
    assert f"/registrations/{one.id}/papers" in record
    page = client.get(desk(event, f"/{one.id}/papers"))
    assert page.headers["Cache-Control"] == "no-store"
    assert page.text.count('src="data:image/webp;base64,') == 1
    assert "Horn Voices Association" in page.text
    assert 'alt="Letter, page 1"' in page.text
    turned = client.get(desk(event, f"/{one.id}/papers/letter?page=1&turn=90")).text
    assert turned.count('src="data:image/webp;base64,') == 1
    assert "turn=180" in turned
    assert "turn=0" in turned
    for nonsense in ("?turn=45", "?turn=-90", "?page=0", "?page=99999", "?page=x"):
        assert client.get(desk(event, f"/{one.id}/papers/letter{nonsense}")).status_code == 200
    assert not read()


def test_pages_of_a_pdf_are_turned_over(client: FlaskClient) -> None:
    event, one = sent(a_pdf(7), "letter.pdf")
    officer(client, event)
    first = client.get(desk(event, f"/{one.id}/papers/letter")).text
    assert "Page 1 of 7" in first
    assert "Next page" in first
    assert "Page before" not in first
    last = client.get(desk(event, f"/{one.id}/papers/letter?page=5")).text
    assert "Next page" not in last
    assert "The first 5 of 7 pages are shown." in last


def test_what_cannot_be_drawn_is_said_and_can_be_saved(client: FlaskClient) -> None:
    event, one = sent(b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\nstartxref\n9\n%%EOF\n", "letter.pdf")
    officer(client, event)
    page = client.get(desk(event, f"/{one.id}/papers/letter")).text
    assert "This paper cannot be shown here." in page
    assert f"/{one.id}/files/letter" in page
    assert "<img" not in page


def test_a_sealed_paper_is_looked_at_for_a_reason_and_each_look_is_recorded(client: FlaskClient) -> None:
    event, one = sent(a_photograph(), scan=a_photograph())
    who = officer(client, event)
    address = desk(event, f"/{one.id}/papers/scan")
    page = client.get(address).text
    assert "<img" not in page
    assert "passport" not in page
    assert not read()
    refused = client.post(address, data=form_fields(page, "/scan") | {"reason": " ", "turn": "0"})
    assert refused.status_code == 422
    assert 'id="reason-e"' in refused.text
    looked = client.post(address, data=form_fields(page, "/scan") | {"reason": "Is it the same person?", "turn": "0"})
    assert looked.text.count('src="data:image/webp;base64,') == 1
    assert looked.headers["Cache-Control"] == "no-store"
    again = client.post(address, data=form_fields(looked.text, "/scan") | {"reason": "Upside down", "turn": "180"})
    assert again.status_code == 200
    assert [(entry.actor_id, entry.detail["questions"]) for entry in read()] == [(who.id, ["scan"])] * 2
    assert client.post(desk(event, f"/{one.id}/papers/letter"), data={}).status_code == 404


def test_papers_are_for_whom_answers_are(client: FlaskClient) -> None:
    event, one = sent(a_photograph(), scan=a_photograph())
    officer(client, event, Role.ORGANISER)
    assert client.get(desk(event, f"/{one.id}/papers/letter")).status_code == 200
    assert client.get(desk(event, f"/{one.id}/papers/scan")).status_code == 404
    for role in (Role.SECURITY_OFFICER, Role.CHECK_IN, Role.HOST_PARTNER):
        officer(client, event, role)
        assert client.get(desk(event, f"/{one.id}/papers")).status_code == 404


def test_who_sent_no_paper(client: FlaskClient) -> None:
    event = make_forum()
    one = register(event)
    officer(client, event)
    assert "No paper was sent" in client.get(desk(event, f"/{one.id}/papers")).text
    assert "/papers" not in client.get(desk(event, f"/{one.id}")).text
