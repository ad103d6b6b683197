"""The first chapters of the story of commitments: in the room, behind the maker's link, at the secretariat's desk."""

import re
import urllib.request

from playwright.sync_api import expect
from sqlalchemy import select

from eventhub.commitments import confirming, queries, verifying
from eventhub.commitments.models import Asking, Commitment, State
from eventhub.kit.db import db
from eventhub.people.models import Person
from eventhub.programme.models import Event
from tests.factories.commitments import make_commitment
from tests.journeys.promise_scene import MAKERS, WORDING, Story
from tests.journeys.stage import newest_mail, plain_text, press, say
from tests.live import wait_for


def is_written_down(story: Story) -> None:
    """On a phone, in the session: who, what, by when. The others' words were written down before."""
    with story.house.work():
        event = db.session.get_one(Event, story.event_id)
        rapporteur = db.session.get_one(Person, story.staff["rapporteur"])
        for who in ("federation", "agency", "agency", "union", "quiet"):
            language, name, kind = MAKERS[who]
            given = {"maker": name, "kind": kind, "language": language, "wording": WORDING[language]}
            made = make_commitment(event, actor=rapporteur, email=story.boxes[who], **given)  # type: ignore[arg-type]
            story.references.setdefault(who, []).append(made.reference)
    language, name, kind = MAKERS["ministry"]
    page = story.at("rapporteur", f"/en/console/events/{story.slug}/commitments")
    assert page.locator("[name=session]").input_value(), "the session that is on is chosen"
    page.fill("[name=maker]", name)
    page.select_option("[name=kind]", kind)
    page.fill("[name=wording]", WORDING[language])
    page.fill("[name=due_on]", "2028-12-31")
    page.locator("main form details summary").first.click()
    page.fill("[name=email]", story.boxes["ministry"])
    page.select_option("[name=language]", language)
    page.select_option("[name=country]", "KE")
    story.shot(page, "01-room")
    assert press(page) == 200
    story.references["ministry"] = [re.findall(r"C-\d{4,}", page.locator("#today, aside").first.inner_text())[0]]
    assert story.house.query("SELECT count(*) FROM commitment WHERE state = 'draft'") == [(6,)]


def is_confirmed(story: Story) -> None:
    """A mail scanner presses every link first, which does nothing."""
    page = story.at("organiser", f"/en/console/events/{story.slug}/commitments")
    assert press(page, "form[action$='/ask'] button") == 200
    mail = plain_text(newest_mail(story.house, story.boxes["ministry"]))
    for address in re.findall(r"https?://\S+", mail):
        for method in ("GET", "HEAD", "GET"):
            with urllib.request.urlopen(urllib.request.Request(address, method=method), timeout=10) as answer:
                assert answer.status == 200
    assert states(story) == {State.AWAITING_MAKER}
    page = story.at("ministry", story.link(story.boxes["ministry"], "confirm"))
    expect(page.locator("blockquote.words")).to_contain_text(WORDING["ru"])
    story.shot(page, "02-confirm")
    assert press(page) == 200
    expect(page.locator("main")).to_contain_text(say(story.house, "ru", "Your words are confirmed."))
    with story.house.work():
        for asking in db.session.scalars(select(Asking).where(Asking.answer.is_(None))).all():
            confirming.confirm(confirming.link_token(asking), seen=1)
    assert story.house.query("SELECT count(*) FROM commitment WHERE confirmed = newest") == [(6,)]


def is_published(story: Story) -> None:
    """The day after: one by hand in the console, the others alike."""
    story.days_pass(1)
    (reference,) = story.references["ministry"]
    page = story.at("organiser", f"/en/console/commitments?q={reference}")
    page.locator("main a", has_text=WORDING["ru"][:20]).first.click()
    assert press(page, "form[action$='/verify'] button") == 200
    story.shot(page, "03-record")
    assert press(page, "form[action$='/state'] button[value=publish]") == 200
    with story.house.work():
        keeper = db.session.get_one(Person, story.staff["organiser"])
        waiting = select(Commitment.id).where(Commitment.published_at.is_(None))
        for commitment_id in db.session.scalars(waiting).all():
            found = queries.record(commitment_id)
            verifying.verify(keeper, found)
            verifying.publish(keeper, found)
    assert states(story) == {State.PUBLISHED}
    page = story.reader("/en/commitments")
    expect(page.locator(".pledge")).to_have_count(6)


def states(story: Story) -> set[State]:
    """Where the records stand."""
    with story.house.work():
        return set(db.session.scalars(select(Commitment.state)))


def settled(story: Story) -> None:
    """Every promise so far is kept."""
    owed = "SELECT count(*) FROM promise WHERE kept_at IS NULL AND parked_at IS NULL"
    wait_for(lambda: story.house.query(owed) == [(0,)], seconds=30, what="the promises of the story")
