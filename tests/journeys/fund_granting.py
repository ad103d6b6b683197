"""Chapters of the fund's story: release, answers, a lapse, a refused visa, a reserve who steps in, journey, report."""

import re
import uuid
from datetime import timedelta

from sqlalchemy import select

from eventhub.awards import awarding, queries, reporting
from eventhub.awards.models import Award
from eventhub.funding.models import Application, Call, State
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people.models import Person
from eventhub.programme.models import Event
from tests.journeys.browser import PHONE, visitor
from tests.journeys.fund_choosing import AMINA, PHONE_FR, look
from tests.journeys.fund_scene import Story, text, until
from tests.journeys.stage import heading, press, say
from tests.live import wait_for

WORDS = "Nous avons parlé de l’eau."


def releases(story: Story) -> None:
    """The officer looks at the letters and releases all: everybody reads the same hour where they stand."""
    page = story.at("officer", f"{story.console}/release")
    until(page, lambda one: one.locator("#release, [aria-labelledby=release]").count(), seconds=60, what="staging")
    story.shot(page, "20-release")
    assert AMINA in text(page)
    assert story.mails_about(story.amina, r"/awaited/") == [], "nobody is told before the release"
    page.check("[name=when][value=now]")
    press(page, "form[action$='/release'] button[type=submit]")
    press(page, "form[action$='/release'] button[value=send]")
    assert "people are being told." in page.locator("body").inner_text()
    story.shot(page, "21-released")
    told = [one for one in states(story) if one != "Mari Beridze"]
    for name in told:
        wait_for(lambda name=name: decided_mail(story, name), seconds=60, what=f"the letter to {name}")
    assert len(told) == len(states(story)) - 1
    chosen = [name for name, state in states(story).items() if state is State.OFFERED]
    assert AMINA in chosen
    assert len(chosen) == 6


def answer(story: Story) -> None:
    """Amina accepts with one button on her phone; somebody else does too; a third does not answer in time."""
    chosen = sorted(name for name, state in states(story).items() if state is State.OFFERED and name != AMINA)
    story.links["refused"], story.links["lapsed"] = chosen[:2]
    for name, how in ((AMINA, PHONE_FR), (chosen[0], {"viewport": PHONE})):
        lang = str(how.get("language", "en"))
        person = visitor(story.chromium, story.house.origin, **how)
        person.page.goto(link_to(story, address_of(story, name), r"/awaited/"))
        look(person.page, f"22-offered-{lang}")
        assert press(person.page, "button[name=answer][value=accept]") == 200, text(person.page)
        look(person.page, f"22-accepted-{lang}")
        assert say(story.house, lang, "You have accepted") in text(person.page), text(person.page)
        person.close()
    late = award_of(story, chosen[1])
    with story.house.work():
        db.session.get_one(Award, late).accept_by = now() - timedelta(minutes=1)
    with story.house.work():
        assert awarding.lapse_due(now()) == 1
    assert states(story)[chosen[1]] is State.LAPSED
    person = visitor(story.chromium, story.house.origin)
    person.page.goto(link_to(story, address_of(story, chosen[1]), r"/awaited/"))
    assert "The offer has ended" in text(person.page)
    person.close()


def steps_in(story: Story) -> None:
    """A visa is refused: with the lapse two places are free, the next reserves are confirmed, approved and told."""
    where = f"{story.console}/grants/{award_of(story, story.links['refused'])}"
    page = story.at("officer", where)
    press(page, "button[name=deed][value=needed]")
    assert mail_about(story, address_of(story, story.links["refused"]), "visa")
    press(page, "button[name=deed][value=asked]")
    press(page, "button[name=deed][value=refused]")
    page.locator("#end summary, [aria-labelledby=end] summary").first.click()
    page.fill("form[action$='/end'] [name=reason]", "Refused for good")
    press(page, "button[name=deed][value=cancel]")
    story.shot(page, "23-refused")
    page = story.at("officer", f"{story.console}/grants/reserves")
    assert page.locator("button[name=deed][value=confirm]").count() == 2, text(page)
    story.shot(page, "24-proposals")
    for _ in range(2):
        press(page, "button[name=deed][value=confirm]")
    steps = [name for name, state in states(story).items() if state is State.RECOMMENDED]
    assert len(steps) == 2
    for _one in steps:
        page = story.at("approver", f"{story.console}/release")
        press(page, "form[action$='/release/reserves'] button[type=submit]")
    page = story.at("officer", f"{story.console}/release")
    page.check("[name=when][value=now]")
    press(page, "form[action$='/release'] button[type=submit]")
    press(page, "form[action$='/release'] button[value=send]")
    assert "2 people are being told." in page.locator("body").inner_text()
    for name in steps:
        assert link_to(story, address_of(story, name), r"/awaited/")
        assert states(story)[name] is State.OFFERED


def travels(story: Story) -> None:
    """A ticket, the allowance, a payment that one of finance asks for and another agrees to, and the journey."""
    where, today = f"{story.console}/grants/{award_of(story, AMINA)}", f"{now():%Y-%m-%d}"
    with story.house.work():
        event = db.session.get_one(Event, story.event_id)
        first, last = event.first_day, event.last_day
    page = story.at("officer", where)
    page.fill("[name=travels_on]", today)
    page.fill("[name=returns_on]", f"{last:%Y-%m-%d}")
    press(page, "form[action$='/ticket'] button[type=submit]")
    page = story.at("officer", f"{where}/allowance")
    page.fill("[name=arrives]", f"{first - timedelta(days=1):%Y-%m-%d}T10:00")
    page.fill("[name=leaves]", f"{last + timedelta(days=1):%Y-%m-%d}T12:00")
    press(page, "main form button[type=submit]")
    story.shot(story.at("officer", f"{where}/allowance"), "25-allowance")
    page = story.at("finance", where)
    story.shot(page, "26-grant")
    page.locator("a[href*='/lines/']", has_text="allowance").first.click()
    page.fill("[name=amount]", "500")
    press(page, "form[action$='/pay'] button[type=submit]")
    page = story.at("second", f"{story.console}/grants/payments")
    page.locator("a[href*='/payments/']").first.click()
    story.shot(page, "27-payment")
    press(page, "form[action$='/agree'] button[type=submit]")
    page = story.at("officer", where)
    page.fill("[name=ended_on]", today)
    press(page, "form[action$='/travelled'] button[type=submit]")
    assert states(story)[AMINA] is State.REPORT_DUE


def reports(story: Story) -> None:
    """Amina writes her report on the phone: what is missing is said, what is written stays; it closes the grant."""
    link_to(story, story.amina, r"/report")
    person = story.visitors["amina"]
    page = person.go(f"/fr/me/grants/{reference_of(story, AMINA)}")
    look(page, "28-grant")
    page.locator("main a[href$='/report']").click()
    page.fill("[name=spoke]", WORDS)
    press(page, "button[name=go][value=file]")
    assert page.input_value("[name=spoke]") == WORDS
    for name, _words, is_needed in reporting.QUESTIONS:
        if is_needed:
            page.fill(f"[name={name}]", WORDS)
    look(page, "29-report")
    press(page, "button[name=go][value=file]")
    assert states(story)[AMINA] is State.REPORT_DUE
    press(page, "button[name=go][value=filed]")
    assert states(story)[AMINA] is State.CLOSED
    page = person.go(f"/fr/me/grants/{reference_of(story, AMINA)}")
    assert say(story.house, "fr", "Thank you. Nothing is owed any more.") in text(page)
    assert heading(page)
    wait_for(lambda: len(story.mails_about(story.amina, "")) >= 6, seconds=30, what="thanks")


def states(story: Story) -> dict[str, State]:
    """Where everybody who applied stands, by name."""
    with story.house.work():
        rows = select(Person.name, Application.state).join(Application, Application.person_id == Person.id)
        rows = rows.join(Call, Call.id == Application.call_id).where(Call.slug == story.slug)
        return {row.name: row.state for row in db.session.execute(rows)}


def call_id(story: Story) -> uuid.UUID:
    """The id of the call, inside a unit of work."""
    return db.session.scalars(select(Call.id).where(Call.slug == story.slug)).one()


def award_of(story: Story, name: str) -> uuid.UUID:
    """The id of somebody's award."""
    with story.house.work():
        found = queries.award_of(files_of(story, name))
        assert found is not None
        return found.id


def files_of(story: Story, name: str) -> uuid.UUID:
    """The id of somebody's application, inside a unit of work."""
    rows = select(Application.id).join(Person, Person.id == Application.person_id).where(Person.name == name)
    return db.session.scalars(rows.where(Application.call_id == call_id(story))).one()


def reference_of(story: Story, name: str) -> str:
    """The reference of somebody's application."""
    with story.house.work():
        return str(db.session.get_one(Application, files_of(story, name)).reference)


def address_of(story: Story, name: str) -> str:
    """The mailbox of somebody who applied."""
    with story.house.work():
        return str(db.session.get_one(Person, db.session.get_one(Application, files_of(story, name)).person_id).email)


def link_to(story: Story, mailbox: str, part: str) -> str:
    """The link with this part in the newest mail to a mailbox that has one, once it is there."""
    wait_for(lambda: story.mails_about(mailbox, part), seconds=60, what=f"a mail with {part}")
    found = re.findall(rf"{re.escape(story.house.origin)}/\w\w\S*{part}\S*", story.mails_about(mailbox, part)[-1])
    return str(found[0]) if found else ""


def mail_about(story: Story, mailbox: str, part: str) -> str:
    """The newest mail to a mailbox that says this, once it is there."""
    wait_for(lambda: story.mails_about(mailbox, part), seconds=60, what=f"a mail about {part}")
    return story.mails_about(mailbox, part)[-1]


def decided_mail(story: Story, name: str) -> bool:
    """Whether the letter with the outcome has come: the one after those that the application brought."""
    mails = story.house.mails_to(address_of(story, name))
    return len(mails) >= 3
