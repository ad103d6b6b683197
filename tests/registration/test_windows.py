"""One draft open in two windows: neither takes back what the other kept, and nothing typed is lost."""

import io
import uuid

import html5lib
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from eventhub.kit.db import db
from eventhub.people.models import Person
from eventhub.programme.models import Event
from eventhub.questionnaires import answers
from eventhub.registration import actions, deciding
from eventhub.registration.models import State
from tests.factories.people import form_fields, make_person, sign_in
from tests.factories.registration import intake, make_dialogue, make_forum
from tests.questionnaires.test_answers import picture
from tests.registration.test_views import PAGE_1, PAGE_2, kept, mine

Fields = dict[str, str]
CLASH = "Changed in another window"
MORE = {"id": "q4", "key": "more", "kind": "short_text", "label": "More"}
NOTICE = "This form was changed in another window"


@pytest.fixture
def person(client: FlaskClient) -> Person:
    return sign_in(client, make_person(name="Amina Yusuf Warsame"))


@pytest.fixture
def event(person: Person) -> Event:
    """A forum with a draft: the second page is answered."""
    event = make_forum()
    found = actions.start_draft(person, person, intake(event, person))
    about = {"legal_name": "Amina", "nationality": "SO", "document_number": "RT123456789"}
    actions.save_page(person, found, {"attendance_mode": "in_person", "category": "ngo_no_ecosoc"} | about)
    return event


def opened(client: FlaskClient, url: str) -> Fields:
    """The page in a new window, with everything a browser would send from it."""
    return as_drawn(client.get(url).text)


def as_drawn(html: str) -> Fields:
    tree = html5lib.parse(html, namespaceHTMLElements=False)
    form = next(one for one in tree.iter("form") if one.get("method") == "post")
    found = {
        one.get("name", ""): one.get("value", "")
        for one in form.iter("input")
        if one.get("type") not in {"radio", "checkbox", "file"} or one.get("checked") is not None
    }
    found |= {one.get("name", ""): "".join(one.itertext()).strip() for one in form.iter("textarea")}
    for one in form.iter("select"):
        found[one.get("name", "")] = next(
            (o.get("value", "") for o in one.iter("option") if "selected" in o.attrib), ""
        )
    return {name: value for name, value in found.items() if name}


def autosave(client: FlaskClient, url: str, fields: Fields, **typed: str) -> int:
    return client.post(f"{url}/draft", data=fields | typed | {"form_key": str(uuid.uuid4())}).status_code


def test_an_older_window_takes_nothing_back(client: FlaskClient, person: Person, event: Event) -> None:
    url = f"/en/events/{event.slug}/register/p2"
    old, new = opened(client, url), opened(client, url)
    assert client.post(url, data=new | {"q_legal_name": "Amina Yusuf"}).status_code == 303
    assert autosave(client, url, old, q_nationality="KE") == 204
    assert kept(mine(event, person)) | {"legal_name": "Amina Yusuf", "nationality": "KE"} == kept(mine(event, person))
    assert client.post(url, data=old | {"q_nationality": "FR"}).status_code == 303
    found = kept(mine(event, person))
    assert (found["legal_name"], found["nationality"]) == ("Amina Yusuf", "FR")


def test_what_both_changed_is_shown_with_both_and_sent_knowingly(
    client: FlaskClient, person: Person, event: Event
) -> None:
    url = f"/en/events/{event.slug}/register/p2"
    old, new = opened(client, url), opened(client, url)
    assert client.post(url, data=new | {"q_legal_name": "Kept <later>"}).status_code == 303
    assert autosave(client, url, old, q_legal_name="Typed before", q_nationality="KE") == 409
    found = kept(mine(event, person))
    assert (found["legal_name"], found["nationality"]) == ("Kept <later>", "KE")
    page = client.post(url, data=old | {"q_legal_name": "Typed before", "q_nationality": "KE"})
    assert page.status_code == 422
    assert NOTICE in page.text
    assert f'href="{url}">Show what is kept now' in page.text
    assert 'value="Typed before"' in page.text
    assert "Kept now: <bdi>Kept &lt;later&gt;</bdi>" in page.text
    assert page.text.count(CLASH) == 2  # in the summary and at the field, at no other
    assert "data-autosave" not in page.text  # no script may decide it: only a button says which answer is meant
    assert kept(mine(event, person))["legal_name"] == "Kept <later>"
    meant = client.post(url, data=as_drawn(page.text))
    assert (meant.status_code, meant.location) == (303, f"/en/events/{event.slug}/register/p3")
    assert kept(mine(event, person))["legal_name"] == "Typed before"


def test_save_and_finish_later_is_held_up_too(client: FlaskClient, person: Person, event: Event) -> None:
    url = f"/en/events/{event.slug}/register/p2"
    old, new = opened(client, url), opened(client, url)
    client.post(url, data=new | {"q_legal_name": "Newer"})
    answer = client.post(url, data=old | {"q_legal_name": "", "go": "later"})
    assert answer.status_code == 422
    assert NOTICE in answer.text
    assert kept(mine(event, person))["legal_name"] == "Newer"


def test_a_window_never_stands_in_its_own_way(client: FlaskClient, person: Person, event: Event) -> None:
    """Autosave, replies that were lost and the way back: the page still says what it was drawn with."""
    url = f"/en/events/{event.slug}/register/p2"
    old = opened(client, url)
    for text in ("A", "Am", "Ami"):
        assert autosave(client, url, old, q_legal_name=text, q_document_number=f"{text}0000000") == 204
    assert client.post(url, data=old | {"q_legal_name": "Amin"}).status_code == 303
    back = old | {"q_legal_name": "Amina", "form_key": str(uuid.uuid4())}
    assert client.post(url, data=back).status_code == 303
    assert kept(mine(event, person))["legal_name"] == "Amina"


def test_the_same_answer_from_two_windows_is_no_conflict(client: FlaskClient, person: Person, event: Event) -> None:
    url = f"/en/events/{event.slug}/register/p2"
    old, new = opened(client, url), opened(client, url)
    typed = {"q_legal_name": "Same", "q_document_number": "XX987654321"}
    assert client.post(url, data=new | typed).status_code == 303
    assert client.post(url, data=old | typed).status_code == 303


def test_sealed_answers_are_guarded_and_stay_sealed(client: FlaskClient, person: Person, event: Event) -> None:
    url = f"/en/events/{event.slug}/register/p2"
    old, blank, new = (opened(client, url) for _ in range(3))
    assert "RT123456789" not in repr(old)
    client.post(url, data=new | {"q_document_number": "NEWER000111"})
    assert client.post(url, data=blank).status_code == 303
    answer = client.post(url, data=old | {"q_document_number": "OLDER000222"})
    assert answer.status_code == 422
    assert CLASH in answer.text
    assert "What is kept now is sealed and not shown here." in answer.text
    assert "NEWER000111" not in answer.text
    assert "111" not in answer.text.partition("<main")[2]

    def number() -> object:
        db.session.expire_all()
        found = intake(event, person)
        assert found.answer_set is not None
        return answers.opened(found.answer_set, found.key)["document_number"]

    assert number() == "NEWER000111"
    left = as_drawn(answer.text)
    assert client.post(url, data=left | {"q_document_number": "", "form_key": str(uuid.uuid4())}).status_code == 303
    assert number() == "NEWER000111"
    assert client.post(url, data=left).status_code == 303
    assert number() == "OLDER000222"


def letters_of_two_windows(client: FlaskClient, **more: object) -> tuple[Event, str, TestResponse]:
    """Two windows sent a file each for one question: the event, its address, and what the second one was answered."""
    asked = [{"id": "q1", "key": "letter", "kind": "file", "label": "Letter"} | more]
    pages = [{"id": "p1", "title": "One", "questions": asked}, {"id": "p2", "title": "Two", "questions": [MORE]}]
    event = make_forum(data={"pages": pages})
    url = f"/en/events/{event.slug}/register/p1"
    old, new = opened(client, url), opened(client, url)
    assert client.post(url, data=new | {"q_letter": (io.BytesIO(picture()), "newer.png")}).status_code == 303
    answer = client.post(url, data=old | {"q_letter": (io.BytesIO(picture()), "older.png")})
    assert answer.status_code == 422
    return event, url, answer


def test_a_sealed_file_of_the_other_window_is_named_by_neither(client: FlaskClient, person: Person) -> None:
    _event, _url, answer = letters_of_two_windows(client, sealed=True)
    assert "A file was sent in another window. It is sealed and not shown here." in answer.text
    assert "newer.png" not in answer.text
    assert "older.png" not in answer.text


def test_a_ticked_consent_stays_ticked(client: FlaskClient, person: Person, event: Event) -> None:
    url = f"/en/events/{event.slug}/register/p3"
    old, new = opened(client, url), opened(client, url)
    client.post(url, data=new | {"q_list_of_participants": "y"})
    assert autosave(client, url, old) == 204
    assert kept(mine(event, person))["list_of_participants"] is True
    ticked = opened(client, url)
    assert ticked["q_list_of_participants"] == "y"
    del ticked["q_list_of_participants"]
    assert client.post(url, data=ticked).status_code == 303
    assert kept(mine(event, person))["list_of_participants"] is False


def test_an_answer_that_does_not_apply_here_stays_as_it_was_kept_there(client: FlaskClient, person: Person) -> None:
    asked = [
        {"id": "q1", "key": "visa", "kind": "consent", "label": "I need a visa", "purpose": "photo"},
        {
            "id": "q2",
            "key": "place",
            "kind": "short_text",
            "label": "Where",
            "show_if": {"question": "visa", "in": [True]},
        },
        {"id": "q3", "key": "name", "kind": "short_text", "label": "Name"},
    ]
    pages = [
        {"id": "p1", "title": "One", "questions": asked},
        {"id": "p2", "title": "Two", "questions": [MORE]},
    ]
    event = make_forum(data={"pages": pages})
    url = f"/en/events/{event.slug}/register/p1"
    old, new = opened(client, url), opened(client, url)
    client.post(url, data=new | {"q_visa": "y", "q_place": "Nairobi"})
    assert autosave(client, url, old, q_name="Amina") == 204
    assert kept(mine(event, person)) == {"visa": True, "place": "Nairobi", "name": "Amina"}


def test_a_file_of_the_other_window_is_not_replaced_unseen(client: FlaskClient, person: Person) -> None:
    event, url, answer = letters_of_two_windows(client)
    assert "Kept now: <bdi>newer.png</bdi>. Choose your file again to keep it instead." in answer.text
    sent = form_fields(answer.text) | {"q_letter": (io.BytesIO(picture()), "older.png")}
    assert client.post(url, data=sent).status_code == 303
    letter = kept(mine(event, person))["letter"]
    assert isinstance(letter, dict)
    assert letter["name"] == "older.png"


def test_pages_of_one_draft_do_not_hinder_each_other(client: FlaskClient, person: Person, event: Event) -> None:
    base = f"/en/events/{event.slug}/register"
    first, second = opened(client, f"{base}/p1"), opened(client, f"{base}/p2")
    assert client.post(f"{base}/p1", data=first | PAGE_1).status_code == 303
    assert client.post(f"{base}/p2", data=second | PAGE_2).status_code == 303
    assert autosave(client, f"{base}/p1", first, **PAGE_1) == 204


def test_a_page_of_a_forged_window_is_nobodys_error(client: FlaskClient, person: Person, event: Event) -> None:
    url = f"/en/events/{event.slug}/register/p2"
    for drawn in ("", "x", "." * 20_000, uuid.uuid4().hex + ".a.b", "\x00:\ud800".encode(errors="surrogatepass")):
        fields = opened(client, url) | {"drawn": drawn}
        assert client.post(url, data=fields).status_code == 303


def test_a_sent_registration_is_changed_the_same_way(client: FlaskClient, person: Person, event: Event) -> None:
    sent = actions.submit(person, intake(event, person))
    url = f"/en/me/registrations/{sent.reference}/answers/p2"
    old, new = opened(client, url), opened(client, url)
    assert client.post(url, data=new | {"q_legal_name": "Newer"}).status_code == 303
    answer = client.post(url, data=old | {"q_legal_name": "Older"})
    assert answer.status_code == 422
    assert NOTICE in answer.text
    assert kept(mine(event, person))["legal_name"] == "Newer"
    assert client.post(url, data=as_drawn(answer.text)).status_code == 303
    assert kept(mine(event, person))["legal_name"] == "Older"


def test_a_page_of_a_single_page_form_is_not_sent_over_newer_answers(client: FlaskClient, person: Person) -> None:
    event = make_dialogue()
    url = f"/en/events/{event.slug}/register/p1"
    old = opened(client, url)
    assert autosave(client, url, opened(client, url), q_display_name="Newer") == 204
    answer = client.post(url, data=old | {"q_display_name": "Older", "q_residence": "KE"})
    assert answer.status_code == 422
    assert CLASH in answer.text
    assert kept(mine(event, person)) == {"display_name": "Newer", "residence": "KE"}
    assert client.post(url, data=as_drawn(answer.text)).location == f"/en/events/{event.slug}/register/done"
    assert kept(mine(event, person))["display_name"] == "Older"


def test_sending_again_from_another_window_leads_to_the_registration(client: FlaskClient, person: Person) -> None:
    for event, page, typed in (
        (make_dialogue(), "p1", {"q_display_name": "A"}),
        (make_forum(), "p1", PAGE_1),
        (make_forum(), "check", {}),
    ):
        base = f"/en/events/{event.slug}/register"
        found = actions.start_draft(person, person, intake(event, person))
        old = opened(client, f"{base}/{page}")
        whole = {"attendance_mode": "remote_listening", "category": "member_state", "legal_name": "Amina"}
        whole |= {"display_name": "Amina"}
        actions.save_page(person, found, whole)
        sent = actions.submit(person, intake(event, person))
        answer = client.post(f"{base}/{page}", data=old | typed)
        assert (answer.status_code, answer.location) == (303, f"/en/me/registrations/{sent.reference}")
        assert "sent already, from another window" in client.get(answer.location).text
        if page != "check":
            assert autosave(client, f"{base}/{page}", old, **typed) == 409
            later = client.post(f"{base}/{page}", data=old | typed | {"go": "later", "form_key": str(uuid.uuid4())})
            assert later.location == f"/en/me/registrations/{sent.reference}"
        actions.withdraw(person, intake(event, person))
        client.get("/en/me")
        gone = client.post(f"{base}/{page}", data=old | typed | {"form_key": str(uuid.uuid4())})
        assert gone.location == f"/en/me/registrations/{sent.reference}"
        assert "was withdrawn meanwhile" in client.get(gone.location).text


def test_a_double_click_is_told_nothing_of_another_window(client: FlaskClient, person: Person) -> None:
    event = make_dialogue()
    url = f"/en/events/{event.slug}/register/p1"
    fields = form_fields(client.get(url).text) | {"q_display_name": "Amina"}
    first, second = client.post(url, data=fields), client.post(url, data=fields)
    assert first.location == second.location
    assert "another window" not in client.get(second.location).text


def test_a_draft_that_is_gone_is_said_and_nothing_is_lost(client: FlaskClient, person: Person, event: Event) -> None:
    base = f"/en/events/{event.slug}/register"
    old, check = opened(client, f"{base}/p2"), opened(client, f"{base}/check")
    registration = mine(event, person)
    assert registration is not None
    db.session.delete(registration)
    db.session.flush()
    assert autosave(client, f"{base}/p2", old, q_legal_name="Typed") == 409
    assert mine(event, person) is None
    told = client.post(f"{base}/check", data=check)
    assert told.location == base
    assert "Your draft was deleted" in client.get(base).text
    answer = client.post(f"{base}/p2", data=old | {"q_legal_name": "Typed"})
    assert "Your draft was deleted meanwhile" in answer.text
    assert mine(event, person) is None
    again = client.post(f"{base}/p2", data=as_drawn(answer.text))
    assert again.status_code == 303
    assert kept(mine(event, person))["legal_name"] == "Typed"


def test_a_draft_that_was_withdrawn_is_said(client: FlaskClient, person: Person, event: Event) -> None:
    url = f"/en/events/{event.slug}/register/p2"
    old = opened(client, url)
    actions.withdraw(person, intake(event, person))
    assert autosave(client, url, old, q_legal_name="Typed") == 409
    answer = client.post(url, data=old | {"q_legal_name": "Typed"})
    assert answer.status_code == 422
    assert "was withdrawn meanwhile" in answer.text
    assert 'value="Typed"' in answer.text


def test_a_second_window_says_that_the_registration_is_withdrawn_already(
    client: FlaskClient, person: Person, event: Event
) -> None:
    sent = actions.submit(person, intake(event, person))
    here = f"/en/me/registrations/{sent.reference}"
    first, second = opened(client, f"{here}/withdraw"), opened(client, f"{here}/withdraw")
    assert client.post(f"{here}/withdraw", data=first).location == here
    client.get(here)
    again = client.post(f"{here}/withdraw", data=second)
    assert (again.status_code, again.location) == (303, here)
    page = client.get(here).text
    assert "This registration is withdrawn already." in page
    assert "/withdraw" not in page


def test_a_second_window_says_that_a_registration_cannot_be_withdrawn_any_more(
    client: FlaskClient, person: Person, event: Event
) -> None:
    sent = actions.submit(person, intake(event, person))
    here = f"/en/me/registrations/{sent.reference}"
    old = opened(client, f"{here}/withdraw")
    deciding.decide(make_person(), [sent], State.DECLINED, "late")
    db.session.flush()
    assert client.post(f"{here}/withdraw", data=old).location == here
    page = client.get(here).text
    assert "This registration cannot be withdrawn any more." in page
    assert "/withdraw" not in page


def test_only_what_was_looked_at_is_sent(client: FlaskClient, person: Person, event: Event) -> None:
    base = f"/en/events/{event.slug}/register"
    check = opened(client, f"{base}/check")
    client.post(f"{base}/p2", data=opened(client, f"{base}/p2") | {"q_legal_name": "Another name"})
    answer = client.post(f"{base}/check", data=check)
    assert answer.status_code == 422
    assert "Some answers were changed in another window" in answer.text
    assert "Another name" in answer.text
    assert client.post(f"{base}/check", data=as_drawn(answer.text)).location == f"{base}/done"
