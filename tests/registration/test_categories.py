"""What an event's categories do to its form: which are offered, which papers are asked, what is missing."""

import copy
import io
import uuid

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.kit.audit import AuditEntry
from eventhub.kit.db import db
from eventhub.people.models import Person, Role
from eventhub.programme.models import Event
from eventhub.questionnaires import answers
from eventhub.questionnaires.checks import parse
from eventhub.questionnaires.definition import Definition
from eventhub.questionnaires.uploads import Upload
from eventhub.registration import actions, admission, categories, deciding, participants
from eventhub.registration.asking import mark_of
from eventhub.registration.categories import Paper, Rule
from eventhub.registration.models import BadgeColour, Registration, RegistrationCategory, SeatAt, State
from tests.factories.people import form_fields, grant, make_person, sign_in
from tests.factories.programme import PDF_BYTES
from tests.factories.registration import (
    FOR_CATEGORIES,
    ONE_PAGE,
    intake,
    listed,
    make_dialogue,
    make_forum,
    make_registration,
    register,
    take_category,
)

pytestmark = pytest.mark.usefixtures("database")

BOTH = {"asks_letter": True, "asks_attestation": True}
FILE = Upload("paper.pdf", PDF_BYTES)
RULES = (
    Rule("member_state"),
    Rule("ngo_no_ecosoc", papers=(Paper.LETTER,)),
    Rule("minority_representative", papers=(Paper.LETTER, Paper.ATTESTATION), may_speak=False),
    Rule("ngo_ecosoc", is_open=False),
)


def definition() -> Definition:
    return parse(FOR_CATEGORIES)


def asked(rules: categories.Rules, **given: object) -> set[str]:
    """The keys of what is asked."""
    return {one.key for _page, one in answers.visible_questions(categories.fitted(definition(), rules), given)}


def lacks(rules: categories.Rules, **given: object) -> list[str]:
    known = {"display_name": "Amina"} | given
    return [one.key for _page, one in categories.gaps(categories.fitted(definition(), rules), rules, known)]


def stored(*keys: str) -> dict[str, object]:
    return {key: {"file": str(uuid.uuid4()), "name": "a.pdf", "size": 9} for key in keys}


def open_event(**given: object) -> Event:
    return make_forum(data=FOR_CATEGORIES, **given)


def mine(event: Event, person: Person) -> Registration | None:
    db.session.expire_all()
    rows = select(Registration).where(Registration.event_id == event.id, Registration.person_id == person.id)
    return db.session.scalar(rows)


def organiser(client: FlaskClient, event: Event) -> Person:
    person = make_person()
    grant(person, Role.ORGANISER, event_id=event.id)
    return sign_in(client, person)


# The form by the rules


def test_an_event_without_rules_asks_what_the_questionnaire_says() -> None:
    one = definition()
    assert categories.fitted(one, ()) is one
    assert categories.gaps(one, (), {"display_name": "A", "category": "ngo_no_ecosoc"}) == []


def test_the_same_rules_make_the_same_form() -> None:
    one = definition()
    assert categories.fitted(one, RULES) is categories.fitted(one, tuple(RULES))


def test_only_open_categories_are_offered() -> None:
    one = definition()
    assert categories.offered(one, RULES) == ("member_state", "ngo_no_ecosoc", "minority_representative")
    kept = categories.fitted(one, RULES, "ngo_ecosoc").question("category")
    assert "ngo_ecosoc" in {option.id for option in kept.options}


def test_papers_are_asked_of_their_category_alone() -> None:
    assert not {"letter", "attestation", "identity_copy"} & asked(RULES, category="member_state")
    assert {"letter"} == {"letter", "attestation"} & asked(RULES, category="ngo_no_ecosoc")
    assert {"letter", "attestation"} <= asked(RULES, category="minority_representative")


def test_a_letter_is_missing_until_it_is_there() -> None:
    assert lacks(RULES, category="member_state") == []
    assert lacks(RULES, category="ngo_no_ecosoc") == ["letter"]
    assert lacks(RULES, category="ngo_no_ecosoc", **stored("letter")) == []
    assert lacks(RULES, category="ngo_no_ecosoc", **stored("attestation")) == ["letter"]


@pytest.mark.parametrize("paper", ["letter", "attestation"])
def test_a_village_gives_one_of_the_two(paper: str) -> None:
    assert lacks(RULES, category="minority_representative") == ["attestation"]
    assert lacks(RULES, category="minority_representative", **stored(paper)) == []


def test_with_a_letter_nobody_is_asked_for_an_attestation() -> None:
    assert "attestation" not in asked(RULES, category="minority_representative", **stored("letter"))


def test_a_category_that_was_closed_is_asked_again() -> None:
    assert lacks(RULES, category="ngo_ecosoc") == ["category"]


def test_who_may_not_speak_is_not_asked() -> None:
    assert "wishes_to_speak" in asked(RULES, category="member_state")
    assert "wishes_to_speak" not in asked(RULES, category="minority_representative")


def test_a_copy_of_a_passport_is_only_asked_for_sealed() -> None:
    rules = (Rule("member_state", papers=(Paper.IDENTITY,)),)
    assert lacks(rules, category="member_state") == ["identity_copy"]
    data = copy.deepcopy(FOR_CATEGORIES)
    for one in data["pages"][0]["questions"]:
        one.pop("sealed", None)
    assert categories.papers_missing_from(parse(data), rules) == [Paper.IDENTITY]
    assert categories.papers_missing_from(definition(), rules) == []


# Over HTTP


def test_a_category_that_is_not_taken_is_refused_by_the_server(client: FlaskClient) -> None:
    event = open_event()
    sign_in(client, make_person())
    take_category(event, "member_state")
    page = client.get(f"/en/events/{event.slug}/register/p1")
    assert "A Member State" in page.text
    assert "An organization without status" not in page.text
    fields = form_fields(page.text) | {"q_category": "ngo_no_ecosoc"}
    assert client.post(f"/en/events/{event.slug}/register/p1", data=fields).status_code == 422


def test_the_letter_is_named_before_sending_and_sent_with_it(client: FlaskClient) -> None:
    event, person = open_event(), sign_in(client, make_person())
    take_category(event, asks_letter=True)
    base = f"/en/events/{event.slug}/register"
    found = intake(event, person)
    begun = actions.start_draft(person, person, found)
    actions.save_page(person, begun, {"category": "ngo_no_ecosoc", "display_name": "Amina"})
    check = client.get(f"{base}/check")
    assert "1 answer is still missing" in check.text
    assert f"{base}/p1#q_letter" in check.text
    refused = client.post(f"{base}/check", data=form_fields(check.text))
    assert refused.status_code == 422
    fields = form_fields(client.get(f"{base}/p1").text) | {"q_category": "ngo_no_ecosoc"}
    sent = client.post(f"{base}/p1", data=fields | {"q_letter": (io.BytesIO(PDF_BYTES), "letter.pdf")})
    assert sent.status_code == 303
    check = client.get(f"{base}/check")
    assert "still missing" not in check.text
    assert client.post(f"{base}/check", data=form_fields(check.text)).status_code == 303
    registration = mine(event, person)
    assert registration is not None
    assert (registration.state, registration.category) == (State.UNDER_REVIEW, "ngo_no_ecosoc")


def test_a_category_closed_with_drafts_in_it(client: FlaskClient) -> None:
    event, person = open_event(), sign_in(client, make_person())
    take_category(event, "ngo_no_ecosoc")
    take_category(event, "member_state")
    begun = actions.start_draft(person, person, intake(event, person))
    actions.save_page(person, begun, {"category": "ngo_no_ecosoc", "display_name": "Amina"})
    sent = register(event, category="ngo_no_ecosoc", display_name="Before")
    take_category(event, "ngo_no_ecosoc", is_open=False)
    check = client.get(f"/en/events/{event.slug}/register/check")
    assert "/register/p1#q_category" in check.text
    with pytest.raises(actions.Incomplete):
        actions.submit(person, intake(event, person))
    db.session.refresh(sent)
    assert (sent.category, sent.state) == ("ngo_no_ecosoc", State.UNDER_REVIEW)


def test_the_guide_leads_into_the_form_with_the_category_chosen(client: FlaskClient) -> None:
    event = open_event()
    take_category(event, "minority_representative", **BOTH)
    address = f"/en/events/{event.slug}/register/guide"
    assert address in client.get(f"/en/events/{event.slug}/register").text
    page = client.get(address)
    assert "Set-Cookie" not in page.headers
    said: dict[str, str] = {}
    for name, answer in (("whom", "community_group"), ("letterhead", "no"), ("witness", "nhri")):
        assert f'name="{name}"' in page.text
        said[name] = answer
        page = client.post(address, data=form_fields(page.text) | said)
        assert page.status_code == 200
        assert "Set-Cookie" not in page.headers
    assert "Attestation by a known body" in page.text
    for words in ("Whom do you represent?", "Community group", "National human rights institution"):
        assert words in page.text
    assert "Letter on letterhead" not in page.text
    way_in = f"/en/events/{event.slug}/register?as={mark_of('minority_representative')}"
    assert way_in in page.text
    assert "minority_representative" not in way_in
    sign_in(client, make_person())
    start = client.get(way_in)
    begin = f"/en/events/{event.slug}/register/p1?as={mark_of('minority_representative')}"
    assert begin in start.text
    form = client.get(begin).text
    assert 'value="minority_representative" checked' in form
    fields = form_fields(form) | {"q_category": "minority_representative"}
    sent = client.post(begin, data=fields | {"q_attestation": (io.BytesIO(PDF_BYTES), "seen.pdf")})
    assert (sent.status_code, sent.location) == (303, f"/en/events/{event.slug}/register/p2")


def test_an_answer_of_the_guide_is_changed_on_the_page_itself(client: FlaskClient) -> None:
    event = open_event()
    address = f"/en/events/{event.slug}/register/guide"
    said = {"whom": "community_group", "letterhead": "no", "witness": "nhri"}
    told = client.post(address, data=form_fields(client.get(address).text) | said)
    assert "Back button of your browser" in told.text
    kept = form_fields(told.text)
    assert {name: kept[name] for name in said} == said
    for step in said:
        assert f'name="change" value="{step}"' in told.text
    page = client.post(address, data=kept | {"change": "letterhead"})
    assert page.status_code == 200
    assert 'value="community_group" checked' in page.text
    assert 'value="no" checked' in page.text
    assert 'name="witness"' not in page.text
    assert "Set-Cookie" not in page.headers
    other = client.post(address, data=form_fields(page.text) | {"whom": "community_group", "letterhead": "yes"})
    assert "Your category" in other.text
    assert "Letter on letterhead" in other.text
    assert client.post(address, data=kept | {"change": "nonsense"}).text.count("Your category") == 1


def test_the_guide_says_what_is_usual_where_the_event_has_no_rules(client: FlaskClient) -> None:
    event = open_event()
    address = f"/en/events/{event.slug}/register/guide"
    said = {"whom": "community_group", "letterhead": "no", "witness": "nobody"}

    def told() -> str:
        return client.post(address, data=form_fields(client.get(address).text) | said).text

    usual = told()
    for words in ("What is usually asked for", "the form says what it asks for", "is usually asked for. If the form"):
        assert words in usual
    for words in ("This event needs", "What you need"):
        assert words not in usual
    take_category(event, "minority_representative", **BOTH)
    own = told()
    for words in ("This event needs a paper that you cannot give", "What you need"):
        assert words in own
    assert "usually" not in own


def test_the_guide_says_what_is_missing_and_refuses_nonsense(client: FlaskClient) -> None:
    event = open_event()
    address = f"/en/events/{event.slug}/register/guide"
    fields = form_fields(client.get(address).text)
    nothing = client.post(address, data=fields)
    assert nothing.status_code == 422
    assert "Choose one of the answers" in nothing.text
    assert client.post(address, data=fields | {"whom": "nonsense"}).status_code == 422


def test_the_guide_says_when_the_event_does_not_take_somebody(client: FlaskClient) -> None:
    event = open_event()
    take_category(event, "member_state")
    address = f"/en/events/{event.slug}/register/guide"
    fields = form_fields(client.get(address).text)
    answer = client.post(address, data=fields | {"whom": "ngo", "consultative": "yes"})
    assert "takes no registrations in this category" in answer.text
    assert "?as=" not in answer.text


def test_no_guide_where_no_category_is_asked(client: FlaskClient) -> None:
    event = make_dialogue(data=ONE_PAGE)
    assert client.get(f"/en/events/{event.slug}/register/guide").status_code == 404
    assert "guide" not in client.get(f"/en/events/{event.slug}/register").text


def test_a_mark_that_means_nothing_changes_nothing(client: FlaskClient) -> None:
    event = open_event()
    sign_in(client, make_person())
    start = client.get(f"/en/events/{event.slug}/register?as=%00%22%3E<b>")
    assert start.status_code == 200
    assert "Your category" not in start.text


# The rules of an event


def test_organisers_choose_categories_and_their_rules(client: FlaskClient) -> None:
    event = open_event()
    organiser(client, event)
    base = f"/en/console/events/{event.slug}/registration-settings/categories"
    page, second = client.get(base), client.get(base)
    assert "no categories of its own yet" in page.text
    taken = client.post(base, data=form_fields(page.text), follow_redirects=True)
    assert "4 categories are added." in taken.text
    again = client.post(base, data=form_fields(second.text), follow_redirects=True)
    assert "All categories of the questionnaire are here already. Nothing was added." in again.text
    assert "categories are added" not in again.text
    rules = {rule.code: rule for rule in categories.rules_of(event.id)}
    assert rules["ngo_no_ecosoc"].papers == rules["minority_representative"].papers == (Paper.LETTER, Paper.ATTESTATION)
    assert rules["ngo_ecosoc"].papers == rules["member_state"].papers == ()
    page = client.get(f"{base}/ngo_no_ecosoc")
    wanted = {"is_open": "y", "quota": "30", "asks_letter": "y", "colour": "plum", "accreditation": "no"}
    plain = {name: value for name, value in form_fields(page.text).items() if name in {"csrf_token", "form_key"}}
    saved = client.post(f"{base}/ngo_no_ecosoc", data=plain | wanted)
    assert saved.status_code == 303
    row = db.session.get_one(RegistrationCategory, (event.id, "ngo_no_ecosoc"))
    assert (row.quota, row.asks_letter, row.asks_attestation, row.colour) == (30, True, False, BadgeColour.PLUM)
    assert (row.accreditation, row.may_speak, row.is_listed) == (False, False, False)
    assert "0 of 30 places taken" in client.get(base).text
    assert client.get(f"{base}/no_such_code").status_code == 404
    last = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert last is not None
    assert (last.verb, last.detail["category"]) == ("registration.category_set", "ngo_no_ecosoc")


def category_page(client: FlaskClient, event: Event, code: str) -> tuple[str, dict[str, object]]:
    """The page of one category, and what its form sends at the least to take it."""
    page = client.get(f"/en/console/events/{event.slug}/registration-settings/categories/{code}")
    plain = {name: value for name, value in form_fields(page.text).items() if name in {"csrf_token", "form_key"}}
    return page.text, plain | {"is_open": "y", "may_speak": "y", "accreditation": "", "colour": ""}


@pytest.mark.parametrize(("others", "offered"), [("keep", 4), ("close", 1)])
def test_the_first_category_says_what_becomes_of_the_others(client: FlaskClient, others: str, offered: int) -> None:
    event = open_event()
    organiser(client, event)
    address = f"/en/console/events/{event.slug}/registration-settings/categories/ngo_no_ecosoc"
    page, sent = category_page(client, event, "ngo_no_ecosoc")
    assert "The form offers 3 other categories today." in page
    assert 'name="others" value="keep"' in page
    unsaid = client.post(address, data=sent)
    assert unsaid.status_code == 422
    assert "Say what becomes of the others" in unsaid.text
    assert categories.rules_of(event.id) == (), "nothing is half written"
    saved = client.post(address, data=sent | {"others": others, "quota": "7", "form_key": str(uuid.uuid4())})
    assert saved.status_code == 303
    rules = categories.rules_of(event.id)
    assert len(categories.offered(definition(), rules)) == offered
    assert categories.rule_of(rules, "ngo_no_ecosoc") == Rule("ngo_no_ecosoc", quota=7)
    kept = categories.rule_of(rules, "minority_representative")
    assert (kept.papers if kept else None) == ((Paper.LETTER, Paper.ATTESTATION) if others == "keep" else None)
    later, _sent = category_page(client, event, "member_state")
    assert "other categories today" not in later
    assert 'name="others"' not in later


def test_two_tabs_with_the_first_category_and_one_that_closed_all(client: FlaskClient) -> None:
    event = open_event()
    organiser(client, event)
    base = f"/en/console/events/{event.slug}/registration-settings/categories"
    (_one, first), (_two, second) = (category_page(client, event, code) for code in ("member_state", "ngo_ecosoc"))
    assert client.post(f"{base}/member_state", data=first | {"others": "close"}).status_code == 303
    assert client.post(f"{base}/ngo_ecosoc", data=second | {"others": "keep"}).status_code == 303
    taken = {rule.code for rule in categories.rules_of(event.id)}
    assert taken == {"member_state", "ngo_ecosoc"}, "the others were closed on purpose by then"
    _three, stale = category_page(client, event, "ngo_ecosoc")
    for code in taken:
        take_category(event, code, is_open=False)
    asked = client.post(f"{base}/ngo_ecosoc", data=stale)
    assert asked.status_code == 422
    assert "The form offers 3 other categories today." in asked.text
    assert categories.rules_of(event.id) == ()


def test_the_page_says_what_the_questionnaire_does_not_ask(client: FlaskClient) -> None:
    event = make_forum()
    take_category(event, asks_letter=True)
    organiser(client, event)
    page = client.get(f"/en/console/events/{event.slug}/registration-settings/categories")
    assert "does not ask for every paper" in page.text
    bare = make_dialogue()
    organiser(client, bare)
    page = client.get(f"/en/console/events/{bare.slug}/registration-settings/categories")
    assert "does not ask for a category" in page.text


def test_when_the_last_category_is_closed_the_event_is_as_before() -> None:
    event = open_event()
    take_category(event, "member_state")
    take_category(event, "ngo_ecosoc")
    take_category(event, "member_state", is_open=False)
    assert [rule.is_open for rule in categories.rules_of(event.id)] == [False, True]
    take_category(event, "ngo_ecosoc", is_open=False)
    assert categories.rules_of(event.id) == ()


def test_a_category_has_its_own_rule_about_decisions() -> None:
    event = open_event()
    take_category(event, "member_state", accreditation=False)
    take_category(event, "ngo_ecosoc")
    at_once = register(event, category="member_state", display_name="A")
    looked_at = register(event, category="ngo_ecosoc", display_name="B")
    assert (at_once.state, at_once.has_seat) == (State.ACCREDITED, True)
    assert (looked_at.state, looked_at.has_seat) == (State.UNDER_REVIEW, False)
    dialogue = make_dialogue(data=FOR_CATEGORIES, seat_at=SeatAt.SUBMISSION)
    take_category(dialogue, "member_state")
    take_category(dialogue, "ngo_ecosoc", accreditation=True)
    confirmed = register(dialogue, category="member_state", display_name="A")
    waits = register(dialogue, category="ngo_ecosoc", display_name="B")
    assert (confirmed.state, waits.state, waits.has_seat) == (State.ACCREDITED, State.UNDER_REVIEW, True)


def test_a_category_off_the_list_keeps_even_those_who_agreed_off_it() -> None:
    event = open_event(public_list=True)
    listed(event, category="ngo_ecosoc")
    assert participants.is_anybody_on(event.id)
    take_category(event, "ngo_ecosoc")
    assert not participants.is_anybody_on(event.id)
    take_category(event, "ngo_ecosoc", is_listed=True)
    assert participants.is_anybody_on(event.id)
    silent = make_registration(event, category="ngo_ecosoc", state=State.ACCREDITED)
    assert len(participants.listed(event.id)) == 1
    assert silent.category == "ngo_ecosoc"


def test_the_desk_sees_quota_and_papers(client: FlaskClient) -> None:
    event = open_event()
    take_category(event, quota=2, **BOTH)
    one = register(event, category="ngo_no_ecosoc", display_name="Amina", letter=FILE)
    bare = make_registration(event)
    deciding.decide(make_person(), [one], State.ACCREDITED, "complete")
    organiser(client, event)
    desk = client.get(f"/en/console/events/{event.slug}/registrations?chip=all").text
    assert "1 of 2 places taken" in desk
    assert "Letter on letterhead or attestation by a known body" in desk
    record = client.get(f"/en/console/events/{event.slug}/registrations/{one.id}").text
    assert "1 of 2 places taken" in record
    assert "Papers missing" not in record
    assert client.get(f"/en/console/events/{event.slug}/registrations/{bare.id}").status_code == 200


def test_a_paper_that_is_missing_after_the_rules_changed_shows_at_the_desk(client: FlaskClient) -> None:
    event = open_event()
    one = register(event, category="ngo_no_ecosoc", display_name="Amina")
    take_category(event, asks_letter=True)
    organiser(client, event)
    record = client.get(f"/en/console/events/{event.slug}/registrations/{one.id}").text
    assert "Papers missing" in record


def test_the_actions_demand_what_the_form_demands() -> None:
    event, person = open_event(), make_person()
    take_category(event, asks_letter=True)
    with pytest.raises(actions.Incomplete):
        register(event, person, category="ngo_no_ecosoc", display_name="A")
    with pytest.raises(actions.Incomplete):
        register(event, make_person(), category="ngo_ecosoc", display_name="A")
    assert admission.take_usual(person, event, ("ngo_no_ecosoc", "nonsense")) == 0
