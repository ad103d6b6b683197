"""From the room to the public page, over HTTP: captured, confirmed behind the link, verified, published, changed."""

import gzip
import re
import uuid
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from werkzeug.test import Client

from eventhub.commitments import capturing, confirming, following, half_typed, keeping, queries
from eventhub.commitments.models import Answer, Asking, Commitment, HalfTyped, Note, Says, State, Verdict, Version
from eventhub.commitments.moves import NotPossible
from eventhub.kit.audit import AuditEntry
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.outbox import Promise
from eventhub.people.models import Role
from eventhub.programme.models import Event
from tests.delegations.scene import owed
from tests.delegations.test_journeys import browser
from tests.factories.commitments import WORDING, asked, described, make_commitment, new_address, past_event, published
from tests.factories.people import form_fields, make_person, make_staff
from tests.factories.programme import make_event, make_session
from tests.programme.console import fields_of

pytestmark = pytest.mark.usefixtures("database")
RECORD = "/en/console/commitments"


def room(event: Event) -> str:
    return f"/en/console/events/{event.slug}/commitments"


def said(**other: str) -> dict[str, str]:
    """The least that a rapporteur types."""
    least = {"maker": "Ministry of Education", "kind": "government", "wording": WORDING, "language": "en"}
    return least | other


def send(browsing: FlaskClient, url: str, data: dict[str, str], page: str | None = None) -> tuple[int, str]:
    """Send a form as its page holds it; the status and the page that follows."""
    hidden = form_fields(browsing.get(page or url).text, url)
    answer = browsing.post(url, data=hidden | data, follow_redirects=True)
    return answer.status_code, answer.text


def newest() -> Commitment:
    found = db.session.scalars(select(Commitment.id).order_by(Commitment.number.desc()).limit(1)).one()
    db.session.expire_all()
    return queries.record(found)


def link(commitment: Commitment) -> str:
    """The address in the newest mail."""
    db.session.expire_all()
    asking = queries.open_asking(queries.record(commitment.id))
    assert asking is not None
    return f"/en/confirm/{confirming.link_token(asking)}"


def test_a_rapporteur_writes_it_down_with_three_answers_and_takes_it_back(app: Flask) -> None:
    event = past_event()
    rapporteur = browser(app, make_staff(Role.RAPPORTEUR, event_id=event.id))
    status, page = send(rapporteur, room(event), said(due_on="2028-12-31"))
    made = newest()
    made_id, reference = made.id, made.reference
    assert (status, made.state, made.words.wording) == (200, State.DRAFT, WORDING)
    assert f"{reference} is written down." in page
    assert (made.language, str(made.words.due_on), made.makers[0].is_lead) == ("en", "2028-12-31", True)
    _status, page = send(rapporteur, f"{RECORD}/{made_id}/undo", {}, room(event))
    assert f"{reference} is undone." in page
    assert db.session.scalar(select(func.count(Commitment.id))) == 0
    verbs = set(db.session.scalars(select(AuditEntry.verb).where(AuditEntry.subject_id == made_id)))
    assert verbs == {"commitments.captured", "commitments.undone"}


def typed(browsing: FlaskClient, event: Event, **words: str) -> int:
    """What the page sends while one types."""
    hidden = form_fields(browsing.get(room(event)).text, room(event))
    return browsing.post(f"{room(event)}/typed", data=hidden | {"form_key": str(uuid.uuid4())} | words).status_code


def test_what_is_half_typed_is_there_again_for_whoever_typed_it_until_it_is_written_down(app: Flask) -> None:
    event = past_event()
    person = make_staff(Role.RAPPORTEUR, event_id=event.id)
    phone, tablet = browser(app, person), browser(app, person)
    words = {"maker": "", "wording": "نحن سوف", "email": "not an add", "due_on": "2028-12-31", "country": "KE"}
    assert typed(phone, event, **words, kind="government", session="nonsense") == 204
    page = tablet.get(room(event))
    fields = fields_of(page, action="/commitments")
    assert {name: fields[name] for name in words} == {name: [value] for name, value in words.items()}
    assert (fields["kind"], fields["session"]) == (["government"], [""])
    assert "Saved on" in page.text
    assert re.search(r"<details[^>]* open", page.text), "what is folded and filled is seen"
    colleague = browser(app, make_staff(Role.RAPPORTEUR, event_id=event.id))
    assert "Saved on" not in colleague.get(room(event)).text
    assert typed(colleague, event, wording="Another one") == 204
    other = past_event()
    assert phone.post(f"{room(other)}/typed", data={"wording": "x"}).status_code == 404
    assert send(tablet, room(event), said())[0] == 200
    assert "Saved on" not in phone.get(room(event)).text
    assert fields_of(colleague.get(room(event)), action="/commitments")["wording"] == ["Another one"]


def test_what_is_taken_out_again_or_old_or_of_nobody_is_gone(app: Flask) -> None:
    event = past_event()
    person = make_staff(Role.RAPPORTEUR, event_id=event.id)
    rapporteur = browser(app, person)
    assert typed(rapporteur, event, maker="Union") == 204
    assert typed(rapporteur, event, maker=" ", kind="business") == 204
    assert db.session.scalar(select(func.count()).select_from(HalfTyped)) == 0
    assert typed(rapporteur, event, maker="x" * 9_000, wording="y" * 90_000) == 204
    [kept] = db.session.scalars(select(HalfTyped)).all()
    assert (len(kept.given["maker"]), len(kept.given["wording"])) == (200, 4_000)
    assert keeping.half_typed(person)[0]["typed"]["maker"] == "x" * 200
    assert rapporteur.post(f"{room(event)}/typed", data={"maker": "Union"}).status_code == 422, "a forged page"
    with time_machine.travel(now() + half_typed.KEPT, tick=False):
        assert "Saved on" not in rapporteur.get(room(event)).text
        half_typed.forget(now())
    assert db.session.scalar(select(func.count()).select_from(HalfTyped)) == 0
    assert typed(rapporteur, event, maker="Union", email="Amina@Example.org") == 204
    keeping.forget_mailbox(person, ["other@example.org"])
    assert keeping.half_typed(person)
    keeping.forget_mailbox(person, ["amina@example.org"])
    assert keeping.half_typed(person) == []
    assert typed(rapporteur, event, maker="Union") == 204
    keeping.erase(person.id)
    assert db.session.scalar(select(func.count()).select_from(HalfTyped)) == 0


def test_a_form_sent_twice_writes_it_down_once(app: Flask) -> None:
    event = past_event()
    rapporteur = browser(app, make_staff(Role.RAPPORTEUR, event_id=event.id))
    data = form_fields(rapporteur.get(room(event)).text, room(event)) | said()
    first, second = (rapporteur.post(room(event), data=data) for _time in range(2))
    assert (first.status_code, second.status_code) == (303, 303)
    assert db.session.scalar(select(func.count(Commitment.id))) == 1
    assert rapporteur.post(room(event), data=data | {"maker": "Other"}).status_code == 409


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({"maker": " "}, "Fill in this field"),
        ({"wording": ""}, "Fill in this field"),
        ({"kind": "nobody"}, "Choose one of the answers on the list"),
        ({"due_on": "soon"}, "Write a date as year-month-day"),
        ({"due_on": "1999-01-01"}, "Give a year from 2000 to 2100"),
        ({"email": "minister"}, "Enter an email address like name@example.org"),
        ({"session": str(uuid.uuid4())}, "Choose one of the answers on the list"),
        ({"wording": "x" * 4001}, "This text is too long"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_the_rest_stays(app: Flask, typed: dict[str, str], message: str) -> None:
    event = past_event()
    rapporteur = browser(app, make_staff(Role.RAPPORTEUR, event_id=event.id))
    status, page = send(rapporteur, room(event), said(speaker="The Minister") | typed)
    assert status == 422
    assert message in page
    assert "The Minister" in page
    assert db.session.scalar(select(func.count(Commitment.id))) == 0


def test_the_session_that_is_on_is_chosen_beforehand(app: Flask) -> None:
    event = make_event(first_day=now().date(), time_zone="UTC")
    session = make_session(event)
    make_session(event, day=1)
    rapporteur = make_staff(Role.RAPPORTEUR, event_id=event.id)
    with time_machine.travel(session.starts_at + timedelta(minutes=5), tick=False):
        page = browser(app, rapporteur).get(room(event)).text
        arabic = browser(app, rapporteur).get(room(event).replace("/en/", "/ar/")).text
    assert re.search(rf'<option selected value="{session.id}"', page)
    assert re.search(rf'<option selected value="{session.id}">[^<,]+، [^<,]*\d\d:\d\d · ', arabic)


def test_from_the_room_to_the_public_page(app: Flask, client: FlaskClient) -> None:
    event = past_event()
    organiser = browser(app, make_staff(Role.ORGANISER, event_id=event.id))
    send(organiser, room(event), said(email=new_address(), due_on="2028-12-31"))
    made = newest()
    _status, page = send(organiser, f"{room(event)}/ask", {}, room(event))
    assert "1 maker is asked by mail." in page
    assert owed("commitments.asked") == [{"asking_id": str(db.session.scalars(select(Asking.id)).one())}]
    address = link(made)
    before = _snapshot()
    for _time in range(2):
        assert WORDING in client.get(address).text
        client.get(f"{address}/correct")
        client.get(f"{address}/not-me")
    assert _snapshot() == before
    status, page = send(client, address, {"text": "With pleasure"})
    assert (status, "Your words are confirmed." in page) == (200, True)
    assert "Your words are confirmed." in client.get(address).text
    record = f"{RECORD}/{made.id}"
    page = organiser.get(record).text
    assert "With pleasure" in page
    send(organiser, f"{record}/verify", {}, record)
    assert newest().state is State.VERIFIED
    send(organiser, f"{record}/state", {"go": "publish"}, record)
    made = newest()
    assert made.state is State.PUBLISHED
    public = client.get(f"/en/commitments/{made.reference}")
    assert WORDING in public.text
    assert "Confirmed by the maker" in public.text
    assert "@" not in public.text
    assert made.reference in client.get("/en/commitments?q=mother+tongue").text
    words = form_fields(organiser.get(f"{record}/words").text, f"{record}/words")
    later = words | {"wording": WORDING, "due_on": "2029-06-30"}
    assert organiser.post(f"{record}/words", data=later).status_code == 422
    status, _page = send(
        organiser, f"{record}/words", later | {"reason": "A new budget year"} | _fresh(organiser, record)
    )
    page = client.get(f"/en/commitments/{made.reference}").text
    assert "A new budget year" in page
    assert "31 December 2028" in page
    assert "30 June 2029" in page
    send(organiser, f"{record}/state", {"go": "hold"}, record)
    assert client.get(f"/en/commitments/{made.reference}").status_code == 404
    assert made.reference not in client.get("/en/commitments").text


def _fresh(browsing: FlaskClient, record: str) -> dict[str, str]:
    return form_fields(browsing.get(f"{record}/words").text, f"{record}/words")


def _snapshot() -> list[object]:
    """All that a link could change."""
    db.session.expire_all()
    rows: list[object] = []
    for table in (Commitment, Asking, Version, Note, Promise, AuditEntry):
        rows.append(db.session.execute(select(table.__table__)).all())  # type: ignore[attr-defined]
    return rows


def test_the_maker_puts_the_words_right_and_both_stay(app: Flask, client: FlaskClient) -> None:
    commitment, asking = asked()
    address = f"/en/confirm/{confirming.link_token(asking)}"
    status, page = send(client, f"{address}/correct", {"wording": "  ", "reason": "", "due_on": "2028-12-31"})
    assert status == 422
    assert "Fill in this field" in page
    same = {"wording": WORDING, "reason": "Nothing", "due_on": "2028-12-31"}
    status, page = send(client, f"{address}/correct", same)
    assert (status, "Nothing is different from the words before" in page) == (422, True)
    other = {"wording": WORDING.replace("120", "100"), "reason": "We said a hundred", "due_on": "2028-12-31"}
    status, page = send(client, f"{address}/correct", other)
    assert "Your words are kept" in page
    found = newest()
    assert (found.state, found.newest, found.confirmed) == (State.CLARIFICATION, 2, 2)
    assert [one.wording for one in found.versions] == [WORDING, WORDING.replace("120", "100")]
    assert (found.versions[1].by_maker, found.versions[1].reason) == (True, "We said a hundred")
    assert commitment.id == found.id
    # A second answer, from another window, changes nothing.
    again = client.post(address, data={"form_key": str(uuid.uuid4()), "seen": "2"})
    assert "Your words are kept" in again.text
    assert newest().newest == 2


def test_words_changed_while_the_maker_reads_are_not_confirmed(client: FlaskClient) -> None:
    commitment, asking = asked()
    address = f"/en/confirm/{confirming.link_token(asking)}"
    hidden = form_fields(client.get(address).text, address)
    capturing.amend(make_person(), commitment, capturing.Words("Other words"), reason="Misheard")
    answer = client.post(address, data=hidden | {"text": "Our message"})
    assert answer.status_code == 422
    assert "The words were changed while you were reading" in answer.text
    assert "Other words" in answer.text
    assert "Our message" in answer.text
    assert newest().confirmed is None


def test_not_me_forgets_the_mailbox_and_asks_the_next_one(client: FlaskClient) -> None:
    commitment = make_commitment(email=new_address())
    second = new_address()
    capturing.add_contact(make_person(), commitment, second, name="Amina", language="fr")
    commitment, asking = asked(commitment)
    status, _page = send(client, f"/en/confirm/{confirming.link_token(asking)}/not-me", {})
    assert status == 200
    found = newest()
    assert [one.email for one in found.contacts] == [None, second]
    assert found.state is State.AWAITING_MAKER
    send(client, f"{link(found)}/not-me", {})
    assert newest().state is State.LAPSED
    assert client.get(f"/en/confirm/{confirming.link_token(asking)}").status_code == 410


def test_a_mistyped_mailbox_is_removed_and_the_next_one_is_asked(app: Flask, client: FlaskClient) -> None:
    commitment, wrong, right = make_commitment(email=new_address()), new_address(), new_address()
    commitment, asking = asked(commitment)
    for email in (wrong, right):
        capturing.add_contact(make_person(), queries.record(commitment.id), email, name="", language="en")
    record = f"/en/console/commitments/{commitment.id}"
    keeper = browser(app, make_staff(Role.ORGANISER, event_id=commitment.event_id))
    first, mistyped, _right = [one.id for one in newest().contacts]
    for contact_id in (mistyped, first):
        where = f"{record}/contacts/{contact_id}/forget"
        assert keeper.post(where, data=form_fields(keeper.get(record).text, where)).status_code == 303
    found = newest()
    assert [one.email for one in found.contacts] == [None, None, right]
    assert found.state is State.AWAITING_MAKER
    assert client.get(f"/en/confirm/{confirming.link_token(asking)}").status_code == 410
    assert client.get(link(found)).status_code == 200
    with pytest.raises(NotPossible):
        confirming.forget(make_person(), newest(), newest().contacts[0])


def test_a_link_reminds_once_ends_after_seven_days_and_the_next_is_asked() -> None:
    commitment = make_commitment(email=new_address())
    capturing.add_contact(make_person(), commitment, new_address(), name="", language="en")
    commitment, first = asked(commitment)
    start = now()
    assert confirming.follow_links(start + timedelta(days=4)) == 0
    assert confirming.follow_links(start + timedelta(days=5, minutes=1)) == 1
    assert confirming.follow_links(start + timedelta(days=5, minutes=2)) == 0
    assert owed("commitments.reminded") == [{"asking_id": str(first.id)}]
    with time_machine.travel(start + timedelta(days=7, minutes=1), tick=False):
        assert confirming.follow_links(now()) == 1
        assert first.answer is Answer.EXPIRED
        with pytest.raises(confirming.LinkClosed):
            confirming.confirm(confirming.link_token(first), seen=1)
        assert len(owed("commitments.asked")) == 2
    # The clock was down for two weeks: the second link ends once, and the record lapses.
    with time_machine.travel(start + timedelta(days=21), tick=False):
        assert confirming.follow_links(now()) == 1
        assert confirming.follow_links(now()) == 0
        assert newest().state is State.LAPSED


def test_a_question_goes_to_the_maker_and_a_note_does_not(app: Flask, client: FlaskClient) -> None:
    commitment, _asking = asked()
    organiser = browser(app, make_staff(Role.ORGANISER, event_id=commitment.event_id))
    record = f"{RECORD}/{commitment.id}"
    send(organiser, f"{record}/notes", {"text": "She meant 2029?", "to": "us"}, record)
    send(organiser, f"{record}/notes", {"text": "Which districts?", "to": "maker"}, record)
    assert newest().state is State.CLARIFICATION
    page = client.get(link(commitment)).text
    assert "Which districts?" in page
    assert "She meant 2029?" not in page
    rapporteur = browser(app, make_staff(Role.RAPPORTEUR, event_id=commitment.event_id))
    hidden = form_fields(rapporteur.get(record).text, f"{record}/notes")
    refused = rapporteur.post(f"{record}/notes", data=hidden | {"text": "Me too", "to": "maker"})
    assert refused.status_code == 404


def test_nobody_publishes_before_the_session_is_over_or_for_the_own_organization(app: Flask) -> None:
    event = make_event()
    make_session(event)
    commitment, asking = asked(make_commitment(event, email=new_address()))
    confirming.confirm(confirming.link_token(asking), seen=1)
    organiser = make_staff(Role.ORGANISER, event_id=event.id)
    browsing, record = browser(app, organiser), f"{RECORD}/{commitment.id}"
    send(browsing, f"{record}/verify", {}, record)
    _status, page = send(browsing, f"{record}/state", {"go": "publish"}, record)
    assert "The session is not over yet" in page
    contact = queries.record(commitment.id).contacts[0]
    contact.email = organiser.email
    db.session.flush()
    with time_machine.travel(now() + timedelta(days=60), tick=False):
        theirs = browser(app, organiser)
        _status, page = send(theirs, f"{record}/state", {"go": "publish"}, record)
    assert "You represent the maker" in page
    assert newest().state is State.VERIFIED


def test_unconfirmed_words_are_verified_only_with_a_word_how_one_knows(app: Flask) -> None:
    commitment, _asking = asked()
    organiser = browser(app, make_staff(Role.ORGANISER, event_id=commitment.event_id))
    record = f"{RECORD}/{commitment.id}"
    status, page = send(organiser, f"{record}/verify", {}, record)
    assert (status, "Say how you know that they are right." in page) == (422, True)
    send(organiser, f"{record}/verify", {"text": "The webcast, minute 52"}, record)
    assert newest().state is State.VERIFIED
    assert queries.open_asking(newest()) is None


def test_a_withdrawal_for_safety_leaves_no_trace_but_a_sealed_reason(app: Flask, client: FlaskClient) -> None:
    commitment = published(maker="Union of the Threatened")
    public = f"/en/commitments/{commitment.reference}"
    assert client.get(public).status_code == 200
    organiser = browser(app, make_staff(Role.ORGANISER, event_id=commitment.event_id))
    rapporteur = browser(app, make_staff(Role.RAPPORTEUR, event_id=commitment.event_id))
    record = f"{RECORD}/{commitment.id}"
    send(organiser, f"{record}/withdraw", {"why": "safety", "reason": "They were visited at night"})
    assert client.get(public).status_code == 404
    assert "Threatened" not in client.get("/en/commitments").text
    assert rapporteur.get(record).status_code == 404
    assert "Threatened" not in rapporteur.get(RECORD).text
    assert "visited at night" not in organiser.get(record).text
    _status, page = send(organiser, f"{record}/reason", {"text": "The Board asks"}, record)
    assert "visited at night" in page
    verbs = list(db.session.scalars(select(AuditEntry.verb).where(AuditEntry.subject_id == commitment.id)))
    assert verbs.count("commitments.reason_read") == 1


def test_another_withdrawal_stays_public_with_its_reason(app: Flask, client: FlaskClient) -> None:
    commitment = published()
    organiser = browser(app, make_staff(Role.ORGANISER, event_id=commitment.event_id))
    send(organiser, f"{RECORD}/{commitment.id}/withdraw", {"why": "maker", "reason": "The law was not passed"})
    page = client.get(f"/en/commitments/{commitment.reference}").text
    assert "The law was not passed" in page
    assert "Withdrawn" in page


def test_what_is_hidden_for_safety_stays_hidden_when_it_is_withdrawn_from_an_old_page(
    app: Flask, client: FlaskClient
) -> None:
    commitment = published(maker="Union of the Threatened")
    organiser = browser(app, make_staff(Role.ORGANISER, event_id=commitment.event_id))
    record, public = f"{RECORD}/{commitment.id}", f"/en/commitments/{commitment.reference}"
    old = form_fields(organiser.get(f"{record}/withdraw").text, f"{record}/withdraw")
    send(organiser, f"{record}/state", {"go": "hold"}, record)
    assert client.get(public).status_code == 404
    refused = organiser.post(f"{record}/withdraw", data=old | {"why": "duplicate", "reason": "It is there twice"})
    assert refused.status_code == 422
    assert "it would be public again" in refused.text
    assert "It is there twice" in refused.text
    assert "It is hidden for safety now" in refused.text
    assert newest().state is State.HELD
    assert client.get(public).status_code == 404
    move = text("UPDATE commitment SET state = 'withdrawn', withdrawn_why = :why, withdrawn_at = now() WHERE id = :id")
    for why in ("duplicate", "maker"):
        with pytest.raises(DBAPIError, match="hidden for safety"), db.session.begin_nested():
            db.session.execute(move, {"why": why, "id": commitment.id})
    status, _page = send(organiser, f"{record}/withdraw", {"why": "safety", "reason": "They were visited at night"})
    assert (status, newest().state) == (200, State.WITHDRAWN)
    assert client.get(public).status_code == 404


def test_a_correction_that_comes_after_another_window_is_shown_and_not_thanked_for(client: FlaskClient) -> None:
    commitment, _asking = asked()
    address = link(commitment)
    late = form_fields(client.get(f"{address}/correct").text, f"{address}/correct")
    send(client, address, {})
    assert newest().confirmed == 1
    typed = {"wording": "We will open 100.", "reason": "We said a hundred", "due_on": "2028-12-31"}
    answer = client.post(f"{address}/correct", data=late | typed)
    assert answer.status_code == 409
    shown = ("Your correction was not kept", "We will open 100.", "We said a hundred", "31 December 2028")
    assert all(words in answer.text for words in shown)
    assert "Thank you" not in answer.text
    assert newest().words.wording == WORDING
    assert "Your words are confirmed." in client.get(f"{address}/correct").text


def test_staff_with_an_old_page_do_not_change_words_that_the_maker_confirmed_meanwhile(
    app: Flask, client: FlaskClient
) -> None:
    commitment, _asking = asked()
    organiser = browser(app, make_staff(Role.ORGANISER, event_id=commitment.event_id))
    url = f"{RECORD}/{commitment.id}/words"
    old = fields_of(organiser.get(url), action="/words")
    send(client, link(commitment), {})
    new = {"wording": "We will open 100.", "reason": "The budget"}
    refused = organiser.post(url, data=old | new)
    assert refused.status_code == 422
    assert "Somebody else changed this" in refused.text
    assert newest().words.wording == WORDING
    again = organiser.post(url, data=fields_of(organiser.get(url), action="/words") | new)
    assert again.status_code == 303
    assert (newest().newest, newest().confirmed, newest().state) == (2, 1, State.CLARIFICATION)


def test_pages_of_before_lead_to_the_record_and_say_that_it_moved_on(app: Flask) -> None:
    commitment = published()
    organiser = browser(app, make_staff(Role.ORGANISER, event_id=commitment.event_id))
    record = f"{RECORD}/{commitment.id}"
    replaced = form_fields(organiser.get(f"{record}/replaced").text, f"{record}/replaced")
    send(organiser, f"{record}/close", {"reason": "All is done"})
    for page in ("close", "replaced", f"makers/{uuid.uuid4()}/successor", f"makers/{uuid.uuid4()}/leave"):
        answer = organiser.get(f"{record}/{page}", follow_redirects=True)
        assert (answer.status_code, answer.request.path) == (200, record), page
        assert "This commitment has moved on" in answer.text, page
    typed = replaced | {"references": published().reference, "kin": "merged", "reason": "Two became one"}
    refused = organiser.post(f"{record}/replaced", data=typed)
    assert refused.status_code in {409, 422}
    assert "Two became one" in refused.text
    assert newest().state is State.PUBLISHED


def test_details_are_kept_whole_or_refused_at_their_field(app: Flask, client: FlaskClient) -> None:
    commitment = published()
    organiser = browser(app, make_staff(Role.ORGANISER, event_id=commitment.event_id))
    url = f"{RECORD}/{commitment.id}/details"
    least = {"maker_0": "Ministry", "kind_of_0": "government"}
    for typed, message in (
        ({"countries": "KE, Utopia"}, "There is no country with the code UTOPIA"),
        ({"sdgs": "18.1"}, "18.1 is no goal or target"),
        ({"target_0": "many"}, "Write a number"),
        ({"target_0": "5"}, "Write what is counted"),
        ({"due_0": "2027-01-01"}, "Write what will be done"),
        ({"maker_1": "Donor"}, "Choose one of the answers on the list"),
        ({"paragraph_0": "65"}, "Write the symbol of the document"),
    ):
        status, page = send(organiser, url, least | typed)
        assert (status, message in page) == (422, True), (typed, message)
    whole = least | {
        "maker_1": "Foundation",
        "kind_of_1": "donor_foundation",
        "countries": "ke, PE",
        "sdgs": "4.5 10",
        "symbol_0": "A/HRC/52/71",
        "paragraph_0": "65",
        "indicator_0": "Schools",
        "baseline_0": "46",
        "target_0": "120",
        "milestone_0": "The law is drafted",
        "done_0": "2026-01-31",
        "milestone_1": "The law is passed",
        "due_1": "2025-01-31",
    }
    status, _page = send(organiser, url, whole)
    assert status == 200
    page = client.get(f"/en/commitments/{commitment.reference}").text
    for words in ("A/HRC/52/71", "paragraph 65", "46 → 120", "1 of 2 milestones", "Foundation", "Kenya · Peru"):
        assert words in page
    assert '<span class="code">A/HRC/52/71</span>, paragraph 65</li>' in page
    for lang, late in (("en", "Late"), ("ar", "متأخرة")):
        assert f'<span class="tag warn">{late}</span>' in client.get(f"/{lang}/commitments/{commitment.reference}").text
    found = newest()
    assert (found.sdgs, found.countries) == (["4.5", "10"], ["KE", "PE"])


def test_a_translation_is_marked_and_the_words_stay_in_their_language(app: Flask, client: FlaskClient) -> None:
    commitment = published(wording="Nous ouvrirons des classes.", language="fr")
    organiser = browser(app, make_staff(Role.ORGANISER, event_id=commitment.event_id))
    url = f"{RECORD}/{commitment.id}/translation"
    send(organiser, url, {"language": "en", "wording": "We will open classes.", "title": "Classes"})
    page = client.get(f"/en/commitments/{commitment.reference}").text
    assert '<p lang="fr" dir="ltr">Nous ouvrirons des classes.</p>' in page
    assert "We will open classes." in page
    assert "Translated from: French" in page
    status, _page = send(organiser, url, {"language": "fr", "wording": "Autre"})
    assert status == 422


def test_the_public_list_finds_and_filters_in_six_statements(client: FlaskClient, statements: list[str]) -> None:
    event = past_event()
    first = described(published(event, maker="Ministry of Schools"), themes=["education"], groups=["roma"])
    counts = []
    for number in (1, 3):
        while db.session.scalar(select(func.count(Commitment.id))) < number:  # type: ignore[operator]
            published(event, maker="Other", kind="business", country="PE", wording="Wir öffnen Türen")
        client.get("/en/commitments")
        statements.clear()
        client.get("/en/commitments")
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 6, counts
    following.say(first, Says.IN_PROGRESS)
    following.check(make_person(), first, Verdict.EVIDENCE_SEEN)
    for asked_for in (
        "q=schools",
        "q=" + first.reference,
        "maker=government",
        "country=KE",
        "theme=education",
        "group=roma",
        "said=in_progress",
        "checked=evidence_seen",
        f"event={event.slug}&maker=government",
    ):
        page = client.get(f"/en/commitments?{asked_for}").text
        assert "1 commitment<" in page, asked_for
        assert "Ministry of Schools" in page
    assert "Nothing found" in client.get("/en/commitments?q=nowhere").text
    assert "3 commitments" in client.get("/en/commitments?maker=nonsense&said=x&fresh=y&country=zz&page=0").text
    assert "2 commitments" in client.get("/en/commitments?q=OFFNEN").text
    with time_machine.travel(now() + timedelta(days=95), tick=False):
        assert "3 commitments" in client.get("/en/commitments?fresh=due").text
    with time_machine.travel(now() + timedelta(days=130), tick=False):
        page = client.get("/en/commitments?fresh=silent").text
        assert "3 commitments" in page
        assert "for 130 days" in page


def test_each_page_goes_on_where_the_one_before_ended(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "PER_PAGE", 2)
    event = past_event()
    made = [published(event, wording=f"Teaching {number}").reference for number in range(5)]
    for sought in ("", "q=teaching&"):
        shown = []
        for page in range(1, 5):
            text = client.get(f"/en/commitments?{sought}page={page}").text
            shown += [one for one in dict.fromkeys(re.findall(r"/commitments/(C-[0-9]+)", text)) if one in made]
        assert shown == made[::-1], sought


def test_an_address_of_another_form_is_no_page(client: FlaskClient) -> None:
    commitment = published()
    for reference in (commitment.reference.lower(), f"C-0{commitment.number:04d}", "C-1", "C-9999999", "x"):
        assert client.get(f"/en/commitments/{reference}").status_code == 404


def test_the_list_is_sent_packed_to_whoever_takes_it(client: FlaskClient) -> None:
    published()
    plain = client.get("/en/commitments")
    packed = Client(client.application).get("/en/commitments", headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(packed.data).decode() == plain.text
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert "Accept-Encoding" in plain.headers["Vary"]
    assert "Accept-Encoding" in packed.headers["Vary"]
