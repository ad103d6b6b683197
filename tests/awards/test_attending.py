"""A grant needs a registration for the event beside it: said wherever somebody applies, accepts or holds one."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient

from eventhub.awards import awarding, letters, queries, travelling
from eventhub.awards.models import Award
from eventhub.funding import attending, desk_letters, gaps, notices, vouching
from eventhub.funding.attending import Step
from eventhub.funding.models import FundKind, State, Vouch
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.i18n import show_date
from eventhub.people.models import Person
from eventhub.programme.models import Event
from eventhub.registration.models import RegistrationCategory, RegistrationSetup
from eventhub.registration.models import State as Registered
from tests.awards.test_letters import said
from tests.factories.awards import Money, make_application, make_award, make_fund
from tests.factories.funding import an_open_call, apply, begin, held
from tests.factories.funding_desk import fund_officer
from tests.factories.people import make_person, sign_in
from tests.factories.registration import make_forum, make_registration
from tests.programme.console import text_of

pytestmark = pytest.mark.usefixtures("database")
NEEDED = "A grant does not register you for the event"


@pytest.fixture
def forum() -> Event:
    """In three weeks; registration closes in one."""
    event = make_forum()
    event.first_day = now().date() + timedelta(days=21)
    event.last_day, event.city = event.first_day + timedelta(days=1), {"en": "Geneva"}
    db.session.flush()
    return event


@pytest.fixture
def fund(forum: Event) -> Money:
    return make_fund(event=forum)


def close(event: Event) -> None:
    """Registration closed yesterday."""
    setup = db.session.get_one(RegistrationSetup, event.id)
    setup.closes_at = now() - timedelta(days=1)
    db.session.flush()


def holder(award: Award) -> Person:
    return queries.award(award.id).application.person


def page_of(client: FlaskClient, award: Award, lang: str = "en") -> str:
    award = queries.award(award.id)
    sign_in(client, award.application.person)
    page = client.get(f"/{lang}/me/grants/{award.application.reference}")
    return f"{page.text}\n{text_of(page)}"


@pytest.mark.parametrize(
    ("state", "step"),
    [
        (None, Step.REGISTER),
        (Registered.WITHDRAWN, Step.REGISTER),
        (Registered.UNDER_REVIEW, Step.WAIT),
        (Registered.INFO_REQUESTED, Step.COMPLETE),
        (Registered.ACCREDITED, Step.NOTHING),
        (Registered.DECLINED, Step.REFUSED),
    ],
)
def test_each_state_of_a_registration_has_its_next_step(
    fund: Money, forum: Event, state: Registered, step: Step
) -> None:
    person = make_person()
    if state is not None:
        make_registration(forum, person, state=state)
    there = attending.of_person(person.id, fund.call)
    assert there is not None
    assert there.step is step
    assert there.words("en")
    close(forum)
    later = attending.of_person(person.id, fund.call)
    assert later is not None
    assert later.step is (Step.TOO_LATE if step is Step.REGISTER else step)


def test_nothing_is_said_without_a_registration_to_make_or_once_the_event_is_over(fund: Money, forum: Event) -> None:
    assert attending.of_person(None, make_fund().call) is None
    forum.first_day = forum.last_day = now().date() - timedelta(days=2)
    db.session.flush()
    assert attending.of_person(None, fund.call) is None


@pytest.mark.parametrize("lang", ["en", "ar", "zh", "fr", "ru", "es"])
def test_whoever_applies_reads_it_before_and_after(client: FlaskClient, forum: Event, lang: str) -> None:
    call, person = an_open_call(forum), make_person(language=lang)
    for address in ("", "/apply"):
        assert f"/{lang}/events/{forum.slug}/register" in client.get(f"/{lang}/funds/{call.slug}").text
        assert client.get(f"/{lang}/funds/{call.slug}{address}").status_code == 200
    sign_in(client, person)
    one = apply(call, person)
    for address in (f"/{lang}/funds/{call.slug}/apply/done", f"/{lang}/me/applications/{one.reference}"):
        assert f"/{lang}/events/{forum.slug}/register" in client.get(address).text
    if lang == "en":
        assert NEEDED in text_of(client.get(f"/en/funds/{call.slug}"))
        assert NEEDED in said(notices.received(one, call, person))


def test_the_calls_page_says_when_registration_has_closed(client: FlaskClient, forum: Event) -> None:
    call = an_open_call(forum)
    assert "Please register by" in text_of(client.get(f"/en/funds/{call.slug}"))
    close(forum)
    other = an_open_call(forum)
    page = text_of(client.get(f"/en/funds/{other.slug}"))
    assert NEEDED in page
    assert "Please register by" not in page


def test_an_offer_an_acceptance_and_the_grant_say_it_with_the_way_and_the_last_day(
    client: FlaskClient, fund: Money, forum: Event
) -> None:
    award = make_award(fund)
    offer = " ".join(said(letters.about("offered", award)).split())
    assert NEEDED in offer
    assert "Please register by" in offer
    assert "Geneva" in offer
    link = client.get(f"/en/awaited/{awarding.link(award)}")
    assert f"/en/events/{forum.slug}/register" in link.text
    awarding.answer(awarding.link(award), accepts=True)
    accepted = said(letters.about("accepted", queries.award(award.id)))
    assert f"/en/events/{forum.slug}/register" in accepted
    assert "/questions" in accepted
    assert f"/en/events/{forum.slug}/register" in client.get(f"/en/awaited/{awarding.link(award)}").text
    page = page_of(client, award)
    assert "Not registered yet" in page
    assert "Please register by" in page
    close(forum)
    page = page_of(client, award)
    eve = show_date(forum.first_day - timedelta(days=1), "en")
    assert "Please register by" in page, "whoever has accepted registers until the event begins"
    assert f"{eve}, 23:59" in page
    assert "/questions" in page
    page = page_of(client, make_award(fund))
    assert "Registration closed on" in page
    assert "write to us at once" in page


def test_a_grant_whose_registration_lacks_something_leads_there(client: FlaskClient, fund: Money, forum: Event) -> None:
    award = make_award(fund, State.ACCEPTED)
    one = make_registration(forum, holder(award), state=Registered.INFO_REQUESTED)
    page = page_of(client, award)
    assert f"/en/me/registrations/{one.reference}" in page
    assert "still needs something from you" in page
    one.state = Registered.ACCREDITED
    db.session.flush()
    page = page_of(client, award)
    assert 'id="attending"' not in page
    assert "Accredited" in page
    assert NEEDED not in said(letters.about("accepted", queries.award(award.id)))


def test_officers_see_where_the_registration_stands(client: FlaskClient, fund: Money, forum: Event) -> None:
    award = make_award(fund, State.ACCEPTED)
    sign_in(client, fund_officer(fund.call))
    url = f"/en/console/funds/{fund.call.slug}/grants/{award.id}"
    page = text_of(client.get(url))
    assert "Not registered yet" in page
    assert "Registration closes" in page
    make_registration(forum, holder(award), state=Registered.WAITLISTED)
    page = text_of(client.get(url))
    assert "On the waiting list" in page
    assert "Registration closes" not in page


def test_whoever_needs_a_visa_finds_the_invitation_letter_and_whom_to_tell(
    client: FlaskClient, fund: Money, forum: Event
) -> None:
    award = make_award(fund, State.ACCEPTED)
    travelling.visa_needed(fund.officer, queries.award(award.id))
    letter = said(letters.about("visa_help", queries.award(award.id)))
    assert "/questions" in letter
    assert NEEDED in letter
    assert "The invitation letter for the embassy" not in page_of(client, award)
    one = make_registration(forum, holder(award), state=Registered.ACCREDITED)
    page = page_of(client, award)
    assert f"/en/me/registrations/{one.reference}/visa" in page
    assert "Tell the fund where your visa stands" in page
    assert "Needed by" in page
    assert client.get(f"/en/me/registrations/{one.reference}/visa").status_code == 200


def test_a_reserve_list_says_until_when_it_stands(client: FlaskClient, fund: Money, forum: Event) -> None:
    person = make_person()
    one = make_application(fund, State.RESERVE, person=person)
    text = " ".join(said(letters.decided(one, person, fund.call, "reserve")).split())
    assert "The list stands until the event begins on" in text
    assert str(forum.first_day.day) in text
    refused = make_application(fund, State.NOT_RECOMMENDED)
    assert "The list stands" not in said(letters.decided(refused, make_person(), fund.call, "below_line"))


def test_every_mail_to_applicants_and_to_whoever_vouches_says_whom_to_ask_and_which_event(forum: Event) -> None:
    call, person = an_open_call(forum, changed={"vouching": {"nominator": True, "referees": 0}}), make_person()
    draft = begin(call, person)
    named = vouching.Named(
        gaps.slots(held(call, person).rules.vouching)[0], "Asha", "asha@example.org", "en", "Herders"
    )
    row = vouching.name(person, held(call, person), named)
    asked = vouching.behind(vouching.link_token(row))
    assert asked is not None
    vouching.answer(vouching.link_token(row), Vouch.CONFIRMED)
    for letter in (
        notices.vouch_asked(asked),
        notices.vouch_answered(asked),
        notices.draft_reminded(draft, call, person),
        notices.withdrawn(draft, call, person),
        desk_letters.letter("eligible", draft, call, person=person),
    ):
        text = said(letter)
        assert "Help and contact" in text
    for letter in (notices.vouch_asked(asked, again=True), notices.received(draft, call, person)):
        text = " ".join(said(letter).split())
        assert "Geneva" in text
        assert str(forum.first_day.year) in text


def test_an_offer_ends_with_the_calls_day_and_says_when_that_is_with_the_reader(fund: Money) -> None:
    award = queries.award(make_award(fund).id)
    award.application.person.time_zone = "Asia/Kabul"
    db.session.flush()
    text = " ".join(said(letters.about("offered", award)).split())
    assert ". With you that is" in text
    assert "(UTC+4:30)." in text
    award.application.person.time_zone = "UTC"
    assert "With you that is" not in said(letters.about("offered", award))


def test_the_page_of_an_offer_reckons_by_the_call_and_by_the_reader(client: FlaskClient, fund: Money) -> None:
    award = queries.award(make_award(fund).id)
    award.application.person.time_zone = "Asia/Kabul"
    db.session.flush()
    words = text_of(client.get(f"/en/awaited/{awarding.link(award)}"))
    assert "(UTC+4:30)" in words
    assert "Your time:" in words
    assert words.index("Please answer by") < words.index("Your time:")
    assert "goes to a bank account or to an office" in page_of(client, award)


def test_whoever_is_registered_remotely_reads_that_the_grant_is_for_coming(
    client: FlaskClient, fund: Money, forum: Event
) -> None:
    award, warns = make_award(fund, State.ACCEPTED), "You are registered to take part remotely"
    one = make_registration(forum, holder(award), state=Registered.ACCREDITED, attendance_mode="remote_speaking")
    page = page_of(client, award)
    assert warns in page
    assert "Remotely, with the right to speak" in page
    assert f"/en/me/registrations/{one.reference}" in page
    sign_in(client, fund_officer(fund.call))
    url = f"/en/console/funds/{fund.call.slug}/grants/{award.id}"
    told = text_of(client.get(url))
    assert "This person is registered to take part remotely," in told
    assert "Remotely, with the right to speak" in told
    one.attendance_mode = "in_person"
    db.session.flush()
    assert "to take part remotely" not in text_of(client.get(url))
    assert warns not in page_of(client, award)
    one.attendance_mode, fund.call.kind = "remote_speaking", FundKind.REMOTE
    db.session.flush()
    assert warns not in page_of(client, award), "a grant for a connection is for taking part remotely"


def test_a_visa_that_is_there_is_not_awaited(client: FlaskClient, fund: Money) -> None:
    award = queries.award(make_award(fund, State.ACCEPTED).id)
    visa = travelling.visa_needed(fund.officer, award)
    assert "Your visa is awaited" in page_of(client, award)
    travelling.visa_granted(fund.officer, queries.award(award.id), visa)
    for page in (page_of(client, award), text_of(client.get("/en/me"))):
        assert "Visa granted" in page
        assert "Your visa is awaited" not in page


def windows(event: Event, **ends: int) -> None:
    """Categories with ends of their own, in days from now."""
    setup, moment = db.session.get_one(RegistrationSetup, event.id), now()
    for code, days in ends.items():
        db.session.add(RegistrationCategory(event_id=event.id, code=code, closes_at=moment + timedelta(days=days)))
    setup.first_opens_at = setup.opens_at
    setup.last_closes_at = max([setup.closes_at, *(moment + timedelta(days=days) for days in ends.values())])
    db.session.flush()


def test_the_deadline_is_that_of_those_who_may_apply(client: FlaskClient, forum: Event) -> None:
    call = an_open_call(forum)
    windows(forum, member_state=15, ngo_ecosoc=5, minority_representative=5)
    there = attending.of_person(None, call)
    assert there is not None
    assert there.closes_at.date() == (now() + timedelta(days=5)).date()
    page = text_of(client.get(f"/en/funds/{call.slug}"))
    assert show_date(there.closes_at.astimezone(ZoneInfo(forum.time_zone)).date(), "en") in page
    assert "Some categories have another deadline" not in page


def test_where_those_who_may_apply_have_several_deadlines_the_page_says_so(client: FlaskClient, forum: Event) -> None:
    call, person = an_open_call(forum), make_person()
    windows(forum, ngo_ecosoc=-2, nhri=5, academic_expert=9)
    there = attending.of_person(None, call)
    assert there is not None
    assert (there.step, there.closes_at.date()) == (Step.REGISTER, (now() + timedelta(days=5)).date())
    assert "Some categories have another deadline" in text_of(client.get(f"/en/funds/{call.slug}"))
    make_registration(forum, person, state=Registered.DRAFT, category="academic_expert")
    own = attending.of_person(person.id, call)
    assert own is not None
    assert own.closes_at.date() == (now() + timedelta(days=9)).date()
    assert "Some categories" not in " ".join(str(one) for one in own.words("en"))
