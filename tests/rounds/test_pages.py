"""Behind the link and in the console, over HTTP: looking changes nothing, one press does, and nothing typed is lost."""

import re
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text

from eventhub.commitments import verifying
from eventhub.commitments.capturing import Step
from eventhub.commitments.models import Commitment, Says
from eventhub.kit.clock import now
from eventhub.kit.db import Base, db
from eventhub.kit.mail import render
from eventhub.kit.outbox import Promise
from eventhub.people.models import Role
from eventhub.rounds import asking, letters, opening, queries
from eventhub.rounds.models import RoundAnswer, RoundDraft, RoundLink
from tests.delegations.test_journeys import browser
from tests.factories.commitments import described, new_address
from tests.factories.people import form_fields, make_staff
from tests.factories.rounds import aged, behind, event_of_months_ago, followed, item_of, link_of, opened, secret

pytestmark = pytest.mark.usefixtures("database")
ADDRESS = re.compile(r"https?://[^\s\"'<>]+")


def send(client: FlaskClient, page: str, data: dict[str, str], to: str | None = None) -> tuple[int, str]:
    """Send a form of a page; the status and the page that follows."""
    hidden = form_fields(client.get(page).text, to or page)
    answer = client.post(to or page, data=hidden | data, follow_redirects=True)
    db.session.expire_all()
    return answer.status_code, answer.text


def whole_database() -> dict[str, str]:
    """A digest of every row of every table."""
    return {
        name: str(
            db.session.scalar(text(f'SELECT md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM "{name}" AS t'))
        )
        for name in sorted(Base.metadata.tables)
    }


def test_every_link_of_every_mail_fetched_twice_changes_nothing(client: FlaskClient) -> None:
    event, one, many, colleague = event_of_months_ago(), new_address(), new_address(), new_address()
    followed(event, one)
    mine = [followed(event, many) for _ in range(3)]
    found = opened(event)
    asking.hand_on(secret(many), {item_of(mine[0]).id}, colleague, "Bao", "zh")
    client.post(f"/en/answer/{secret(many)}/same", data={"form_key": "x"})
    addresses: set[str] = set()
    for link_id in db.session.scalars(select(RoundLink.id)).all():
        stands = queries.behind_link(link_id)
        assert stands is not None
        for letter in (letters.asked(stands), letters.reminded(stands), letters.handed_on(stands, "Amina")):
            assert letter is not None
            mail = render(letter, "<1@example.org>", now())
            addresses |= set(ADDRESS.findall(mail.text)) | set(ADDRESS.findall(mail.html.replace("&amp;", "&")))
    assert len(addresses) >= 10
    db.session.flush()
    before = whole_database()
    for address in [*sorted(addresses), *sorted(addresses)]:
        parts = urlsplit(address)
        answer = client.get(f"{parts.path}?{parts.query}")
        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers
        assert client.head(parts.path).status_code == 200
    assert whole_database() == before
    assert found.id


def test_no_change_is_one_press_for_one_and_for_all(client: FlaskClient) -> None:
    event, box = event_of_months_ago(), new_address()
    made = [followed(event, box) for _ in range(3)]
    opened(event)
    page = f"/en/answer/{secret(box)}"
    assert "No change" not in client.get(page).text
    for one in made:
        send(client, f"{page}/commitments/{one.reference}", {"says": "in_progress", "language": "en"})
    db.session.execute(text("DELETE FROM round_answer"))
    db.session.execute(text("UPDATE round_item SET answered_at = NULL"))
    shown = client.get(page).text
    assert "No change in 3 commitments" in shown
    value = re.search(r'name="shown" value="([^"]+ [^"]+)"', shown)
    assert value
    status, after = send(client, page, {"shown": value[1]}, f"{page}/same")
    assert (status, "Everything is answered" in after) == (200, True)
    rows = db.session.scalars(select(RoundAnswer)).all()
    assert [(one.unchanged, one.says) for one in rows] == [(True, Says.IN_PROGRESS)] * 3


def test_a_choice_in_the_address_is_only_drawn_and_a_wrong_answer_loses_nothing(client: FlaskClient) -> None:
    event, box = event_of_months_ago(), new_address()
    made = followed(event, box, language="fr")
    opened(event)
    page = f"/ar/answer/{secret(box)}/commitments/{made.reference}"
    drawn = client.get(f"{page}?says=changed").text
    assert re.search(r'value="changed" checked', drawn)
    status, shown = send(client, page, {"says": "changed", "text": "", "hindrance": "نقص الموظفين", "language": "ar"})
    assert status == 422
    assert "نقص الموظفين" in shown
    status, shown = send(client, page, {"says": "nonsense", "text": "words"})
    assert (status, "words</textarea>" in shown) == (422, True)
    assert db.session.scalar(select(RoundAnswer)) is None
    data = {
        "says": "changed",
        "text": "تغير الموعد",
        "obstacles": "staff_capacity",
        "hindrance": "سر",
        "language": "ar",
    }
    status, _shown = send(client, page, data)
    answer = db.session.scalars(select(RoundAnswer)).one()
    assert (status, answer.text, answer.language, answer.obstacles) == (200, "تغير الموعد", "ar", ["staff_capacity"])
    public = client.get(f"/en/commitments/{made.reference}").text
    assert "تغير الموعد" in public
    assert "سر" not in public


def test_from_an_answer_one_goes_on_to_evidence_and_a_colleague_does_not(client: FlaskClient) -> None:
    event, box, colleague = event_of_months_ago(), new_address(), new_address()
    mine, theirs = followed(event, box), followed(event, box)
    opened(event)
    asking.hand_on(secret(box), {item_of(theirs).id}, colleague, "Bao", "en")
    db.session.flush()
    way = "/commitments/{}/evidence"
    for mailbox, made, told in ((box, mine, True), (colleague, theirs, False)):
        page = f"/en/answer/{secret(mailbox)}"
        assert f"{page}{way.format(made.reference)}" not in client.get(page).text
        send(client, f"{page}/commitments/{made.reference}", {"says": "fulfilled", "language": "en"})
        assert (f"{page}{way.format(made.reference)}" in client.get(page).text) is told
        if told:
            status, shown = send(client, page, {}, f"{page}{way.format(made.reference)}")
            assert (status, "What does it show?" in shown) == (200, True)
        else:
            assert client.post(f"{page}{way.format(made.reference)}").status_code == 404


def test_the_same_form_sent_twice_is_one_answer(client: FlaskClient) -> None:
    event, box = event_of_months_ago(), new_address()
    made = followed(event, box)
    opened(event)
    page = f"/en/answer/{secret(box)}/commitments/{made.reference}"
    data = form_fields(client.get(page).text, page) | {"says": "planning", "language": "en"}
    statuses = [client.post(page, data=data).status_code for _ in range(2)]
    assert statuses == [303, 303]
    assert len(db.session.scalars(select(RoundAnswer)).all()) == 1


def test_what_is_typed_is_kept_by_itself_and_there_on_another_machine(app: Flask, client: FlaskClient) -> None:
    event, box = event_of_months_ago(), new_address()
    made = followed(event, box)
    opened(event)
    page = f"/en/answer/{secret(box)}/commitments/{made.reference}"
    hidden = form_fields(client.get(page).text, page)
    assert client.post(f"{page}/draft", data=hidden | {"says": "planning", "text": "Half a sen"}).status_code == 204
    assert "Half a sen" in app.test_client().get(page).text
    assert db.session.scalar(select(RoundAnswer)) is None
    send(client, page, {"says": "planning", "text": "Half a sentence", "language": "en"})
    assert db.session.scalar(select(RoundDraft)) is None


def test_a_colleague_gets_a_link_of_these_alone_and_the_giver_sees_who_has_them(client: FlaskClient) -> None:
    event, box, colleague = event_of_months_ago(), new_address(), new_address()
    mine, theirs = followed(event, box), followed(event, box)
    opened(event)
    page = f"/en/answer/{secret(box)}"
    status, shown = send(client, f"{page}/colleague", {"email": "no address", "name": "Bao", "language": "zh"})
    assert status == 422
    assert 'value="Bao"' in shown
    given = {"email": colleague, "name": "Bao", "language": "zh", "items": str(item_of(theirs).id)}
    status, shown = send(client, f"{page}/colleague", given)
    assert status == 200
    assert "Bao has this one." in shown
    child = f"/en/answer/{secret(colleague)}"
    assert client.get(f"{child}/commitments/{mine.reference}").status_code == 404
    assert client.get(f"{child}/colleague").status_code == 404
    assert client.get(f"{child}/commitments/{theirs.reference}").status_code == 200
    mail = letters.handed_on(behind(colleague), "Amina")
    assert mail is not None
    assert (mail.to, mail.language) == (colleague, "zh")
    back = f"{page}/colleague/{link_of(colleague).id}"
    status, _shown = send(client, page, {}, back)
    assert status == 200
    assert client.get(child).status_code == 410


def test_later_not_me_and_an_ended_link(client: FlaskClient) -> None:
    event, box = event_of_months_ago(), new_address()
    followed(event, box)
    opened(event)
    page = f"/en/answer/{secret(box)}"
    status, _shown = send(client, f"{page}/later", {"day": "2020-01-01"})
    assert status == 422
    status, shown = send(client, f"{page}/later", {"day": str(now().date() + (asking.date.resolution * 3))})
    assert (status, "We ask you again on" in shown) == (200, True)
    status, shown = send(client, f"{page}/not-me", {})
    assert (status, "The mailbox is forgotten." in shown) == (200, True)
    assert client.get(page).status_code == 410
    assert client.get("/en/answer/nobodys").status_code == 410


def test_after_the_round_what_was_said_can_be_read_and_not_changed(client: FlaskClient) -> None:
    event, box = event_of_months_ago(), new_address()
    made = followed(event, box)
    found = opened(event)
    page = f"/en/answer/{secret(box)}"
    send(client, f"{page}/commitments/{made.reference}", {"says": "planning", "language": "en"})
    aged(found, 31)
    opening.close_due(now())
    shown = client.get(page)
    assert (shown.status_code, "This round is over" in shown.text) == (200, True)
    assert client.get(f"{page}/commitments/{made.reference}").status_code == 410


def test_staff_see_the_board_nudge_call_and_end_a_link(app: Flask) -> None:
    event, box = event_of_months_ago(), new_address()
    made = followed(event, box)
    found = opened(event)
    organiser = browser(app, make_staff(Role.ORGANISER, event_id=event.id))
    stranger = browser(app, make_staff(Role.ORGANISER, event_id=event_of_months_ago().id))
    board = f"/en/console/rounds/{found.id}"
    assert made.reference in organiser.get(board).text
    assert stranger.get(board).status_code == 404
    aged(found, 21)
    asking.remind_due(now())
    db.session.flush()
    assert "1 to call" in organiser.get("/en/console").text
    calls = organiser.get(f"{board}/calls").text
    assert box in calls
    assert "The last email was not answered, or it came back." in calls
    link = f"/en/console/rounds/links/{link_of(box).id}"
    status, shown = send(organiser, link, {"reached": "nobody", "text": "Line busy"}, f"{link}/calls")
    assert (status, "Line busy" in shown) == (200, True)
    status, _shown = send(organiser, link, {"text": "x"}, f"{link}/calls")
    assert status == 422
    db.session.execute(text("UPDATE promise SET created_at = created_at - interval '1 hour'"))
    for deed in ("nudge", "revoke", "renew"):
        status, _shown = send(organiser, link, {}, f"{link}/{deed}")
        assert status == 200
    assert link_of(box).ended is None
    answer = f"/en/answer/{secret(box)}/commitments/{made.reference}"
    send(app.test_client(), answer, {"says": "planning", "text": "Soon", "language": "en"})
    assert "Soon" in organiser.get(link).text
    assert "Being planned" in organiser.get(f"{board}?view=answered").text
    assert stranger.get(link).status_code == 404


def test_what_is_hidden_for_safety_is_not_there_behind_a_link(client: FlaskClient) -> None:
    event, box = event_of_months_ago(), new_address()
    hidden, seen = followed(event, box), followed(event, box)
    opened(event)
    verifying.hold(make_staff(Role.ORGANISER), hidden)
    page = f"/en/answer/{secret(box)}"
    assert seen.reference in client.get(page).text
    assert hidden.reference not in client.get(page).text
    assert client.get(f"{page}/commitments/{hidden.reference}").status_code == 404


def test_the_list_of_commitments_leads_to_rounds_and_to_the_plan_of_a_series(app: Flask) -> None:
    event = event_of_months_ago()
    followed(event)
    db.session.refresh(event, ["series"])
    slug = event.series.slug
    organiser = browser(app, make_staff(Role.ORGANISER, series_id=event.series_id))
    assert 'href="/en/console/rounds"' in organiser.get("/en/console/commitments").text
    assert f"/en/console/series/{slug}/rounds" in organiser.get("/en/console/rounds").text
    rapporteur = browser(app, make_staff(Role.RAPPORTEUR, event_id=event.id))
    assert 'href="/en/console/rounds"' not in rapporteur.get("/en/console/commitments").text
    assert rapporteur.get("/en/console/rounds").status_code == 404


def test_a_plan_is_kept_for_a_series_and_wrong_numbers_stand_in_the_form(app: Flask) -> None:
    event = event_of_months_ago()
    followed(event)
    opened(event)
    db.session.refresh(event, ["series"])
    page = f"/en/console/series/{event.series.slug}/rounds"
    organiser = browser(app, make_staff(Role.ORGANISER, series_id=event.series_id))
    assert browser(app, make_staff(Role.ORGANISER, event_id=event.id)).get(page).status_code == 404
    status, shown = send(organiser, page, {"months": "3, x", "every": "12", "days": "5, 12"})
    assert (status, 'value="3, x"' in shown, shown.count("problem") >= 2) == (422, True, True)
    status, shown = send(organiser, page, {"months": "2، 4", "every": "0", "days": "0 7"})
    plan = queries.plan_of(event.series_id)
    assert plan is not None
    assert (status, plan.months, plan.every, plan.days) == (200, [2, 4], 0, [0, 7])


def test_steps_that_are_done_are_marked_with_the_answer(client: FlaskClient) -> None:
    event, box = event_of_months_ago(), new_address()
    made = described(followed(event, box), milestones=[Step("The law is drafted"), Step("It is passed")])
    opened(event)
    step = made.milestones[0]
    page = f"/en/answer/{secret(box)}/commitments/{made.reference}"
    send(client, page, {"says": "in_progress", "steps": str(step.id), "language": "en"})
    db.session.refresh(step)
    assert step.done_on == now().date()
    assert db.session.get_one(Commitment, made.id).said is Says.IN_PROGRESS


def test_a_copy_is_owed_once_however_often_it_is_asked_for(client: FlaskClient) -> None:
    event, box = event_of_months_ago(), new_address()
    made = followed(event, box)
    opened(event)
    page = f"/en/answer/{secret(box)}"
    assert "/copy" not in client.get(page).text
    send(client, f"{page}/commitments/{made.reference}", {"says": "planning", "language": "en"})
    data = form_fields(client.get(page).text, f"{page}/copy")
    for _ in range(2):
        client.post(f"{page}/copy", data=data)
    assert client.get(f"{page}/copy.pdf").status_code == 404
    owed = db.session.scalars(select(Promise).where(Promise.task == "rounds.make_copy")).all()
    assert len(owed) == 1


def test_a_longer_list_costs_no_more_statements(app: Flask, statements: list[str]) -> None:
    event, few, many = event_of_months_ago(), new_address(), new_address()
    for box in (few, *[many] * 6):
        followed(event, box)
    found = opened(event)
    organiser = browser(app, make_staff(Role.ORGANISER, event_id=event.id))
    client, spent = app.test_client(), []
    for path in (f"/en/answer/{secret(few)}", f"/en/answer/{secret(many)}"):
        client.get(path)
        statements.clear()
        client.get(path)
        spent.append(len(statements))
    assert spent[0] == spent[1] <= 12
    for path in ("", "/calls"):
        organiser.get(f"/en/console/rounds/{found.id}{path}")
        statements.clear()
        assert organiser.get(f"/en/console/rounds/{found.id}{path}").status_code == 200
        assert len(statements) <= 16, statements
