"""Scorecards: rates, days, silence, small groups together, and what makers said at the end of each quarter."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from flask.testing import FlaskClient

from eventhub.commitments import following, verifying
from eventhub.commitments.models import Commitment, Says, Why
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.programme.models import Event
from eventhub.tracker import scores
from eventhub.tracker.scores import OTHERS, By
from tests.factories.commitments import described, past_event, published
from tests.factories.people import make_person
from tests.factories.programme import make_event, make_series

pytestmark = pytest.mark.usefixtures("database")
BEGUN = datetime(2026, 1, 5, 12, tzinfo=UTC)


def made(event: Event, number: int, **given: object) -> list[Commitment]:
    return [published(event, wording=f"We will {one}", **given) for one in range(number)]


def scene() -> Event:
    """Six of governments, four reported after ten days, two fulfilled; two of a union."""
    with time_machine.travel(BEGUN, tick=False):
        event = past_event()
        ours = made(event, 6, maker="Ministry of Education")
        made(event, 2, maker="Union of Teachers", kind="civil_society", country=None)
    with time_machine.travel(BEGUN + timedelta(days=10), tick=False):
        for place, one in enumerate(ours[:4]):
            following.say(one, Says.FULFILLED if place < 2 else Says.IN_PROGRESS)
    db.session.flush()
    return event


def test_rates_days_and_silence_by_kind_of_maker() -> None:
    scene()
    today = (BEGUN + timedelta(days=125)).date()
    found = scores.facts(By.MAKER, today)
    government, others = scores.scores(found)
    assert (government.code, government.total, government.answered, government.silent) == ("government", 6, 4, 6)
    assert (government.rate, government.first_report) == (66, None)
    assert government.says == {Says.FULFILLED: 2, Says.IN_PROGRESS: 2, None: 2}
    assert (others.code, others.total, others.rate, others.groups) == (OTHERS, 2, None, 1)
    whole = scores.whole(found)
    assert (whole.total, whole.silent, whole.rate) == (8, 8, 50)
    assert scores.quiet(today)[0][:2] == ("Ministry of Education", 6)


def test_nobody_is_late_before_the_first_report_is_expected() -> None:
    scene()
    whole = scores.whole(scores.facts(By.EVENT, (BEGUN + timedelta(days=30)).date()))
    assert (whole.silent, whole.expected, whole.rate) == (0, 4, None)


def test_what_was_said_at_the_end_of_each_quarter() -> None:
    scene()
    points = scores.over_time(date(2026, 7, 15))
    assert [one.day for one in points] == [date(2026, 3, 31), date(2026, 6, 30), date(2026, 7, 15)]
    assert (points[0].promised, points[0].done, points[0].due) == (8, 2, 0)
    assert points[0].says == {None: 4, Says.FULFILLED: 2, Says.IN_PROGRESS: 2}
    assert scores.over_time(date(2026, 1, 6))[-1].says[None] == 8


def test_by_country_a_commitment_counts_for_each_of_its_countries() -> None:
    with time_machine.travel(BEGUN, tick=False):
        for one in made(past_event(), 5):
            described(one, countries=["KE", "UG"])
    codes = {row.code: row.total for row in scores.scores(scores.facts(By.COUNTRY, BEGUN.date()))}
    assert codes == {"KE": 5, "UG": 5}


def test_the_page_reads_in_every_tab_and_language(client: FlaskClient) -> None:
    assert "No commitments yet" in client.get("/en/commitments/scorecards").text
    scene()
    for by in ("", "?by=country", "?by=event", "?by=nonsense"):
        page = client.get(f"/en/commitments/scorecards{by}").text
        assert page.count("<svg") > 4
        assert "Read it as a table" in page
    assert "Union of Teachers" in client.get("/ar/commitments/scorecards").text
    assert "1 smaller group" in client.get("/en/commitments/scorecards").text


def test_the_next_dialogue_opens_with_what_was_promised_at_the_last_one(client: FlaskClient) -> None:
    series = make_series()
    last = make_event(
        series, first_day=(now() - timedelta(days=300)).date(), last_day=(now() - timedelta(days=299)).date()
    )
    following_one = make_event(series)
    other = make_event()
    assert "What was promised last time" not in client.get(f"/en/events/{following_one.slug}").text
    shown = published(last, title="Classes in the mother tongue", in_session=False)
    page = client.get(f"/en/events/{following_one.slug}").text
    assert "What was promised last time" in page
    assert shown.reference in page
    for slug in (other.slug, last.slug):
        assert "What was promised last time" not in client.get(f"/en/events/{slug}").text


def test_an_event_leads_to_what_was_promised_there_and_awaits_no_programme_any_more(client: FlaskClient) -> None:
    day = (now() - timedelta(days=300)).date()
    past, coming = make_event(first_day=day, last_day=day), make_event()
    assert "What was promised here" not in client.get(f"/en/events/{past.slug}").text
    shown = [published(past, in_session=False).reference for _ in range(4)]
    hidden = published(past, in_session=False, maker="SECRET maker")
    verifying.withdraw(make_person(), hidden, Why.SAFETY, reason="Threatened")
    db.session.flush()
    page = client.get(f"/en/events/{past.slug}").text
    assert "What was promised here" in page
    assert f'href="/en/commitments?event={past.slug}"' in page
    assert [one in page for one in shown] == [False, True, True, True], "the newest three; the others by the link"
    assert "SECRET" not in page
    assert "The programme is not published yet" not in page
    assert "The programme is not published yet" in client.get(f"/en/events/{coming.slug}").text
