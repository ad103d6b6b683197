"""Evidence and comments over HTTP: the mailed link, bad input, the queue, the desk, and what everybody reads."""

import io
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from eventhub.commitments import following, verifying
from eventhub.commitments.models import Commitment, Review, Says, Verdict, Why
from eventhub.evidence import commenting, voices
from eventhub.evidence.models import Comment, Evidence, Reply, Standing, Voice, Word
from eventhub.kit import files
from eventhub.kit.audit import AuditEntry
from eventhub.kit.db import db
from eventhub.kit.files import StoredFile
from eventhub.kit.outbox import Promise
from eventhub.people.models import Role
from eventhub.programme.models import Event
from tests.delegations.test_journeys import browser
from tests.factories.commitments import new_address, published
from tests.factories.evidence import (
    WORDS,
    a_pdf,
    again,
    checked,
    make_comment,
    make_evidence,
    make_voice,
    shown_comment,
)
from tests.factories.people import form_fields, grant, make_person, make_staff

pytestmark = pytest.mark.usefixtures("database")
QUEUE = "/en/console/assessments"


def reviewer(app: Flask, commitment: Commitment, role: Role = Role.COMMITMENT_REVIEWER) -> FlaskClient:
    return browser(app, make_staff(role, event_id=commitment.event_id))


def desk(commitment: Commitment) -> str:
    return f"{QUEUE}/{commitment.id}"


def send(browsing: FlaskClient, url: str, data: dict[str, Any], page: str | None = None) -> tuple[int, str]:
    """Send a form as its page holds it; the status and the page that follows."""
    hidden = form_fields(browsing.get(page or url).text, url)
    answer = browsing.post(url, data=hidden | data, follow_redirects=True)
    return answer.status_code, answer.text


def sent_file(name: str = "报告.pdf", body: bytes | None = None) -> tuple[io.BytesIO, str]:
    return io.BytesIO(body if body is not None else a_pdf()), name


def link(commitment: Commitment, **who: Any) -> str:
    return f"/en/speak/{voices.link_token(make_voice(commitment, **who))}"


def test_anybody_asks_for_a_link_and_the_answer_is_the_same(app: Flask, client: FlaskClient) -> None:
    commitment = published()
    url = f"/en/commitments/{commitment.reference}/speak"
    told = []
    for email in (new_address(), str(commitment.contacts[0].email)):
        status, page = send(client, url, {"email": email})
        told.append((status, page.replace(email, "")))
    assert told[0][0] == 200
    plain = [re.sub(r'name="(csrf_token|form_key)" value="[^"]*"', "", page) for _status, page in told]
    assert plain[0] == plain[1]
    assert db.session.scalar(select(func.count()).where(Promise.task == "evidence.link_asked")) == 2
    status, page = send(client, url, {"email": "nobody"})
    assert (status, "Enter an email address like name@example.org" in page) == (422, True)
    signed_in = browser(app, make_person())
    _status, page = send(signed_in, url, {})
    assert "What you sent" in page


def test_looking_behind_a_link_changes_nothing(client: FlaskClient) -> None:
    commitment = published()
    _made, reply = shown_comment(commitment)
    assert reply is not None
    here = link(commitment)
    before = [
        db.session.scalar(select(func.count()).select_from(one)) for one in (Voice, Evidence, Comment, AuditEntry)
    ]
    for url in (here, f"{here}/comment", f"{here}/evidence", f"/en/right-of-reply/{commenting.reply_token(reply)}"):
        assert [client.get(url).status_code for _time in range(2)] == [200, 200]
    after = [db.session.scalar(select(func.count()).select_from(one)) for one in (Voice, Evidence, Comment, AuditEntry)]
    assert before == after
    assert client.get("/en/speak/nothing").status_code == 410
    assert client.get("/en/right-of-reply/nothing").status_code == 410


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({"title": " "}, "Fill in this field"),
        ({"file": None}, "Choose a file"),
        ({"address": "javascript:alert(1)"}, "Write the whole address"),
        ({"address": "ftp://example.org/x"}, "Write the whole address"),
        ({"address": "https://example.org/x"}, "Say on which day the address showed it"),
        ({"address": "https://example.org/x", "shown_on": "soon"}, "Write a date as year-month-day"),
        ({"address": "https://example.org/x", "shown_on": "2099-01-01"}, "This day has not come yet"),
        ({"title": "x" * 161}, "This text is too long"),
        ({"file": sent_file(body=b"<html><script>")}, "file"),
    ],
)
def test_what_is_wrong_with_evidence_is_said_at_its_field(
    client: FlaskClient, typed: dict[str, Any], message: str
) -> None:
    here = f"{link(published())}/evidence"
    data = {"title": "Forty-six classes", "language": "zh", "file": sent_file()} | typed
    status, page = send(client, here, {name: value for name, value in data.items() if value is not None})
    assert status == 422
    assert message in page
    assert typed.get("title") or "Forty-six classes" in page
    assert db.session.scalar(select(func.count()).select_from(Evidence)) == 0


def test_a_file_chosen_beside_another_mistake_is_asked_for_again(client: FlaskClient) -> None:
    here = f"{link(published())}/evidence"
    _status, page = send(client, here, {"title": "", "language": "en", "file": sent_file()})
    assert "Choose the file once more: it was not kept." in page


def test_evidence_goes_from_the_link_over_the_desk_to_everybody_and_away(app: Flask, client: FlaskClient) -> None:
    commitment = published()
    here, body = link(commitment), a_pdf()
    given = {"title": "تقرير الوزارة", "language": "ar", "file": (io.BytesIO(body), "教育部报告.pdf")}
    seen_there = {"address": "https://example.org/report?a=1&b=2", "shown_on": "2026-01-05"}
    status, page = send(client, f"{here}/evidence", given | seen_there)
    assert (status, "教育部报告.pdf" in page) == (200, True)
    made = db.session.scalars(select(Evidence)).one()
    public = f"/en/commitments/{commitment.reference}"
    file = f"{public}/evidence/{made.id}"
    assert "تقرير" not in client.get(public).text
    assert client.get(file).status_code == 404
    staff = reviewer(app, commitment)
    assert "Evidence to check" in staff.get(QUEUE).text
    answer = staff.post(
        f"{desk(commitment)}/evidence/{made.id}/file", data=form_fields(staff.get(desk(commitment)).text)
    )
    assert (answer.status_code, answer.data) == (200, body)
    assert "%E6%95%99%E8%82%B2" in answer.headers["Content-Disposition"]
    assert db.session.scalar(select(func.count()).where(AuditEntry.verb == "evidence.file_read")) == 1
    check = f"{desk(commitment)}/evidence/{made.id}/check"
    assert send(staff, check, {"go": "public"}, desk(commitment))[0] == 200
    page = client.get(public).text
    assert "تقرير الوزارة" in page
    assert 'rel="nofollow noreferrer noopener"' in page
    assert made.digest.hex() in page
    answer = client.get(file)
    assert (answer.data, answer.headers["Cache-Control"]) == (body, "no-store")
    retract = f"{here}/evidence/{made.id}/retract"
    assert send(client, retract, {"reason": ""})[0] == 422
    assert send(client, retract, {"reason": "The ministry has published another one"})[0] == 200
    page = client.get(public).text
    assert "Retracted on" in page
    assert "The ministry has published another one" not in page
    assert "The ministry has published another one" in staff.get(desk(commitment)).text
    assert client.get(file).status_code == 404
    assert db.session.get_one(Evidence, made.id).digest.hex() in page


def test_a_file_that_is_missing_in_the_store_is_told(app: Flask, client: FlaskClient) -> None:
    commitment = published()
    shown, waits = checked(commitment), make_evidence(commitment)
    for one in (shown, waits):
        key = db.session.get_one(StoredFile, one.file_id).storage_key
        files._disk().rm_file(files._path(key))
    answer = client.get(f"/en/commitments/{commitment.reference}/evidence/{shown.id}")
    assert (answer.status_code, "This file is no longer here." in answer.text) == (410, True)
    staff = reviewer(app, commitment)
    status, page = send(staff, f"{desk(commitment)}/evidence/{waits.id}/check", {"go": "public"}, desk(commitment))
    assert (status, "This file is no longer here." in page) == (200, True)
    assert db.session.get_one(Evidence, waits.id).standing is Standing.WAITING


def test_a_claim_waits_until_it_was_assessed_and_a_stale_page_is_told(app: Flask, client: FlaskClient) -> None:
    commitment = published()
    following.say(commitment, Says.FULFILLED, text="All 120 are open")
    checked(commitment)
    first, second = reviewer(app, commitment), reviewer(app, commitment, Role.ORGANISER)
    assert "Says it is fulfilled" in first.get(QUEUE).text
    assert "Says it is fulfilled" in first.get("/en/console").text
    result = f"{desk(commitment)}/result"
    late = form_fields(second.get(desk(commitment)).text, result)
    status, page = send(first, result, {"verdict": "confirmed", "text": ""}, desk(commitment))
    assert (status, "Say why" in page) == (422, True)
    assert send(first, result, {"verdict": "confirmed", "text": "The report says so"}, desk(commitment))[0] == 200
    assert again(commitment).checked is Verdict.CONFIRMED
    answer = second.post(result, data=late | {"verdict": "no_evidence", "text": "I find nothing"})
    assert answer.status_code == 422
    assert "Somebody else changed this while you were looking at it." in answer.text
    assert "I find nothing" in answer.text
    assert db.session.scalar(select(func.count()).select_from(Review)) == 1
    assert "Says it is fulfilled" not in first.get(QUEUE).text
    assert "The report says so" in client.get(f"/en/commitments/{commitment.reference}").text


def test_a_form_sent_twice_gives_one_result(app: Flask) -> None:
    commitment = published()
    checked(commitment)
    staff = reviewer(app, commitment)
    result = f"{desk(commitment)}/result"
    data = form_fields(staff.get(desk(commitment)).text, result) | {"verdict": "evidence_seen", "text": "Seen"}
    assert [staff.post(result, data=data).status_code for _time in range(2)] == [303, 303]
    assert db.session.scalar(select(func.count()).select_from(Review)) == 1


def test_a_comment_goes_over_a_moderator_and_its_maker_replies(app: Flask, client: FlaskClient) -> None:
    commitment = published()
    here = link(commitment)
    said = {
        "text": "Mr Otieno says that four are missing.",
        "language": "en",
        "disputes": "y",
        "shown_as": "protected",
        "country": "KE",
        "name": "Amina Yusuf",
        "organisation": "Open Horizons",
    }
    for typed, message in (
        ({"text": ""}, "Fill in this field"),
        ({"name": ""}, "Fill in this field"),
        ({"shown_as": "alias"}, "Write the name under which you are shown"),
        ({"country": "XX"}, "Choose one of the answers on the list"),
    ):
        status, page = send(client, f"{here}/comment", said | typed)
        assert (status, message in page, "Open Horizons" in page) == (422, True, True)
    assert send(client, f"{here}/comment", said)[0] == 200
    made = db.session.scalars(select(Comment)).one()
    public = f"/en/commitments/{commitment.reference}"
    assert "four are missing" not in client.get(public).text
    staff = reviewer(app, commitment)
    page = staff.get(f"{desk(commitment)}/comments/{made.id}").text
    assert "This may say who somebody is" in page
    assert "Amina" not in page + staff.get(desk(commitment)).text
    name = f"{desk(commitment)}/comments/{made.id}"
    status, page = send(staff, f"{name}/identity", {"reason": ""}, name)
    assert (status, "Say why" in page) == (422, True)
    status, page = send(staff, f"{name}/identity", {"reason": "The Board asks"}, name)
    assert (status, "Amina Yusuf" in page) == (200, True)
    status, page = send(staff, name, {"go": "show", "cut": "Otieno\nNobody"})
    assert (status, "Otieno\nNobody" in page.replace("\r", "")) == (422, True)
    assert send(staff, name, {"go": "show", "cut": "Otieno", "disputes": "y"})[0] == 200
    page = client.get(public).text
    assert "Mr […] says that four are missing." in page
    assert "A civil society organization (Kenya)" in page
    assert all(word not in page for word in ("Amina", "Horizons", "Otieno"))
    assert "Disputed by a comment" in staff.get(QUEUE).text
    reply = db.session.scalars(select(Reply)).one()
    answer = f"/en/right-of-reply/{commenting.reply_token(reply)}"
    assert send(client, answer, {"text": ""})[0] == 422
    assert send(client, answer, {"text": "We will add them."})[0] == 200
    assert "We will add them." not in client.get(public).text
    decide = f"{desk(commitment)}/replies/{reply.id}"
    assert send(staff, decide, {"go": "show"}, desk(commitment))[0] == 200
    assert "We will add them." in client.get(public).text
    result = f"{desk(commitment)}/result"
    assert send(staff, result, {"verdict": "disputed", "text": "Four are missing"}, desk(commitment))[0] == 200
    assert again(commitment).checked is Verdict.DISPUTED
    assert "Disputed by a comment" not in staff.get(QUEUE).text
    send(client, f"{here}/comment/{made.id}/take-back", {}, here)
    assert "four are missing" not in client.get(public).text


def test_a_comment_that_is_refused_tells_its_writer_why(app: Flask, client: FlaskClient) -> None:
    commitment = published()
    voice = make_voice(commitment)
    made = make_comment(commitment, voice=voice)
    staff, name = reviewer(app, commitment), f"{desk(commitment)}/comments/{made.id}"
    assert send(staff, name, {"go": "refuse", "reason": ""})[0] == 422
    assert send(staff, name, {"go": "refuse", "reason": "It says nothing of this commitment"})[0] == 200
    page = client.get(f"/en/speak/{voices.link_token(voice)}").text
    assert "It says nothing of this commitment" in page
    way = re.search(r'href="([^"]+again=[^"]+)"', page)
    assert way
    assert WORDS in client.get(way[1]).text
    assert WORDS not in staff.get(desk(commitment)).text
    assert WORDS not in client.get(f"/en/commitments/{commitment.reference}").text
    assert db.session.get_one(Comment, made.id).standing is Word.REFUSED


def test_what_is_withdrawn_for_safety_takes_everything_along(app: Flask, client: FlaskClient) -> None:
    commitment = published()
    made, here = checked(commitment), link(commitment)
    shown_comment(commitment)
    staff = reviewer(app, commitment)
    public = f"/en/commitments/{commitment.reference}"
    assert client.get(public).status_code == 200
    verifying.withdraw(make_person(), again(commitment), Why.SAFETY, reason="They were threatened")
    db.session.flush()
    for url in (public, f"{public}/evidence/{made.id}", f"{public}/speak"):
        assert client.get(url).status_code == 404
    assert client.get(here).status_code == 410
    assert staff.get(desk(commitment)).status_code == 404
    assert commitment.reference not in staff.get(QUEUE).text


def test_what_its_maker_withdrew_keeps_its_comments_and_takes_no_more(client: FlaskClient) -> None:
    commitment = published()
    shown_comment(commitment, text="Nothing was ever begun.")
    verifying.withdraw(make_person(), again(commitment), Why.MAKER, reason="The law was not passed")
    page = client.get(f"/en/commitments/{commitment.reference}").text
    assert "Nothing was ever begun." in page
    assert "/speak" not in page
    assert client.get(f"/en/commitments/{commitment.reference}/speak").status_code == 404


def test_whoever_is_of_the_maker_sees_nothing_of_what_waits(app: Flask) -> None:
    commitment = published()
    make_evidence(commitment, title="Secret minutes")
    made = make_comment(commitment)
    near = make_person(email=commitment.contacts[0].email)
    grant(near, Role.COMMITMENT_REVIEWER, event_id=commitment.event_id)
    staff = browser(app, near)
    page = staff.get(desk(commitment)).text
    assert "You represent the maker" in page
    assert "Secret minutes" not in page
    assert "four of the schools" not in page.lower()
    assert staff.get(f"{desk(commitment)}/comments/{made.id}").status_code == 404


def test_the_queue_costs_the_same_for_one_and_for_three(app: Flask, statements: list[str]) -> None:
    commitment = published()
    make_evidence(commitment)
    staff = reviewer(app, commitment)
    staff.get(QUEUE)
    statements.clear()
    staff.get(QUEUE)
    one = len(statements)
    for _number in range(2):
        more = published(db.session.get_one(Event, commitment.event_id))
        make_evidence(more)
        make_comment(more)
    statements.clear()
    assert "3" in staff.get(QUEUE).text
    assert len(statements) == one


def test_no_two_things_on_the_desk_have_one_name(app: Flask) -> None:
    commitment = published()
    for _number in range(2):
        checked(commitment, Standing.SEALED)
        _made, reply = shown_comment(commitment)
        assert reply is not None
        commenting.answer(commenting.reply_token(reply), "We will add them", "en")
    waiting = make_comment(commitment)
    staff = reviewer(app, commitment)
    for url in (desk(commitment), f"{desk(commitment)}/comments/{waiting.id}"):
        named = re.findall(r'\sid="([^"]+)"', staff.get(url).text)
        assert len(named) == len(set(named))
