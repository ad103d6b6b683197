"""Chapters of the fund's story: release, answers, a lapse, a refused visa, a reserve who steps in, journey, report."""

import re
import uuid
from datetime import timedelta

from sqlalchemy import select

from eventhub.awards import awarding, paying, queries, reporting, travelling
from eventhub.awards.models import Award
from eventhub.funding.models import Application, Call, State
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people.models import Person
from tests.journeys.browser import PHONE, visitor
from tests.journeys.fund_choosing import AMINA, PHONE_FR, look
from tests.journeys.fund_scene import Story, files, text, until
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
    press(page, "form[action$='/release'] button[type=submit]")
    assert "people are being told." in page.locator("body").inner_text()
    story.shot(page, "21-released")
    told = [one for one in states(story) if one != "Mari Beridze"]
    for name in told:
        wait_for(lambda name=name: decided_mail(story, name), seconds=60, what=f"the letter to {name}")
    assert len(told) == len(states(story)) - 1
    chosen = [name for name, state in states(story).items() if state is State.OFFERED]
    assert AMINA in chosen
    assert len(chosen) == 5


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
        row = db.session.get_one(Award, late)
        row.accept_by = now() - timedelta(minutes=1)
    with story.house.work():
        assert awarding.lapse_due(now()) == 1
    assert states(story)[chosen[1]] is State.LAPSED
    person = visitor(story.chromium, story.house.origin)
    person.page.goto(link_to(story, address_of(story, chosen[1]), r"/awaited/"))
    assert "The offer has ended" in text(person.page)
    person.close()


def steps_in(story: Story) -> None:
    """A visa is refused: with the lapse two places are free, the next reserves are confirmed, approved and told."""
    refused = award_of(story, story.links["refused"])
    with story.house.work():
        officer = db.session.get_one(Person, story.staff["officer"])
        visa = travelling.visa_needed(officer, queries.award(refused, lock=True))
        travelling.visa_asked(
            officer, queries.award(refused, lock=True), visa, asked_on=now().date(), appointment_on=None
        )
    assert mail_about(story, address_of(story, story.links["refused"]), "visa")
    with story.house.work():
        officer = db.session.get_one(Person, story.staff["officer"])
        award = queries.award(refused, lock=True)
        visa_row = travelling.visa_of(award)
        assert visa_row is not None
        travelling.visa_refused(officer, award, visa_row)
        travelling.cancelled_by_refusal(officer, queries.award(refused, lock=True))
    with story.house.work():
        officer = db.session.get_one(Person, story.staff["officer"])
        waiting = queries.open_proposals(call_id(story))
        assert len(waiting) == 2
        steps = [one.application_id for one in waiting]
        for one in waiting:
            awarding.confirm(officer, queries.proposal(one.id, lock=True))
    page = story.at("approver", f"{story.console}/release")
    story.shot(page, "23-reserves")
    press(page, "form[action$='/reserves'] button[type=submit]")
    page = story.at("officer", f"{story.console}/release")
    press(page, "form[action$='/release'] button[type=submit]")
    assert "2 people are being told." in page.locator("body").inner_text()
    names = {one: name for name, one in files(story).items()}
    for one in steps:
        assert link_to(story, address_of(story, names[one]), r"/awaited/")
        assert states(story)[names[one]] is State.OFFERED


def travels(story: Story) -> None:
    """A ticket, what it cost, an allowance asked by one of finance and agreed to by the other, and the journey."""
    mine, today = award_of(story, AMINA), now().date()
    with story.house.work():
        officer = db.session.get_one(Person, story.staff["officer"])
        travelling.ticketed(officer, queries.award(mine, lock=True), travels_on=today, returns_on=today)
    with story.house.work():
        finance = db.session.get_one(Person, story.staff["finance"])
        award = queries.award(mine, lock=True)
        line = next(one for one in queries.lines([mine]) if one.kind == "dsa")
        asked = paying.ask(finance, award, line, line.approved or 0).id
    with story.house.work():
        second = db.session.get_one(Person, story.staff["second"])
        paying.agree(second, queries.award(mine, lock=True), queries.payment(asked, lock=True))
    with story.house.work():
        officer = db.session.get_one(Person, story.staff["officer"])
        travelling.travelled(officer, queries.award(mine, lock=True), ended_on=today, report_days=30)


def reports(story: Story) -> None:
    """Amina writes her report on the phone: what is missing is said, what is written stays; it closes the grant."""
    link_to(story, story.amina, r"/report")
    person = story.visitors["amina"]
    page = person.go(f"/fr/me/grants/{reference_of(story, AMINA)}")
    look(page, "24-grant")
    page.locator("main a[href$='/report']").click()
    page.fill("[name=spoke]", WORDS)
    press(page, "button[name=go][value=file]")
    assert page.input_value("[name=spoke]") == WORDS
    for name, _words, is_needed in reporting.QUESTIONS:
        if is_needed:
            page.fill(f"[name={name}]", WORDS)
    look(page, "25-report")
    press(page, "button[name=go][value=file]")
    assert states(story)[AMINA] is State.CLOSED
    page = person.go(f"/fr/me/grants/{reference_of(story, AMINA)}")
    assert say(story.house, "fr", "Closed") in text(page)
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
