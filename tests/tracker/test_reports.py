"""The report for the next session: in six languages, read back, only what is public, made once, gone in a day."""

import io
import re
from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pypdf import PdfReader
from sqlalchemy import select

from eventhub.commitments import following, queries, verifying
from eventhub.commitments.models import Commitment, Says, Verdict, Why
from eventhub.kit.clock import now
from eventhub.kit.codes import LANGUAGES
from eventhub.kit.db import db
from eventhub.kit.outbox import Promise
from eventhub.people.models import Role
from eventhub.programme.models import Event, Series
from eventhub.tracker import report_paper, reports
from eventhub.tracker.models import SessionReport
from eventhub.tracker.reports import Of, Subject
from tests.factories.commitments import past_event, published
from tests.factories.evidence import checked
from tests.factories.people import form_fields, make_person, make_staff, sign_in

pytestmark = pytest.mark.usefixtures("database")


def words_of(body: bytes) -> str:
    """What the file says, its letters in their plain forms and without spaces: the printer breaks lines as it needs."""
    pages = (page.extract_text() for page in PdfReader(io.BytesIO(body)).pages)
    return "".join("".join(pages).split())


def printed(subject: Subject, lang: str) -> bytes:
    report = reports.to_make(reports.ask(subject, lang).id)
    assert report is not None
    manuscript = report_paper.gather(report, now())
    body = report_paper.make(manuscript, now())
    reports.keep(report, body, manuscript.numbers, at=now())
    return body


def subject_of(event: Event) -> Subject:
    return reports.about(Of.EVENT, event.slug)


def overdue(event: Event, **given: object) -> Commitment:
    made = published(event, due_on=date(2020, 1, 31), **given)
    following.say(made, Says.PLANNING)
    return made


def silenced(event: Event, maker: str) -> Commitment:
    made = queries.record(published(event, maker=maker).id)
    made.heard_on, made.expected_on = now().date() - timedelta(days=200), now().date() - timedelta(days=60)
    db.session.flush()
    return made


def manuscript(event: Event, lang: str = "en") -> dict[str, object]:
    report = reports.to_make(reports.ask(subject_of(event), lang).id)
    assert report is not None
    return report_paper.gather(report, now()).data


@pytest.mark.parametrize("lang", LANGUAGES)
def test_it_is_printed_in_each_language_and_read_back(client: FlaskClient, lang: str) -> None:
    event = past_event()
    late = overdue(event, title="教室计划", maker="语言部", language="zh")
    other = published(event, title="فصول باللغة الأم", maker="وزارة التعليم", language="ar")
    body = printed(subject_of(event), lang)
    said = words_of(body)
    assert late.reference in said
    assert other.reference in said
    assert "教室计划" in said
    assert "语言部" in said
    head = {"en": "Commitments:whatbecameofthem"}
    assert head.get(lang, "") in said
    answer = client.get(f"/{lang}/commitments/reports/event/{event.slug}/commitments.pdf")
    assert (answer.status_code, answer.data) == (200, body)
    assert "attachment" in answer.headers["Content-Disposition"]


def test_arabic_words_are_written_from_right_to_left() -> None:
    event = past_event()
    published(event, title="فصول", maker="وزارة", language="ar")
    report = reports.to_make(reports.ask(subject_of(event), "ar").id)
    assert report is not None
    body = report_paper.make(report_paper.gather(report, now()), now())
    said = "".join(page.extract_text() for page in PdfReader(io.BytesIO(body)).pages)
    assert "فصول" in said
    assert "وزارة" in said


def test_each_section_holds_what_it_says() -> None:
    event = past_event()
    late = overdue(event, title="Late one")
    done = published(event, title="Done one")
    following.say(done, Says.FULFILLED)
    checked(queries.record(done.id))
    following.check(make_person(), queries.record(done.id), Verdict.CONFIRMED)
    disputed = published(event, title="Contested one")
    following.say(disputed, Says.FULFILLED)
    following.check(make_person(), queries.record(disputed.id), Verdict.DISPUTED)
    silenced(event, "Quiet House")
    gone = published(event, title="Gone one")
    verifying.withdraw(make_person(), queries.record(gone.id), Why.MAKER, reason="No money")
    db.session.flush()
    sections = {one["title"]: str(one) for one in manuscript(event)["sections"]}  # type: ignore[attr-defined]
    assert late.reference in sections["Past the last day, and not said to be fulfilled"]
    assert "Contested one" in sections["Disputed"]
    assert "Quiet House" in sections["Who has gone quiet"]
    assert "Contested one" not in sections["Past the last day, and not said to be fulfilled"]
    assert "Done one" in sections["Fulfilled, and confirmed on evidence"]
    assert "Contested one" not in sections["Fulfilled, and confirmed on evidence"]
    assert all(title in sections["Every commitment"] for title in ("Late one", "Contested one", "Gone one"))
    assert "Withdrawn or replaced since" in sections["At a glance"]


def test_three_axes_are_counted_each_by_itself() -> None:
    event = past_event()
    for _time in range(2):
        overdue(event)
    silenced(event, "Quiet House")
    (section,) = [one for one in manuscript(event)["sections"] if one["title"] == "Where they stand"]  # type: ignore[attr-defined]
    tables = [part for part in section["parts"] if part["kind"] == "table"]
    assert [sum(int(row[1]) for row in table["rows"]) for table in tables] == [3, 3, 3]


def test_of_fewer_than_five_no_rate_is_said_and_small_groups_stand_together() -> None:
    event = past_event()
    for kind in ("government", "business"):
        published(event, kind=kind)
    found = {one["title"]: one for one in manuscript(event)["sections"]}  # type: ignore[attr-defined]
    assert "Response rate" in str(found["At a glance"])
    values = [row["value"] for row in found["At a glance"]["parts"][0]["rows"] if row["label"] == "Response rate"]
    assert values == ["–"]
    assert [row[0] for row in found["By kind of maker"]["parts"][0]["rows"]] == ["2 smaller groups"]
    assert "Comparison of rounds" not in found


def test_nothing_of_what_was_hidden_for_safety(client: FlaskClient) -> None:
    event = past_event()
    published(event, title="Shown")
    hidden = published(event, title="Safran", maker="Safran House")
    printed(subject_of(event), "en")
    url = f"/en/commitments/reports/event/{event.slug}"
    assert client.get(f"{url}/commitments.pdf").status_code == 200
    verifying.withdraw(make_person(), queries.record(hidden.id), Why.SAFETY, reason="They were threatened")
    db.session.flush()
    assert client.get(f"{url}/commitments.pdf").status_code == 404
    assert "Make the report (PDF)" in client.get(url).text
    assert "Safran" not in words_of(printed(subject_of(event), "en"))


def test_any_of_the_six_languages_is_asked_for_and_saved_on_one_page(client: FlaskClient) -> None:
    event = past_event()
    published(event, title="Shown")
    url = f"/en/commitments/reports/event/{event.slug}"
    page = client.get(url).text
    assert page.count("Make the report (PDF)") == len(LANGUAGES)
    keys = re.findall(r'name="form_key"[^>]*value="([^"]+)"', page)
    assert len(set(keys)) == len(keys) == len(LANGUAGES)
    for code in ("fr", "ar", "fr"):
        assert client.post(url, data=form_fields(client.get(url).text) | {"language": code}).status_code == 303
    assert sorted(db.session.scalars(select(SessionReport.language))) == ["ar", "fr"]
    page = client.get(url).text
    assert page.count("Being made") == 2
    printed(subject_of(event), "fr")
    page = client.get(url).text
    assert f'href="/fr/commitments/reports/event/{event.slug}/commitments.pdf"' in page
    assert page.count("Save the report (PDF)") == 1
    assert client.post(url, data=form_fields(client.get(url).text) | {"language": "xx"}).status_code == 404


def test_of_a_series_with_all_its_public_events_and_of_nothing_else(client: FlaskClient) -> None:
    one, other = past_event(), past_event()
    first, second = published(one), published(other)
    slug = db.session.get_one(Series, one.series_id).slug
    subject = reports.about(Of.SERIES, slug)
    report = reports.to_make(reports.ask(subject, "en").id)
    assert report is not None
    numbers = report_paper.gather(report, now()).numbers
    assert (first.number in numbers, second.number in numbers) == (True, one.series_id == other.series_id)
    empty = past_event()
    assert client.get(f"/en/commitments/reports/event/{empty.slug}").status_code == 404
    assert client.get("/en/commitments/reports/series/none").status_code == 404


def test_anybody_asks_for_it_and_it_is_made_once(app: Flask, client: FlaskClient) -> None:
    event = past_event()
    published(event)
    url = f"/en/commitments/reports/event/{event.slug}"
    for browsing in (client, app.test_client(), client):
        page = browsing.get(url).text
        if "Make the report (PDF)" in page:
            assert browsing.post(url, data=form_fields(page, url)).status_code == 303
    assert "It is being made" in client.get(url).text
    assert len(db.session.scalars(select(Promise).where(Promise.task == reports.NAME)).all()) == 1
    assert client.get(f"{url}/commitments.pdf").status_code == 404


def test_it_is_gone_after_a_day_and_asked_for_anew_when_it_was_never_made() -> None:
    event = past_event()
    published(event)
    subject = subject_of(event)
    asked = reports.ask(subject, "en")
    assert reports.ask(subject, "en").id == asked.id
    asked.asked_at -= reports.SLOW
    db.session.flush()
    assert reports.stages(subject)["en"] == "ask"
    assert reports.ask(subject, "en").id != asked.id
    printed(subject, "fr")
    assert reports.drop_outdated(now() + reports.LIFE - timedelta(minutes=5)) == 0
    assert reports.drop_outdated(now() + reports.LIFE + timedelta(minutes=5)) == 2
    assert db.session.scalars(select(SessionReport)).all() == []


def test_an_organizer_finds_it_beside_the_room_once_something_is_public(client: FlaskClient) -> None:
    event = past_event()
    sign_in(client, make_staff(Role.ORGANISER, event_id=event.id))
    page, way = f"/en/console/events/{event.slug}/commitments", f'href="/en/commitments/reports/event/{event.slug}"'
    assert way not in client.get(page).text
    published(event)
    db.session.flush()
    assert way in client.get(page).text
