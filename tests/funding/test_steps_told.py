"""What a step of applying says before it is sent: currency, limits, ages; and what stands on the last page."""

import copy
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from eventhub.kit.clock import now
from tests.factories.funding import FORM, an_open_call, begin
from tests.factories.people import make_person, sign_in
from tests.factories.programme import make_event
from tests.programme.console import error_at, fields_of, text_of

pytestmark = pytest.mark.usefixtures("database")
GUIDE = {
    "guide": [
        {
            "id": "adult",
            "stops_on": False,
            "question": {"en": "Will you be 18 or older on the opening day?"},
            "reason": {"en": "The fund can only pay for adults."},
        }
    ]
}


def at(slug: str, page: str, lang: str = "en") -> str:
    return f"/{lang}/funds/{slug}/apply/{page}"


def test_a_child_is_told_at_the_day_of_birth_where_the_guide_asks_for_adults(client: FlaskClient) -> None:
    first = (now() + timedelta(days=60)).date().replace(day=15)
    event = make_event(first_day=first, last_day=first)
    person = make_person()
    sign_in(client, person)
    day = {
        "young": first.replace(year=first.year - 18, day=28) + timedelta(days=9),
        "old": first.replace(year=first.year - 18),
    }
    for changed, answer, refused in ((GUIDE, "young", True), (GUIDE, "old", False), (None, "young", False)):
        call = an_open_call(event, changed=changed)
        url = at(call.slug, "p5")
        typed = fields_of(client.get(url), action="/p5") | {
            "q_birth_date": day[answer].isoformat(),
            "q_gender": "woman",
        }
        sent = client.post(url, data=typed, content_type="multipart/form-data")
        assert (sent.status_code == 422) is refused
        if refused:
            assert "at least 18 years old" in error_at(sent, "q_birth_date")


def test_a_child_is_not_kept_while_it_is_typed(client: FlaskClient) -> None:
    first = (now() + timedelta(days=60)).date().replace(day=15)
    call, person = an_open_call(make_event(first_day=first, last_day=first), changed=GUIDE), make_person()
    sign_in(client, person)
    typed = fields_of(client.get(at(call.slug, "p5")), action="/p5") | {"q_birth_date": f"{first.year - 11}-05-05"}
    kept = client.post(at(call.slug, "p5/draft"), data=typed)
    assert kept.status_code == 204
    assert kept.headers["Not-Kept"] == "1"


@pytest.mark.parametrize(
    ("lang", "name"), [("en", "US Dollar (USD)"), ("fr", "dollar des États-Unis (USD)"), ("ar", "(USD)")]
)
def test_the_step_that_asks_for_money_names_the_currency(client: FlaskClient, lang: str, name: str) -> None:
    call, person = an_open_call(), make_person(language=lang)
    sign_in(client, person)
    assert name in text_of(client.get(at(call.slug, "p4", lang)))
    assert "(USD)" not in text_of(client.get(at(call.slug, "p3", lang)))


def test_the_limit_of_a_text_is_said_before_it_is_written(client: FlaskClient) -> None:
    form = copy.deepcopy(FORM)
    form["pages"][2]["questions"][0]["limits"] = {"max_length": 2_000}
    call, person = an_open_call(form=form), make_person()
    sign_in(client, person)
    assert text_of(client.get(at(call.slug, "p3"))).count("At most 2,000 characters.") == 1


def test_the_last_page_names_the_applicant_and_the_mailbox(client: FlaskClient) -> None:
    call, person = an_open_call(), make_person(name="Amina Yusuf")
    begin(call, person)
    sign_in(client, person)
    page = client.get(at(call.slug, "check"))
    assert "Amina Yusuf" in text_of(page)
    assert str(person.email) in text_of(page)
    assert at(call.slug, "own/name") in page.text


def test_the_deadline_stands_under_the_title_of_the_call(client: FlaskClient) -> None:
    call = an_open_call()
    words = text_of(client.get(f"/en/funds/{call.slug}"))
    assert words.index("Apply by") < words.index("What is paid")


@pytest.mark.parametrize(("lang", "wrong"), [("fr", "inscription"), ("ar", "التسجيل"), ("ru", "регистрац")])
def test_whoever_applies_is_not_told_of_withdrawing_a_registration(client: FlaskClient, lang: str, wrong: str) -> None:
    call = an_open_call()
    assert wrong not in text_of(client.get(f"/{lang}/funds/{call.slug}/apply")).lower()
