"""Behind the link and in the console, over HTTP: looking changes nothing, and nothing typed is lost."""

import csv
import io
import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text

from eventhub.evaluations import actions, answering, letters, queries, results
from eventhub.evaluations.models import Answer, Evaluation, Invitation, Waiting
from eventhub.evaluations.preset import LONGEST, PRESET
from eventhub.kit.clock import now
from eventhub.kit.db import Base, db
from eventhub.kit.errors import Stale
from eventhub.kit.mail import render
from eventhub.mailings.actions import preference_of
from eventhub.people.models import Role
from tests.factories.evaluations import aged, attended, closed, counted, event_of_yesterday, opened, secrets_of, set_up
from tests.factories.people import form_fields, grant, make_staff, sign_in

pytestmark = pytest.mark.usefixtures("database")
ADDRESS = re.compile(r"https?://[^\s\"'<>]+")


def whole_database() -> dict[str, str]:
    """A digest of every row of every table."""
    return {
        name: str(
            db.session.scalar(text(f'SELECT md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM "{name}" AS t'))
        )
        for name in sorted(Base.metadata.tables)
    }


def keeper(client: FlaskClient, evaluation: Evaluation) -> str:
    """Signed in as the organizer; the address of the console's page."""
    event = queries.event_of(evaluation)
    sign_in(client, make_staff(Role.ORGANISER, event_id=event.id))
    return f"/en/console/events/{event.slug}/evaluation"


def test_get_on_every_link_changes_nothing(client: FlaskClient) -> None:
    made = opened(6)
    addresses: set[str] = set()
    for invitation_id in db.session.scalars(select(Invitation.id)).all():
        found = queries.invited(invitation_id)
        assert found is not None
        for letter in (letters.asked(found), letters.reminded(found)):
            assert letter is not None
            drawn = render(letter, "1@example.org", now())
            addresses |= set(ADDRESS.findall(drawn.text)) | set(ADDRESS.findall(drawn.html.replace("&amp;", "&")))
    paths = {urlsplit(one).path for one in addresses}
    links = {path for path in paths if "/evaluation/" in path}
    assert len(links) == 6
    answered = secrets_of(made)[0]
    assert answering.answer(answered, {"overall": 5}, "en")
    before = whole_database()
    for path in sorted(paths | {f"{link}/thanks" for link in links}):
        for _time in range(2):
            for lang in ("en", "ar"):
                assert client.get(path.replace("/en/", f"/{lang}/", 1)).status_code in {200, 302, 303, 404}
                client.head(path)
    db.session.expire_all()
    assert whole_database() == before


def test_a_form_with_mistakes_keeps_what_was_typed_and_says_where(client: FlaskClient) -> None:
    secret = secrets_of(opened(6))[0]
    page = f"/en/evaluation/{secret}"
    empty = client.post(page, data={})
    assert empty.status_code == 422
    assert "Answer one question at the least" in empty.text
    long = "x" * (LONGEST + 1)
    wrong = client.post(page, data={"overall": "9", "safe": "2", "missing": long})
    assert wrong.status_code == 422
    assert long in wrong.text
    assert re.search(r'name="safe" value="2" checked', wrong.text)
    assert "Choose one of the answers on the list" in wrong.text
    assert f"Most characters: {LONGEST}" in wrong.text
    assert not db.session.scalars(select(Waiting)).all()
    blank = client.post(page, data={"missing": " \n\t "})
    assert blank.status_code == 422
    done = client.post(page, data={"safe": "2", "missing": "A ramp"})
    assert done.status_code == 303
    assert "Your answers are in" in client.get(done.location).text
    assert client.get(page).status_code == 303
    again = client.post(page, data={"safe": "5"})
    assert again.status_code == 303
    assert len(db.session.scalars(select(Waiting)).all()) == 1


@pytest.mark.parametrize("longest", ["x", '"', "\\", "\u0001", "\U0001f30d", "\n"])
def test_whatever_the_longest_text_is_made_of_it_is_sealed_to_one_length(longest: str, client: FlaskClient) -> None:
    secret, short = secrets_of(opened(6))[:2]
    said = {"missing": "a" + longest * (LONGEST - 2) + "b", "safe": "1"}
    assert client.post(f"/en/evaluation/{secret}", data=said).status_code in {303, 422}
    assert client.post(f"/en/evaluation/{short}", data={"safe": "1"}).status_code == 303
    assert len({len(one.sealed) for one in db.session.scalars(select(Waiting))}) == 1


def test_links_that_are_cut_or_over_are_nowhere(client: FlaskClient) -> None:
    made = opened(6)
    secret = secrets_of(made)[0]
    for page in (f"/en/evaluation/{secret[:-1]}", "/en/evaluation/x", f"/en/evaluation/{secret}x"):
        assert client.get(page).status_code == 404
        assert client.post(page, data={"overall": "3"}).status_code == 404
    aged(made, 14)
    assert client.get(f"/en/evaluation/{secret}").status_code == 404
    assert client.post(f"/en/evaluation/{secret}", data={"overall": "3"}).status_code == 404
    assert not db.session.scalars(select(Waiting)).all()


def test_an_organizer_sets_it_up_from_the_preset_and_mistakes_are_told(client: FlaskClient) -> None:
    event = event_of_yesterday()
    attended(event, 6)
    sign_in(client, make_staff(Role.ORGANISER, event_id=event.id))
    page = f"/en/console/events/{event.slug}/evaluation"
    assert "6 people would be asked" in client.get(page).text
    shown = client.get(f"{page}/set-up")
    first, last = (str(event.last_day + timedelta(days=days)) for days in (1, 14))
    assert f'value="{first}"' in shown.text
    assert f'value="{last}"' in shown.text
    fields = form_fields(shown.text) | {"opens_on": first, "closes_on": last}
    assert shown.text.count("checked") == len(PRESET)
    data = {**fields, "questions": list(PRESET)}
    early = client.post(f"{page}/set-up", data=data | {"opens_on": str(event.last_day - timedelta(days=1))})
    assert early.status_code == 422
    assert "on the last day of the event at the earliest" in early.text
    backwards = client.post(f"{page}/set-up", data=data | {"closes_on": str(event.last_day)})
    assert backwards.status_code == 422
    none = client.post(f"{page}/set-up", data=data | {"questions": []})
    assert "Choose one question at the least" in none.text
    assert client.post(f"{page}/set-up", data=data).status_code == 303
    old = client.post(f"{page}/set-up", data=data | {"form_key": "11111111-1111-4111-8111-111111111111"})
    assert old.status_code in {409, 422}
    assert "Somebody else changed this" in old.text
    assert actions.open_due(now()) == 1
    fields = form_fields(client.get(f"{page}/set-up").text) | {"opens_on": first, "closes_on": last}
    data = {**fields, "questions": list(PRESET)}
    fixed = client.post(f"{page}/set-up", data=data | {"questions": ["overall"]})
    assert "its questions and its first day stay" in fixed.text
    later = str(event.last_day + timedelta(days=20))
    fields = form_fields(client.get(f"{page}/set-up").text) | {"opens_on": first, "closes_on": later}
    assert client.post(f"{page}/set-up", data={**fields, "questions": list(PRESET)}).status_code == 303


def test_while_it_is_open_nobody_reads_an_answer_and_numbers_come_in_fives(client: FlaskClient) -> None:
    made = opened(14)
    page = keeper(client, made)
    for number, secret in enumerate(secrets_of(made), 1):
        answering.answer(secret, {"overall": 5, "missing": "A ramp"}, "en")
        counted()
        shown = client.get(page).text
        assert f"at least {number - number % 5}<" in shown
        assert "A ramp" not in shown
        assert "Results come when it has closed" in shown
    assert client.get(f"{page}.csv").status_code == 404
    assert results.of(queries.of_event(made.event_id)) == []  # type: ignore[arg-type]


def test_results_hide_small_groups_and_words_stay_with_staff_until_they_are_read(client: FlaskClient) -> None:
    made = closed(12, words="=Amina spoke well")
    page = keeper(client, made)
    shown = client.get(page).text
    assert "Response rate" in shown
    assert "100%" in shown
    assert shown.count("=Amina spoke well") == 12
    table = list(csv.reader(io.StringIO(client.get(f"{page}.csv").text.lstrip("\ufeff"))))
    assert "Amina" not in str(table)
    assert {row[2] for row in table[1:]} <= {"", "0", "5", "10"}
    assert client.get(f"/en/events/{queries.event_of(made).slug}/evaluation").status_code == 404
    one, other = db.session.scalars(select(Answer).where(Answer.text.is_not(None)).limit(2)).all()
    words = f"{page}/words/{one.id}"
    fields = form_fields(client.get(words).text)
    assert client.post(words, data=fields | {"shown": "=[…] spoke well", "go": "show"}).status_code == 303
    hidden = f"{page}/words/{other.id}"
    assert client.post(hidden, data=form_fields(client.get(hidden).text) | {"go": "hide"}).status_code == 303
    assert "'=[…] spoke well" in client.get(f"{page}.csv").text
    slug = queries.event_of(made).slug
    assert "What attendees said" not in client.application.test_client().get(f"/en/events/{slug}").text
    fields = form_fields(client.get(page).text, f"{page}/publish")
    site_map = f"/fr/events/{slug}/evaluation<"
    assert site_map not in client.get("/sitemap.xml").text
    assert client.post(f"{page}/publish", data=fields | {"go": "publish"}).status_code == 303
    assert site_map in client.get("/sitemap.xml").text
    anonymous = client.application.test_client()
    public = anonymous.get(f"/en/events/{slug}/evaluation")
    assert public.status_code == 200
    assert "=[…] spoke well" in public.text
    assert "Amina" not in public.text
    assert "What attendees said" in anonymous.get(f"/en/events/{slug}").text
    fields = form_fields(client.get(page).text, f"{page}/publish")
    assert client.post(f"{page}/publish", data=fields | {"go": "hide"}).status_code == 303
    assert site_map not in client.get("/sitemap.xml").text
    assert anonymous.get(f"/en/events/{slug}/evaluation").status_code == 404


def test_fewer_than_five_words_are_shown_to_nobody(client: FlaskClient) -> None:
    made = opened(9)
    for place, secret in enumerate(secrets_of(made)):
        said: dict[str, int | str] = {"missing": "A secret"} if place < 4 else {"overall": 5}
        answering.answer(secret, said, "en")
    aged(made, 14)
    counted()
    assert actions.close_due(now()) == 1
    page = keeper(client, made)
    assert "A secret" not in client.get(page).text
    assert "Fewer than five people wrote something" in client.get(page).text
    one = db.session.scalars(select(Answer).where(Answer.text.is_not(None))).first()
    assert one is not None
    assert client.get(f"{page}/words/{one.id}").status_code == 404


def test_a_question_that_few_answered_is_not_told(client: FlaskClient) -> None:
    made = opened(9)
    for place, secret in enumerate(secrets_of(made)):
        said: dict[str, int | str] = {"overall": 5 if place < 5 else 4}
        answering.answer(secret, said | ({"safe": 1} if place < 4 else {}), "en")
    aged(made, 14)
    counted()
    assert actions.close_due(now()) == 1
    shown = client.get(keeper(client, made)).text
    assert shown.count("It would tell of fewer than five people") == 4
    assert results.result(PRESET["safe"], {5: 4}).bands == ()


def test_whoever_stopped_such_mails_or_has_no_mailbox_is_not_asked(client: FlaskClient) -> None:
    event = event_of_yesterday()
    people = attended(event, 8)
    preference_of(people[0].id).stopped_at = now()
    people[1].email = None
    db.session.flush()
    assert set(actions.attendees(event.id)) == {one.id for one in people[2:]}


def test_staff_of_another_event_find_nothing(client: FlaskClient) -> None:
    event = queries.event_of(closed(6))
    person = make_staff(Role.ORGANISER, event_id=event_of_yesterday().id)
    sign_in(client, person)
    for path in ("", "/set-up", ".csv"):
        assert client.get(f"/en/console/events/{event.slug}/evaluation{path}").status_code == 404
    grant(person, Role.RAPPORTEUR, event_id=event.id)
    assert client.get(f"/en/console/events/{event.slug}/evaluation").status_code == 404


def test_the_own_copy_says_that_one_was_asked_and_nothing_more(client: FlaskClient) -> None:
    event = event_of_yesterday()
    person = attended(event, 5)[0]
    made = opened(1, event)
    for secret in secrets_of(made):
        answering.answer(secret, {"missing": "My words"}, "en")
    aged(made, 14)
    counted()
    sign_in(client, person)
    copy = client.post("/en/me/data/copy", data=form_fields(client.get("/en/me/data").text, "/en/me/data/copy"))
    assert "answered_on" in copy.text
    assert "My words" not in copy.text


def test_set_up_twice_at_once_is_told(client: FlaskClient) -> None:
    event = event_of_yesterday()
    set_up(event)
    with pytest.raises(Stale):
        set_up(event)
