"""The organisers' console: who gets which page, what forms take and refuse, what is never lost."""

import io
from datetime import date, datetime, time, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from eventhub.kit.audit import AuditEntry
from eventhub.kit.db import db
from eventhub.kit.outbox import Promise
from eventhub.people.models import Person, Role
from eventhub.programme.models import (
    AgendaItem,
    Document,
    DocumentVersion,
    Event,
    Mode,
    Panellist,
    Publication,
    Room,
    Series,
    Session,
)
from tests.factories.people import form_fields, grant, make_person, make_staff, sign_in
from tests.factories.programme import (
    PDF_BYTES,
    add_item,
    add_panellist,
    make_document,
    make_event,
    make_room,
    make_series,
    make_session,
)
from tests.programme.console import error_at, fields_of, send, summary_of, text_of

DRAFT = Publication.DRAFT


def organiser(client: FlaskClient, event: Event, role: Role = Role.ORGANISER) -> Person:
    return sign_in(client, make_staff(role, event_id=event.id))


def series_organiser(client: FlaskClient, event: Event) -> Person:
    return sign_in(client, make_staff(Role.ORGANISER, series_id=event.series_id))


def fresh(thing: object) -> None:
    db.session.expire(thing)


# --- Who gets which page ----------------------------------------------------------------------------------------


def pages(event: Event) -> dict[str, set[Role]]:
    """Every page of an event's console and the roles that have it."""
    session, room = make_session(event), make_room(event)
    draft = make_session(event, publication=DRAFT, start=time(12))
    item, panellist = add_item(session), add_panellist(session, "Amina")
    document = make_document(event, publication=DRAFT)
    version = db.session.scalars(select(DocumentVersion).where(DocumentVersion.document_id == document.id)).one()
    edit, papers = {Role.ADMIN, Role.ORGANISER}, {Role.ADMIN, Role.ORGANISER, Role.RAPPORTEUR}
    base = f"/en/console/events/{event.slug}"
    one = f"{base}/sessions/{session.id}"
    paper = f"{base}/documents/{document.id}"
    return {
        base: papers | {Role.ACCREDITATION_OFFICER, Role.CHECK_IN},
        f"{base}/facts": edit,
        f"{base}/texts": edit,
        f"{base}/publish": edit,
        f"{base}/cancel": edit,
        f"{base}/move": edit,
        f"{base}/copy": set(),  # makes a new event: a role for this event alone does not reach that far
        f"{base}/programme": edit,
        f"{base}/rooms": edit,
        f"{base}/rooms/{room.id}": edit,
        f"{base}/sessions/new": edit,
        one: edit,
        f"{one}/move": edit,
        f"{one}/cancel": edit,
        f"{base}/sessions/{draft.id}/delete": edit,
        f"{one}/items/new": edit,
        f"{one}/items/{item.id}": edit,
        f"{one}/panel/new": edit,
        f"{one}/panel/{panellist.id}": edit,
        f"{base}/documents": papers,
        f"{base}/documents/new": papers,
        paper: papers,
        f"{paper}/files/new": papers,
        f"{paper}/files/{version.id}": papers,
        f"{paper}/withdraw": papers,
        f"{paper}/delete": papers,
    }


def deeds(event: Event) -> dict[str, set[Role]]:
    """Addresses that take a lone button."""
    session, room, document = make_session(event, publication=DRAFT), make_room(event), make_document(event)
    item = add_item(session)
    edit, papers = {Role.ADMIN, Role.ORGANISER}, {Role.ADMIN, Role.ORGANISER, Role.RAPPORTEUR}
    base = f"/en/console/events/{event.slug}"
    return {
        f"{base}/programme/publish": edit,
        f"{base}/sessions/{session.id}/publish": edit,
        f"{base}/sessions/{session.id}/items/{item.id}/order": edit,
        f"{base}/sessions/{session.id}/items/{item.id}/delete": edit,
        f"{base}/rooms/{room.id}/delete": edit,
        f"{base}/documents/{document.id}/publish": papers,
        f"{base}/documents/{document.id}/order": papers,
    }


@pytest.mark.parametrize("role", list(Role))
def test_pages_by_role_in_scope(client: FlaskClient, role: Role) -> None:
    event = make_event()
    known = pages(event)
    organiser(client, event, role)
    for url, roles in known.items():
        assert client.get(url).status_code == (200 if role in roles else 404), url
    for url, roles in deeds(event).items():
        if role not in roles:
            assert client.post(url).status_code == 404, url
        assert client.get(url).status_code in {404, 405}, url


@pytest.mark.parametrize("role", [Role.ADMIN, Role.ORGANISER, Role.RAPPORTEUR])
def test_pages_out_of_scope_do_not_exist(client: FlaskClient, role: Role) -> None:
    event, other = make_event(), make_event()
    known, buttons = pages(event), deeds(event)
    organiser(client, other, role)
    for url in known:
        answer, missing = client.get(url), client.get(url.replace(event.slug, "no-such-event"))
        assert answer.status_code == missing.status_code == 404, url
        assert answer.data.replace(event.slug.encode(), b"no-such-event") == missing.data, url
    for url in (*known, *buttons):
        assert client.post(url).status_code in {404, 405}, url


def test_parts_of_another_event_are_not_found_through_mine(client: FlaskClient) -> None:
    mine, other = make_event(), make_event()
    session, room, document = make_session(other), make_room(other), make_document(other)
    organiser(client, mine)
    base = f"/en/console/events/{mine.slug}"
    for url in (f"/sessions/{session.id}", f"/rooms/{room.id}", f"/documents/{document.id}"):
        assert client.get(base + url).status_code == 404


def test_nobody_and_participants(client: FlaskClient) -> None:
    event = make_event()
    assert "/sign-in" in client.get(f"/en/console/events/{event.slug}").location
    sign_in(client, make_person())
    assert client.get(f"/en/console/events/{event.slug}").status_code == 404
    assert client.get("/en/console/events").status_code == 404


def test_list_shows_my_scope_only(client: FlaskClient) -> None:
    mine, other = make_event(title={"en": "Mine indeed"}), make_event(title={"en": "Of others"})
    organiser(client, mine)
    said = text_of(client.get("/en/console/events"))
    assert "Mine indeed" in said
    assert "1–1 of 1" in said
    assert "Of others" not in said
    assert "Of others" not in text_of(client.get("/en/console/events?q=others&sort=title"))
    assert other.code not in said


def test_host_partner_has_no_list(client: FlaskClient) -> None:
    organiser(client, make_event(), Role.HOST_PARTNER)
    assert client.get("/en/console/events").status_code == 404


# --- The list ---------------------------------------------------------------------------------------------------


def test_list_filters_sorts_and_pages(client: FlaskClient) -> None:
    series = make_series(title={"en": "Row A"})
    sign_in(client, make_staff(Role.ORGANISER, series_id=series.id))
    day = date(2030, 5, 1)
    for number in range(30):
        make_event(
            series,
            title={"en": f"Gathering Q{number:02d}", "ar": f"لقاء Q{number:02d}"},
            first_day=day + timedelta(days=number),
            last_day=day + timedelta(days=number),
            publication=DRAFT if number % 2 else Publication.PUBLISHED,
        )
    first = text_of(client.get("/en/console/events"))
    assert "Gathering Q29" in first
    assert "Gathering Q04" not in first
    assert "1–25 of 30" in first
    assert "26–30 of 30" in text_of(client.get("/en/console/events?page=2"))
    assert "26–30 of 30" in text_of(client.get("/en/console/events?page=999"))
    assert "1–15 of 15" in text_of(client.get("/en/console/events?state=draft"))
    assert "1–1 of 1" in text_of(client.get("/en/console/events?q=gathering+q07"))
    assert "Gathering Q07" not in text_of(client.get("/en/console/events?q=لقاء+q08"))
    assert "Gathering Q08" in text_of(client.get("/en/console/events?q=لقاء+q08"))
    by_title = text_of(client.get("/en/console/events?sort=title"))
    assert by_title.index("Gathering Q00") < by_title.index("Gathering Q01")


@pytest.mark.parametrize(
    "question",
    [
        "q=%00",
        "q=%25",
        "q=_",
        "kind=x&state=y&series=z&when=q&sort=%27",
        "page=-1",
        "page=9999999999",
        "q=%F0%9F%8F%B3",
    ],
)
def test_list_takes_any_question(client: FlaskClient, question: str) -> None:
    organiser(client, make_event())
    assert client.get(f"/en/console/events?{question}").status_code == 200


@pytest.mark.parametrize("number", [1, 3])
def test_list_takes_six_statements(client: FlaskClient, statements: list[str], number: int) -> None:
    series = make_series()
    for _ in range(number):
        make_session(make_event(series))
    sign_in(client, make_staff(Role.ORGANISER, series_id=series.id))
    db.session.expire_all()
    statements.clear()
    assert client.get("/en/console/events").status_code == 200
    assert len([one for one in statements if one.startswith("SELECT")]) == 5


@pytest.mark.parametrize("number", [1, 3])
def test_programme_statements_do_not_grow(client: FlaskClient, statements: list[str], number: int) -> None:
    event = make_event()
    for hour in range(number):
        session = make_session(event, start=time(9 + hour), room_id=make_room(event).id)
        add_panellist(session, f"Person {hour}")
        add_item(session)
    organiser(client, event)
    url = f"/en/console/events/{event.slug}/programme"
    db.session.expire_all()
    statements.clear()
    assert client.get(url).status_code == 200
    assert len([one for one in statements if one.startswith("SELECT")]) == 9


# --- Making events ----------------------------------------------------------------------------------------------


def test_series_and_event_are_made(client: FlaskClient) -> None:
    sign_in(client, make_staff(Role.ORGANISER))
    answer = send(client, "/en/console/series/new", slug="new-row", title__en="A new row", title__ar="صف جديد")
    assert answer.status_code == 303
    series = db.session.scalars(select(Series).where(Series.slug == "new-row")).one()
    assert series.title == {"en": "A new row", "ar": "صف جديد"}
    assert f"series={series.id}" in answer.location
    answer = send(
        client,
        answer.location,
        title__en="First of it",
        code="nr1",
        slug="first-of-it",
        first_day="2031-03-04",
        last_day="2031-03-05",
        city__en="Geneva",
    )
    assert answer.status_code == 303, text_of(answer)
    event = db.session.scalars(select(Event).where(Event.slug == "first-of-it")).one()
    assert (event.series_id, event.code, event.time_zone) == (series.id, "NR1", "Europe/Zurich")
    assert event.publication is DRAFT
    assert client.get("/en/events/first-of-it").status_code == 404
    page = text_of(client.get(answer.location))
    assert "Event created" in page
    assert "Missing: Arabic, Chinese, French, Russian and Spanish" in page


def test_series_words_change(client: FlaskClient) -> None:
    event = make_event()
    series_organiser(client, event)
    slug = db.session.get_one(Series, event.series_id).slug
    assert send(client, f"/en/console/series/{slug}", title__en="Renamed").status_code == 303
    assert db.session.get_one(Series, event.series_id).title["en"] == "Renamed"
    other = make_series()
    assert client.get(f"/en/console/series/{other.slug}").status_code == 404
    assert client.get("/en/console/series/new").status_code == 404


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("code", "a", "capital letters"),
        ("code", "ÄÖ1", "capital letters"),
        ("slug", "Upper Case", "small letters"),
        ("slug", "new", "another address"),
        ("slug", "../x", "small letters"),
        ("slug", "a" * 81, "small letters"),
        ("first_day", "31.12.2031", "as a date"),
        ("first_day", "2031-02-30", "as a date"),
        ("first_day", "0001-01-01", "from 2000 to 2100"),
        ("first_day", "", "as a date"),
        ("last_day", "2031-03-03", "last day"),
        ("last_day", "2032-03-03", "last day"),
        ("time_zone", "Mars/Olympus", "no such time zone"),
        ("time_zone", "../../etc/passwd", "no such time zone"),
        ("title-en", "", "original language"),
        ("title-en", "x" * 301, "too long"),
        ("title-ar", "x" * 301, "too long"),
        ("city-ru", "x" * 301, "too long"),
        ("kind", "wedding", "on the list"),
        ("country", "ZZ", "on the list"),
        ("interpretation", "klingon", "on the list"),
    ],
)
def test_new_event_refuses_at_its_field(client: FlaskClient, field: str, value: str, said: str) -> None:
    series = make_series()
    sign_in(client, make_staff(Role.ORGANISER, series_id=series.id))
    good = {
        "title__en": "Kept title",
        "code": "OK1",
        "slug": "ok-1",
        "first_day": "2031-03-04",
        "last_day": "2031-03-05",
    }
    answer = send(client, "/en/console/events/new", **(good | {field.replace("-", "__"): value}))
    assert answer.status_code == 422
    assert said.lower() in error_at(answer, field).lower()
    kept = fields_of(answer)
    assert field == "title-en" or kept["title-en"] == ["Kept title"]
    assert db.session.scalar(select(func.count()).select_from(Event)) == 0


def test_other_series_cannot_be_chosen(client: FlaskClient) -> None:
    mine, other = make_series(), make_series()
    sign_in(client, make_staff(Role.ORGANISER, series_id=mine.id))
    good = {"title__en": "T", "code": "OK1", "slug": "ok-1", "first_day": "2031-03-04", "last_day": "2031-03-05"}
    answer = send(client, "/en/console/events/new", **good, series=str(other.id))
    assert answer.status_code == 422
    assert error_at(answer, "series")


def test_taken_address_and_code_are_said_at_their_fields(client: FlaskClient) -> None:
    series = make_series()
    known = make_event(series, slug="taken", code="TAKEN")
    sign_in(client, make_staff(Role.ORGANISER, series_id=series.id))
    good = {"title__en": "T", "first_day": "2031-03-04", "last_day": "2031-03-05"}
    answer = send(client, "/en/console/events/new", **good, slug="taken", code="FREE")
    assert "address" in error_at(answer, "slug")
    answer = send(client, "/en/console/events/new", **good, slug="free", code="TAKEN")
    assert "code" in error_at(answer, "code")
    assert db.session.scalars(select(Event.id)).all() == [known.id]


def test_hostile_text_is_cleaned_and_shown_as_text(client: FlaskClient) -> None:
    event = make_event()
    organiser(client, event)
    nasty = "<script>alert(1)</script>\u202eevil\x00 "
    answer = send(client, f"/en/console/events/{event.slug}/texts", title__en=nasty)
    assert answer.status_code == 303
    fresh(event)
    assert event.title["en"] == "<script>alert(1)</script>evil"
    for url in ("", "/texts", "/programme"):
        page = client.get(f"/en/console/events/{event.slug}{url}").get_data(as_text=True)
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page


def test_every_text_is_bounded(client: FlaskClient) -> None:
    event = make_event()
    organiser(client, event)
    url = f"/en/console/events/{event.slug}/texts"
    for field, length in {"title": 301, "lead": 601, "description": 20_001, "practical": 20_001}.items():
        answer = send(client, url, **{f"{field}__zh": "长" * length})
        assert answer.status_code == 422
        assert "too long" in error_at(answer, f"{field}-zh")
        named = {"title": "Title", "lead": "Lead", "description": "Description", "practical": "Practical information"}
        assert summary_of(answer, f"{field}-zh").startswith(f"{named[field]} (中文): This text is too long")


def test_only_named_fields_are_written(client: FlaskClient) -> None:
    event = make_event(publication=DRAFT)
    organiser(client, event)
    before = (event.id, event.series_id, event.created_at, event.copied_from_id)
    extra = {"id": "1", "series_id": "1", "publication": "published", "created_at": "2000-01-01", "version_id": "9"}
    assert send(client, f"/en/console/events/{event.slug}/facts", **extra).status_code == 303
    fresh(event)
    assert (event.id, event.series_id, event.created_at, event.copied_from_id) == before
    assert event.publication is DRAFT


# --- Two tabs, two clicks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["facts", "texts"])
def test_second_tab_is_told_what_the_first_saved(client: FlaskClient, page: str) -> None:
    event = make_event()
    organiser(client, event)
    url = f"/en/console/events/{event.slug}/{page}"
    field = {"facts": "city-en", "texts": "title-en"}[page]
    mine, yours = fields_of(client.get(url)), fields_of(client.get(url))
    assert client.post(url, data=mine | {field: "First tab"}).status_code == 303
    late = client.post(url, data=yours | {field: "Second tab"})
    assert late.status_code == 422
    assert "First tab" in text_of(late)
    assert fields_of(late)[field] == ["Second tab"]
    fresh(event)
    column = event.city if page == "facts" else event.title
    assert column["en"] == "First tab"
    assert client.post(url, data=fields_of(late)).status_code == 303
    fresh(event)
    assert (event.city if page == "facts" else event.title)["en"] == "Second tab"


def test_second_tab_of_a_session(client: FlaskClient) -> None:
    event = make_event()
    session = make_session(event)
    organiser(client, event)
    url = f"/en/console/events/{event.slug}/sessions/{session.id}"
    mine, yours = fields_of(client.get(url)), fields_of(client.get(f"{url}/move"))
    assert (
        client.post(url, data=mine | {"title-en": "First tab", "starts": "11:00", "ends": "12:00"}).status_code == 303
    )
    late = client.post(f"{url}/move", data=yours | {"starts": "15:00", "ends": "16:00"})
    assert late.status_code == 422
    assert "11:00" in text_of(late)
    fresh(session)
    assert session.starts_local.time() == time(11)


def test_forged_version_is_stale(client: FlaskClient) -> None:
    event = make_event()
    organiser(client, event)
    url = f"/en/console/events/{event.slug}/texts"
    for version in ("", "x", "-1", "9" * 30, "٣"):
        assert send(client, url, version=version, title__en="Forged").status_code == 422
    fresh(event)
    assert event.title["en"] != "Forged"


def test_double_post_makes_one(client: FlaskClient) -> None:
    event = make_event()
    organiser(client, event)
    url = f"/en/console/events/{event.slug}/sessions/new"
    values = fields_of(client.get(url)) | {"title-en": "Once only"}
    first, second = client.post(url, data=values), client.post(url, data=values)
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.location == second.location
    assert db.session.scalar(select(func.count()).select_from(Session)) == 1
    assert client.post(url, data=values | {"title-en": "Other content"}).status_code == 409


def test_stale_csrf_keeps_what_was_typed(client: FlaskClient) -> None:
    event = make_event()
    organiser(client, event)
    url = f"/en/console/events/{event.slug}/texts"
    values = fields_of(client.get(url)) | {"title-en": "Typed long", "csrf_token": "old"}
    answer = client.post(url, data=values)
    assert answer.status_code == 422
    assert fields_of(answer)["title-en"] == ["Typed long"]
    assert client.post(f"/en/console/events/{event.slug}/programme/publish").status_code == 400


# --- Publishing, cancelling, copying ----------------------------------------------------------------------------


def test_publish_warns_and_does_not_forbid(client: FlaskClient) -> None:
    event = make_event(publication=DRAFT)
    draft = make_session(event, publication=DRAFT)
    organiser(client, event)
    url = f"/en/console/events/{event.slug}/publish"
    assert client.get(f"/en/events/{event.slug}").status_code == 404
    page = text_of(client.get(url))
    assert "1 session is a draft" in page
    assert "Missing: Chinese, French, Russian and Spanish" in page
    late = fields_of(client.get(url))
    assert send(client, url).status_code == 303
    fresh(event)
    fresh(draft)
    assert event.publication is draft.publication is Publication.PUBLISHED
    assert client.get(f"/en/events/{event.slug}").status_code == 200
    again = client.post(url, data=late)
    assert again.status_code == 422
    assert "not possible in its present state" in text_of(again)


@pytest.mark.parametrize(
    ("publication", "publish", "cancel"),
    [
        (Publication.DRAFT, "Publish this event?", "This event is not public yet"),
        (Publication.PUBLISHED, "This event is public already", "Cancel this event?"),
        (Publication.CANCELLED, "This event is cancelled already", "This event is cancelled already"),
    ],
)
def test_what_is_settled_is_said_without_a_form(
    client: FlaskClient, publication: Publication, publish: str, cancel: str
) -> None:
    event = make_event(publication=publication)
    organiser(client, event)
    for name, said in (("publish", publish), ("cancel", cancel)):
        answer = client.get(f"/en/console/events/{event.slug}/{name}")
        assert (answer.status_code, said in answer.text) == (200, True), name
        assert ('<form method="post" novalidate' in answer.text) is said.endswith("?")


def test_publish_without_sessions_when_asked(client: FlaskClient) -> None:
    event = make_event(publication=DRAFT)
    draft = make_session(event, publication=DRAFT, title={"en": "Still secret"})
    organiser(client, event)
    assert send(client, f"/en/console/events/{event.slug}/publish", with_sessions=None).status_code == 303
    fresh(draft)
    assert draft.publication is DRAFT
    assert "Still secret" not in text_of(client.get(f"/en/events/{event.slug}"))
    assert client.get(f"/en/events/{event.slug}/sessions/{draft.id}").status_code == 404


def test_cancel_needs_a_reason_and_says_it(client: FlaskClient) -> None:
    event = make_event()
    session, draft = make_session(event), make_session(event, publication=DRAFT, start=time(14))
    organiser(client, event)
    url = f"/en/console/events/{event.slug}/cancel"
    empty = send(client, url)
    assert empty.status_code == 422
    assert "original language" in error_at(empty, "reason-en")
    assert send(client, url, reason__en="The hall burned down", reason__fr="La salle a brûlé").status_code == 303
    for thing in (event, session, draft):
        fresh(thing)
    assert event.publication is session.publication is Publication.CANCELLED
    assert draft.publication is DRAFT
    assert event.cancelled_reason == {"en": "The hall burned down", "fr": "La salle a brûlé"}
    assert "<dt>Sessions</dt><dd><bdi>2</bdi>" in client.get(f"/en/console/events/{event.slug}").text
    late = client.post(url, data=fields_of(client.get(f"/en/console/events/{event.slug}/texts")))
    assert "This event is cancelled already" in text_of(late)  # a second tab: no form that cannot be sent
    off = f"/en/console/events/{event.slug}/sessions/{session.id}/cancel"
    assert client.get(off).location.endswith("/programme")
    assert "The hall burned down" in text_of(client.get(f"/en/console/events/{event.slug}"))


def test_copy_from_a_former_event(client: FlaskClient) -> None:
    event = make_event(code="FMI18", slug="forum-2025", first_day=date(2025, 11, 27), last_day=date(2025, 11, 28))
    make_session(event, start=time(10))
    series_organiser(client, event)
    url = f"/en/console/events/{event.slug}/copy"
    proposed = fields_of(client.get(url))
    assert (proposed["code"], proposed["slug"], proposed["first_day"]) == (["FMI19"], ["forum-2026"], ["2026-11-26"])
    answer = send(client, url)
    assert answer.status_code == 303, text_of(answer)
    copy = db.session.scalars(select(Event).where(Event.slug == "forum-2026")).one()
    assert copy.publication is DRAFT
    assert (copy.first_day, copy.last_day) == (date(2026, 11, 26), date(2026, 11, 27))
    assert "Event copied" in text_of(client.get(answer.location))
    again = send(client, url)
    assert error_at(again, "slug") or error_at(again, "code")


# --- Sessions ---------------------------------------------------------------------------------------------------


def test_session_is_added_changed_moved_and_called_off(client: FlaskClient) -> None:
    event = make_event()
    room = make_room(event)
    organiser(client, event)
    base = f"/en/console/events/{event.slug}"
    answer = send(
        client,
        f"{base}/sessions/new?day={event.last_day}",
        title__en="On languages",
        starts="09:30",
        ends="11:00",
        room_id=str(room.id),
        join_link="https://meet.example.org/abc",
        interpretation=["ar", "en"],
        access_services=["realtime_captioning"],
        chosen_beforehand="y",
    )
    assert answer.status_code == 303, text_of(answer)
    session = db.session.scalars(select(Session)).one()
    assert session.starts_local == datetime.combine(event.last_day, time(9, 30))
    assert (session.room_id, session.interpretation, session.access_services) == (
        room.id,
        ["ar", "en"],
        ["realtime_captioning"],
    )
    assert session.chosen_beforehand is True
    assert session.publication is DRAFT
    assert client.get(f"/en/events/{event.slug}/sessions/{session.id}").status_code == 404
    one = f"{base}/sessions/{session.id}"
    assert send(client, f"{one}/publish", at=f"{base}/programme").status_code == 303
    assert client.get(f"/en/events/{event.slug}/sessions/{session.id}").status_code == 200
    assert send(client, f"{one}/move", starts="10:00", ends="11:30", room_id="").status_code == 303
    fresh(session)
    assert (session.starts_local.time(), session.room_id) == (time(10), None)
    assert send(client, f"{one}/delete").status_code == 422
    assert "original language" in error_at(send(client, f"{one}/cancel"), "reason-en")
    assert send(client, f"{one}/cancel", reason__en="The speaker is ill").status_code == 303
    fresh(session)
    assert session.publication is Publication.CANCELLED
    assert "The speaker is ill" in text_of(client.get(f"/en/events/{event.slug}/sessions/{session.id}"))
    again = client.post(f"{one}/cancel", data=fields_of(client.get(f"{base}/facts")) | {"reason-en": "Once more"})
    assert again.status_code == 303
    assert "This session is cancelled already." in text_of(client.get(again.location))


def test_next_session_is_proposed_after_the_last(client: FlaskClient) -> None:
    event = make_event()
    room = make_room(event)
    make_session(event, start=time(10), hours=2.5, room_id=room.id)
    organiser(client, event)
    values = fields_of(client.get(f"/en/console/events/{event.slug}/sessions/new"))
    assert (values["starts"], values["ends"], values["room_id"]) == (["12:30"], ["13:30"], [str(room.id)])
    other_day = fields_of(client.get(f"/en/console/events/{event.slug}/sessions/new?day={event.last_day}"))
    assert (other_day["day"], other_day["starts"]) == ([str(event.last_day)], ["10:00"])
    assert client.get(f"/en/console/events/{event.slug}/sessions/new?day=rubbish").status_code == 200
    assert client.get(f"/en/console/events/{event.slug}/sessions/new?day=0001-01-01").status_code == 200


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("title-en", "", "original language"),
        ("title-ru", "x" * 301, "too long"),
        ("summary-ar", "x" * 601, "too long"),
        ("description-fr", "x" * 20_001, "too long"),
        ("day", "yesterday", "as a date"),
        ("day", "0001-01-01", "2000"),
        ("day", "9999-12-31", "2000"),
        ("starts", "25:00", "hours and minutes"),
        ("starts", "", "hours and minutes"),
        ("ends", "half past", "hours and minutes"),
        ("ends", "09:59", "later"),
        ("ends", "10:00", "later"),
        ("room_id", "11111111-1111-4111-8111-111111111111", "on the list"),
        ("room_id", "x", "on the list"),
        ("kind", "party", "on the list"),
        ("join_link", "javascript:alert(1)", "https://"),
        ("join_link", "http://meet.example.org/", "https://"),
        ("join_link", "https://", "https://"),
        ("join_link", "https://good.example@evil.example/", "https://"),
        ("join_link", "https://a.example/ b", "https://"),
        ("join_link", "https://a.example\\@evil.example/", "https://"),
        ("join_link", "https://[::1", "https://"),
        ("join_link", "https://[::1]/x", "https://"),
        ("join_link", "https://a..example/x", "https://"),
        ("join_link", f"https://{'a' * 70}.example/x", "https://"),
        ("join_link", "https://x;sandbox/", "https://"),
        ("join_link", "https://x,script-src.example/", "https://"),
        ("join_link", "https://a.example/" + "x" * 1_000, "1000"),
        ("interpretation", "xx-unknown", "on the list"),
        ("access_services", "champagne", "on the list"),
    ],
)
def test_session_refuses_at_its_field(client: FlaskClient, field: str, value: str, said: str) -> None:
    event = make_event()
    organiser(client, event)
    url = f"/en/console/events/{event.slug}/sessions/new"
    good = {"title__en": "Kept", "title__es": "Guardado", "starts": "10:00", "ends": "11:00"}
    answer = send(client, url, **(good | {field.replace("-", "__"): value}))
    assert answer.status_code == 422, answer.location
    assert said in error_at(answer, field)
    assert fields_of(answer)["title-es"] == ["Guardado"]
    assert db.session.scalar(select(func.count()).select_from(Session)) == 0


def test_room_of_another_event_is_no_choice(client: FlaskClient) -> None:
    event = make_event()
    elsewhere = make_room(make_event())
    organiser(client, event)
    url = f"/en/console/events/{event.slug}/sessions/new"
    answer = send(client, url, title__en="T", room_id=str(elsewhere.id))
    assert answer.status_code == 422


def test_summer_time_gap_is_refused_at_its_field(client: FlaskClient) -> None:
    night = date(2027, 3, 28)
    event = make_event(first_day=night, last_day=night)
    organiser(client, event)
    url = f"/en/console/events/{event.slug}/sessions/new"
    begins = send(client, url, title__en="Night watch", starts="02:30", ends="04:00")
    assert begins.status_code == 422
    assert "jump over" in error_at(begins, "starts")
    ends = send(client, url, title__en="Night watch", starts="01:00", ends="02:30")
    assert "jump over" in error_at(ends, "ends")


def test_repeated_hour_asks_which(client: FlaskClient) -> None:
    night = date(2027, 10, 31)
    event = make_event(first_day=night, last_day=night)
    organiser(client, event)
    url = f"/en/console/events/{event.slug}/sessions/new"
    asked = send(client, url, title__en="Night watch", starts="02:30", ends="04:00")
    assert asked.status_code == 422
    assert "comes twice" in error_at(asked, "starts_fold")
    assert "The second 02:30 (UTC+1)" in text_of(asked)
    answer = client.post(url, data=fields_of(asked) | {"starts_fold": "1"})
    assert answer.status_code == 303
    session = db.session.scalars(select(Session)).one()
    assert (session.starts_fold, session.starts_at.hour) == (1, 1)
    again = fields_of(client.get(f"/en/console/events/{event.slug}/sessions/{session.id}"))
    assert again["starts_fold"] == ["1"]
    assert client.post(url, data=fields_of(asked) | {"starts_fold": "7"}).status_code in {409, 422}


def test_clashes_are_shown_and_do_not_block(client: FlaskClient) -> None:
    event = make_event()
    room = make_room(event, name={"en": "Salle XX"})
    one = make_session(event, start=time(10), hours=2, room_id=room.id, title={"en": "One"})
    two = make_session(event, start=time(11), hours=2, room_id=room.id, title={"en": "Two"})
    three = make_session(event, start=time(13), hours=1, room_id=room.id, title={"en": "Three"})
    add_panellist(one, "Ana Peña")
    add_panellist(two, "ANA PENA")
    add_panellist(three, "Ana Peña")
    organiser(client, event)
    said = text_of(client.get(f"/en/console/events/{event.slug}/programme"))
    assert "“One” and “Two” are in the same room at once: Salle XX" in said
    assert "“One” and “Two” have the same panellist at once: Ana Peña" in said
    assert "2 clashes" in said


def test_publish_all_drafts(client: FlaskClient) -> None:
    event = make_event()
    drafts = [make_session(event, start=time(9 + n), publication=DRAFT) for n in range(3)]
    organiser(client, event)
    base = f"/en/console/events/{event.slug}/programme"
    answer = send(client, f"{base}/publish", at=base)
    assert answer.status_code == 303
    assert "3 sessions are public now" in text_of(client.get(answer.location))
    for one in drafts:
        fresh(one)
        assert one.publication is Publication.PUBLISHED


def test_draft_is_deleted_after_a_question(client: FlaskClient) -> None:
    event = make_event()
    draft = make_session(event, publication=DRAFT)
    organiser(client, event)
    url = f"/en/console/events/{event.slug}/sessions/{draft.id}/delete"
    assert db.session.get(Session, draft.id) is not None
    assert send(client, url).status_code == 303
    db.session.expire_all()
    assert db.session.scalar(select(func.count()).select_from(Session)) == 0
    assert client.get(url).status_code == 404


def test_items_and_panel(client: FlaskClient) -> None:
    event = make_event()
    session = make_session(event)
    organiser(client, event)
    one = f"/en/console/events/{event.slug}/sessions/{session.id}"
    for title in ("First point", "Second point"):
        assert send(client, f"{one}/items/new", title__en=title).status_code == 303
    assert send(client, f"{one}/items/new", title__fr="Sans original").status_code == 422
    items = list(db.session.scalars(select(AgendaItem).order_by(AgendaItem.position)))
    assert [item.title["en"] for item in items] == ["First point", "Second point"]
    url = f"{one}/items/{items[1].id}/order"
    values = form_fields(client.get(one).get_data(as_text=True), url)
    assert client.post(url, data=values | {"move": "up"}).status_code == 303
    db.session.expire_all()
    items = list(db.session.scalars(select(AgendaItem).order_by(AgendaItem.position)))
    assert [item.title["en"] for item in items] == ["Second point", "First point"]
    assert send(client, f"{one}/items/{items[0].id}", title__en="Renamed").status_code == 303
    assert send(client, f"{one}/items/{items[1].id}/delete", at=one).status_code == 303
    db.session.expire_all()
    assert [item.title["en"] for item in db.session.scalars(select(AgendaItem))] == ["Renamed"]
    assert send(client, f"{one}/panel/new", name="Nadia", function__en="Moderator").status_code == 303
    panellist = db.session.scalars(select(Panellist)).one()
    assert (panellist.name, panellist.function) == ("Nadia", {"en": "Moderator"})
    assert send(client, f"{one}/panel/{panellist.id}", name="").status_code == 422
    assert "Nadia" in text_of(client.get(one))


def test_rooms(client: FlaskClient) -> None:
    event = make_event()
    organiser(client, event)
    url = f"/en/console/events/{event.slug}/rooms"
    assert send(client, url, name__en="Hall", capacity="0").status_code == 422
    assert send(client, url, name__en="Hall", capacity="many").status_code == 422
    assert send(client, url, name__en="").status_code == 422
    assert send(client, url, name__en="Hall", capacity="300", step_free="y").status_code == 303
    room = db.session.scalars(select(Room)).one()
    assert (room.capacity, room.step_free) == (300, True)
    session = make_session(event, room_id=room.id)
    kept = send(client, f"{url}/{room.id}/delete", at=url)
    assert "Sessions take place in this room" in text_of(client.get(kept.location))
    assert send(client, f"{url}/{room.id}", name__en="Great hall", step_free=None).status_code == 303
    fresh(room)
    assert (room.name["en"], room.step_free) == ("Great hall", False)
    session.room_id = None
    db.session.flush()
    assert send(client, f"{url}/{room.id}/delete", at=url).status_code == 303
    db.session.expire_all()
    assert db.session.scalars(select(Room)).all() == []


# --- Documents --------------------------------------------------------------------------------------------------


def test_rapporteur_adds_a_document_in_two_languages(client: FlaskClient) -> None:
    event = make_event()
    organiser(client, event, Role.RAPPORTEUR)
    base = f"/en/console/events/{event.slug}/documents"
    answer = send(client, f"{base}/new", title__en="Draft recommendations", kind="draft_recommendations")
    assert answer.status_code == 303, text_of(answer)
    document = db.session.scalars(select(Document)).one()
    assert document.publication is DRAFT
    upload(client, answer.location, language="en")
    refused = send(client, f"{base}/{document.id}/publish", at=base)
    assert refused.status_code == 303
    fresh(document)
    assert document.publication is Publication.PUBLISHED
    upload(client, answer.location, language="ar")
    upload(client, answer.location, language="en")
    found = db.session.execute(
        select(DocumentVersion.language, DocumentVersion.number).order_by(
            DocumentVersion.language, DocumentVersion.number
        )
    )
    assert [tuple(row) for row in found] == [("ar", 1), ("en", 1), ("en", 2)]
    page = text_of(client.get(f"{base}/{document.id}"))
    assert "English, version 2" in page
    assert "English, version 1" in page
    assert send(client, f"{base}/{document.id}/delete").status_code == 422
    assert send(client, f"{base}/{document.id}/withdraw").status_code == 303


def upload(
    client: FlaskClient, url: str, *, language: str, data: bytes = PDF_BYTES, name: str = "note.pdf"
) -> TestResponse:
    values = fields_of(client.get(url)) | {"language": language, "file": FileStorage(io.BytesIO(data), name)}
    boundary, body = encode_multipart(values)
    return client.post(url, data=body, content_type=f"multipart/form-data; boundary={boundary}")


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        (b"MZ\x90\x00program", "agenda.pdf", "not accepted"),
        (b"<html><script>alert(1)</script></html>", "agenda.pdf", "not accepted"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 64, "agenda.pdf", "not accepted"),
        (b"PK\x03\x04 not a zip", "agenda.docx", ""),
        (b"", "empty.pdf", "empty"),
        (PDF_BYTES + b"\0" * 10_000_000, "large.pdf", "too large"),
    ],
)
def test_wrong_file_is_refused_at_its_field(client: FlaskClient, data: bytes, name: str, said: str) -> None:
    event = make_event()
    document = make_document(event, languages=())
    organiser(client, event)
    url = f"/en/console/events/{event.slug}/documents/{document.id}/files/new"
    answer = upload(client, url, language="en", data=data, name=name)
    assert answer.status_code == 422
    assert said in error_at(answer, "file")
    assert error_at(answer, "file")
    assert db.session.scalars(select(DocumentVersion)).all() == []


def test_no_file_chosen(client: FlaskClient) -> None:
    event = make_event()
    document = make_document(event, languages=())
    organiser(client, event)
    answer = send(client, f"/en/console/events/{event.slug}/documents/{document.id}/files/new")
    assert "Choose a file" in error_at(answer, "file")


def test_file_name_is_made_safe(client: FlaskClient) -> None:
    event = make_event()
    document = make_document(event, languages=())
    organiser(client, event)
    url = f"/en/console/events/{event.slug}/documents/{document.id}/files/new"
    upload(client, url, language="en", name="../../\u202efdp.exe")
    version = db.session.scalars(select(DocumentVersion)).one()
    page = client.get(f"/en/console/events/{event.slug}/documents/{document.id}/files/{version.id}")
    assert page.headers["Content-Disposition"].startswith("attachment")
    assert ".." not in page.headers["Content-Disposition"]
    assert "\u202e" not in page.headers["Content-Disposition"]
    assert page.data == PDF_BYTES


def test_document_without_file_stays_a_draft(client: FlaskClient) -> None:
    event = make_event()
    document = make_document(event, languages=(), publication=DRAFT)
    organiser(client, event)
    base = f"/en/console/events/{event.slug}/documents"
    answer = send(client, f"{base}/{document.id}/publish", at=base)
    assert "Add a file before" in text_of(client.get(answer.location))
    fresh(document)
    assert document.publication is DRAFT


def test_draft_document_is_not_public(client: FlaskClient) -> None:
    event = make_event()
    document = make_document(event, publication=DRAFT, title={"en": "Hidden paper"})
    version = db.session.scalars(select(DocumentVersion).where(DocumentVersion.document_id == document.id)).one()
    assert "Hidden paper" not in text_of(client.get(f"/en/events/{event.slug}/documents"))
    assert client.get(f"/en/documents/{version.id}").status_code == 404
    organiser(client, event)
    url = f"/en/console/events/{event.slug}/documents/{document.id}/delete"
    assert send(client, url).status_code == 303
    db.session.expire_all()
    assert db.session.scalars(select(Document)).all() == []


def test_documents_change_places(client: FlaskClient) -> None:
    event = make_event()
    first, second = make_document(event), make_document(event)
    organiser(client, event)
    base = f"/en/console/events/{event.slug}/documents"
    url = f"{base}/{first.id}/order"
    values = form_fields(client.get(base).get_data(as_text=True), url)
    assert client.post(url, data=values | {"move": "down"}).status_code == 303
    for one in (first, second):
        fresh(one)
    assert first.position > second.position


@pytest.mark.parametrize("symbol", ["A/HRC/FMI/2026/1", ""])
def test_symbols(client: FlaskClient, symbol: str) -> None:
    event = make_event()
    organiser(client, event)
    base = f"/en/console/events/{event.slug}/documents/new"
    assert send(client, base, title__en="T", symbol=symbol).status_code == 303
    assert send(client, base, title__en="T", symbol="<b>x</b>").status_code == 422


# --- Words in six languages, history ----------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["ar", "zh", "fr", "ru", "es"])
def test_console_in_other_languages(client: FlaskClient, lang: str) -> None:
    event = make_event(mode=Mode.ONLINE)
    make_session(event)
    series_organiser(client, event)
    for page in ("", "/facts", "/texts", "/programme", "/rooms", "/documents", "/copy", "/publish"):
        assert client.get(f"/{lang}/console/events/{event.slug}{page}").status_code == 200


def test_history_names_who_did_it(client: FlaskClient) -> None:
    event = make_event()
    person = make_person(name="Ines Duarte")
    grant(person, Role.ORGANISER, event_id=event.id)
    sign_in(client, person)
    send(client, f"/en/console/events/{event.slug}/texts", title__en="Renamed")
    page = text_of(client.get(f"/en/console/events/{event.slug}"))
    assert "Texts changed" in page
    assert "Ines Duarte" in page
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.verb == "programme.event_texts_edited")).one()
    assert (entry.actor_id, entry.subject_id, entry.detail) == (person.id, event.id, {"fields": ["title"]})
    assert [row.payload for row in db.session.scalars(select(Promise))] == [{"event_id": str(event.id)}]


def test_a_session_hears_all_its_faults_at_once(client: FlaskClient) -> None:
    event = make_event()
    organiser(client, event)
    url = f"/en/console/events/{event.slug}/sessions/new"
    wrong = {"starts": "11:00", "ends": "10:00", "join_link": "http://plain.example.org", "opens_before": "-1"}
    answer = send(client, url, **wrong, day=str(event.last_day + timedelta(days=400)))
    assert answer.status_code == 422
    for field in ("title-en", "day", "ends", "join_link", "opens_before"):
        assert error_at(answer, field), field


def test_nothing_of_a_draft_event_is_called_public(client: FlaskClient) -> None:
    event = make_event(publication=DRAFT)
    session, document = make_session(event, publication=DRAFT), make_document(event, publication=DRAFT)
    organiser(client, event)
    base = f"/en/console/events/{event.slug}"
    for press, page in (
        (f"{base}/documents/{document.id}/publish", f"{base}/documents"),
        (f"{base}/sessions/{session.id}/publish", f"{base}/programme"),
    ):
        assert send(client, press, at=page).status_code == 303
        said = text_of(client.get(page))
        assert "will be public with the event" in said
        assert "Public with the event" in said
    assert "cannot be published again" in client.get(f"{base}/documents/{document.id}/withdraw").text
