"""The scene of the fund's story: an event, everybody who works on its call, and applicants beside the one we follow."""

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, Page
from sqlalchemy import select

from eventhub.funding import applying, own, vouching
from eventhub.funding.models import Application, Call, Vouch, Voucher
from eventhub.funding.vouching import Named
from eventhub.kit.db import db
from eventhub.people.affiliations import affiliate
from eventhub.people.models import Person, Role
from eventhub.questionnaires.uploads import Upload
from eventhub.reviewing import reading
from eventhub.reviewing.models import STANDS, Gate, Review, Standing
from eventhub.reviewing.reading import Said
from tests.factories.people import grant, make_person
from tests.factories.programme import PDF_BYTES, make_event
from tests.journeys.browser import DESK, Visitor, keep_shot, scrolls_sideways, visitor
from tests.journeys.stage import plain_text
from tests.live import House, wait_for

STAFF: dict[str, tuple[Role, str]] = {
    "officer": (Role.FUND_OFFICER, "Olga Officer"),
    "chair": (Role.BOARD_MEMBER, "Chen Chair"),
    "member": (Role.BOARD_MEMBER, "Maria Member"),
    "approver": (Role.APPROVER, "Aurelia Approver"),
    "finance": (Role.FINANCE, "Femi Finance"),
    "second": (Role.FINANCE, "Sami Second"),
} | {f"reader{number}": (Role.FUND_REVIEWER, f"Reader {number}") for number in range(1, 6)}
HOUSES = ("africa_middle_east", "americas", "asia_pacific", "europe_central_asia")
HOMES = ("KE", "NG", "PE", "CO", "NP", "PH", "RS", "AL", "SN", "BO", "LK", "GH", "MX", "BD", "MD", "GE")
"""Where the others live: four of each region of the forum."""
NAMES = (
    *("Biola Ade", "Chidi Eze", "Dina Quispe", "Elena Paz", "Farah Rai", "Gita Cruz"),
    *("Hana Petrović", "Ilir Hoxha", "Jelani Diop", "Kusi Mamani", "Lakshmi Perera"),
    *("Nana Owusu", "Olga Cruz", "Parveen Das", "Radu Munteanu", "Mari Beridze"),
)


@dataclass
class Story:
    """The call, and the people of the story by what they do; ``links`` are those of mails."""

    house: House
    chromium: Browser
    event_id: uuid.UUID
    slug: str
    staff: dict[str, uuid.UUID]
    amina: str
    """The mailbox of the applicant we follow."""
    links: dict[str, str] = field(default_factory=dict)
    visitors: dict[str, Visitor] = field(default_factory=dict)

    @property
    def console(self) -> str:
        """The call's pages of staff."""
        return f"/en/console/funds/{self.slug}"

    def at(self, who: str, path: str) -> Page:
        """A page in the browser of one of the staff."""
        if who not in self.visitors:
            cookie = self.house.session_cookie(self.staff[who])
            self.visitors[who] = visitor(self.chromium, self.house.origin, viewport=DESK, cookie=cookie)
        page = self.visitors[who].go(path)
        assert not scrolls_sideways(page), path
        return page

    def shot(self, page: Page, name: str) -> None:
        """A picture of it, where somebody wants to look."""
        keep_shot(page, f"story-{name}")

    def mails_about(self, mailbox: str, part: str) -> list[str]:
        """The texts of all mails to a mailbox that have this in them, oldest first."""
        texts = [plain_text(one) for one in self.house.mails_to(mailbox)]
        return [one for one in texts if re.search(part, one)]

    def close(self) -> None:
        """Close all browsers."""
        for one in self.visitors.values():
            one.close()

    def complaints(self) -> list[str]:
        """What pages complained of, but for answers that tell of bad input or of nothing there."""
        found = [text for one in self.visitors.values() for text in one.complaints]
        return [text for text in found if not any(code in text for code in ("422", "404"))]


@contextmanager
def story_of(house: House, chromium: Browser) -> Iterator[Story]:
    """An event without a call yet, and everybody who will work on it."""
    with house.work():
        event = make_event(title={"en": "Forum of the story", "fr": "Forum du récit"})
        staff = {}
        for name, (role, called) in STAFF.items():
            person = make_person(name=called)
            grant(person, role, event_id=event.id)
            staff[name] = person.id
        slug = f"travel-{event.code.lower()}"
        story = Story(house, chromium, event.id, slug, staff, f"amina-{uuid.uuid4().hex[:8]}@example.org")
    try:
        yield story
    finally:
        story.close()


def answers_of(home: str, number: int) -> dict[str, object]:
    """What one of the others answers."""
    return {
        "residence": home,
        "origin": home,
        "origin_city": "The capital",
        "nationality": home,
        "language": "en",
        "first_time": "yes" if number % 4 else "no",
        "previous_grant": "no",
        "organisation": {"name": f"Association {number}"},
        "nominating_organisation": {"name": f"Federation {number}"},
        "why_need": "Nobody else pays for it.",
        "why_voice": f"What the people of place {number} ask for.",
        "why_after": "We tell it at home.",
        "support": "full",
        "needs_access": "no",
        "needs_companion": "no",
        "gender": "woman" if number % 2 else "man",
        "confirm": "yes",
    }


def others_apply(story: Story) -> None:
    """Sixteen more applications: what they need was confirmed behind its links, all but the last one's."""
    for number, (name, home) in enumerate(zip(NAMES, HOMES, strict=True), 1):
        with story.house.work():
            person = make_person(name=name)
            found = applying.start_draft(person, person, own.intake_alone(story.slug, person))
            applying.save_page(person, found, answers_of(home, number))
            slots = ((Voucher.NOMINATOR, 0), (Voucher.REFEREE, 0))
            asked = []
            for slot in slots:
                mailbox = f"{slot[0].value}-{uuid.uuid4().hex[:8]}@example.org"
                named = Named(slot, f"Voucher {number}", mailbox, "en", f"Federation {number}")
                asked.append(vouching.name(person, own.intake(story.slug, person, lock=True), named))
            applying.submit(person, own.intake(story.slug, person, lock=True))
            if number == len(NAMES):
                continue
            for one in asked:
                vouching.answer(vouching.link_token(one), Vouch.CONFIRMED, "", Upload("letter.pdf", PDF_BYTES))


def join(story: Story, who: str, organisation: str) -> None:
    """One of the staff belongs to an organization."""
    with story.house.work():
        affiliate(story.staff[who], organisation)


def files(story: Story) -> dict[str, uuid.UUID]:
    """Every application of the call by the name of its person."""
    with story.house.work():
        rows = select(Person.name, Application.id).join(Application, Application.person_id == Person.id)
        rows = rows.join(Call, Call.id == Application.call_id).where(Call.slug == story.slug)
        return {row.name: row.id for row in db.session.execute(rows)}


def readers_of(story: Story, application_id: uuid.UUID) -> dict[str, uuid.UUID]:
    """Who reads a file, by what they are called in the story: their reviews that stand."""
    with story.house.work():
        rows = select(Review.person_id, Review.id).where(
            Review.application_id == application_id, Review.state.in_(STANDS)
        )
        found = {row.person_id: row.id for row in db.session.execute(rows)}
    names = {person_id: name for name, person_id in story.staff.items()}
    return {names[person_id]: review_id for person_id, review_id in found.items()}


def others_read(story: Story, but: uuid.UUID) -> None:
    """Every reader opens the gate and hands in all files but one: the better the further in front by name."""
    places = {one: place for place, one in enumerate(files(story).values())}
    with story.house.work():
        gates = select(Gate).join(Call, Call.id == Gate.call_id)
        for gate in list(db.session.scalars(gates.where(Call.slug == story.slug, Gate.declared_at.is_(None)))):
            reading.declare(db.session.get_one(Person, gate.person_id), gate.id)
        open_ones = select(Review).join(Call, Call.id == Review.call_id).where(Call.slug == story.slug)
        for one in list(db.session.scalars(open_ones.where(Review.state == Standing.ASSIGNED))):
            if one.application_id == but:
                continue
            better = 3 - places[one.application_id] % 3
            marks = {"need": better, "voice": max(better - 1, 0), "after": better}
            said = Said(marks, dict.fromkeys(marks, "As the file says."), 2)
            person = db.session.get_one(Person, one.person_id)
            reading.hand_in(person, one.id, said, seen=one.version, window=uuid.uuid4())


def until(page: Page, holds: Any, *, seconds: float, what: str) -> None:
    """Look at the page again until something holds of it."""

    def now() -> bool:
        page.reload(wait_until="load")
        return bool(holds(page))

    if not holds(page):
        wait_for(now, seconds=seconds, what=what)


def text(page: Page) -> str:
    """What a person reads in the page's main part."""
    return page.locator("main").inner_text()
