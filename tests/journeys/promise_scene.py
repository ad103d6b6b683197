"""The scene of the story of commitments: a dialogue that is on, its staff, makers with mailboxes, and the time."""

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, time, timedelta

from celery import Celery
from playwright.sync_api import Browser, Page
from sqlalchemy import Date, DateTime

from eventhub.kit.clock import now
from eventhub.kit.db import Base
from eventhub.people.models import Role
from tests.factories.people import make_person, make_staff
from tests.factories.programme import make_event, make_session
from tests.journeys.browser import DESK, PHONE, Visitor, keep_shot, scrolls_sideways, visitor
from tests.journeys.stage import new_address, newest_mail, plain_text
from tests.live import House, wait_for

MAKERS = {
    "ministry": ("ru", "Министерство образования", "government"),
    "federation": ("ar", "اتحاد المعلمين", "civil_society"),
    "agency": ("en", "Agency for Children", "un_entity"),
    "union": ("en", "Union of Cities", "local_authority"),
    "quiet": ("en", "Company of Roads", "business"),
}
"""Who makes a commitment: in which language, by which name, of which kind."""
WORDING = {
    "ru": "Мы откроем классы с обучением на родном языке в 120 школах приграничных районов.",
    "ar": "سندرب 300 معلم على التدريس بلغات الأقليات.",
    "en": "We will print school books in four minority languages.",
}
PASSING = ("event", "session", "commitment", "round", "evidence")
"""What the tables begin with whose days move when time passes."""
STAY = {"due_on", "start_on", "shown_on"}
"""Days that somebody promised or named: they stay where they are."""


@dataclass
class Story:
    """The dialogue, who works on it, the mailboxes of makers, and their browsers; ``references`` by maker."""

    house: House
    chromium: Browser
    event_id: uuid.UUID
    slug: str
    organiser_id: uuid.UUID
    staff: dict[str, uuid.UUID]
    boxes: dict[str, str]
    references: dict[str, list[str]] = field(default_factory=dict)
    visitors: dict[str, Visitor] = field(default_factory=dict)

    def at(self, who: str, path: str) -> Page:
        """A page in somebody's browser: staff with scripts, makers in their language, on a phone without scripts."""
        if who not in self.visitors:
            if who in self.staff:
                cookie = self.house.session_cookie(self.staff[who])
                screen = PHONE if who == "rapporteur" else DESK
                self.visitors[who] = visitor(self.chromium, self.house.origin, viewport=screen, cookie=cookie)
            else:
                language = MAKERS[who][0] if who in MAKERS else "en"
                plain = language != "en"
                self.visitors[who] = visitor(
                    self.chromium,
                    self.house.origin,
                    language=language,
                    scripts=not plain,
                    viewport=PHONE if plain else DESK,
                )
        page = self.visitors[who].go(path)
        self.fits(page, path)
        return page

    def fits(self, page: Page, name: str) -> None:
        """Nothing stands beyond the edge of the screen."""
        assert not scrolls_sideways(page), name

    def shot(self, page: Page, name: str) -> None:
        """A picture of it, where somebody wants to look."""
        self.fits(page, name)
        keep_shot(page, f"promise-{name}")

    def reader(self, path: str, language: str = "en") -> Page:
        """A page in a browser of its own: one that was there before may keep pages for a minute."""
        name = f"reader-{len(self.visitors)}"
        self.visitors[name] = visitor(self.chromium, self.house.origin, language=language)
        page = self.visitors[name].go(path)
        self.fits(page, path)
        return page

    def link(self, mailbox: str, part: str, number: int | None = None) -> str:
        """The first address of this kind in a mail to a mailbox: in its ``number``-th mail, else in the last one."""
        if number is not None:
            newest_mail(self.house, mailbox, number)
        mail = self.house.mails_to(mailbox)[(number or 0) - 1]
        found = re.search(rf"/\w\w/{part}/[^\s\"<>]+", plain_text(mail))
        assert found, (mailbox, part)
        return found[0]

    def count(self, who: str) -> int:
        """How many mails a maker has got."""
        return len(self.house.mails_to(self.boxes[who]))

    def complaints(self) -> list[str]:
        """What pages complained of, but for bad input, nothing there, and links that ended."""
        found = [text for one in self.visitors.values() for text in one.complaints]
        return [text for text in found if not any(code in text for code in ("422", "404", "410"))]

    def days_pass(self, days: int) -> None:
        """All that happened so far happened so many days earlier. Histories that nobody may change move too."""
        moved = []
        for table in Base.metadata.sorted_tables:
            if table.name.split("_")[0] not in PASSING:
                continue
            columns = [
                f'"{one.name}" = "{one.name}" - interval \'{days} days\''
                for one in table.columns
                if isinstance(one.type, Date | DateTime) and one.name not in STAY
            ]
            if columns:
                name = f'"{table.name}"'
                moved.append(f"ALTER TABLE {name} DISABLE TRIGGER USER; UPDATE {name} SET {', '.join(columns)};")
                moved.append(f"ALTER TABLE {name} ENABLE TRIGGER USER;")
        self.house.change(f"BEGIN; {' '.join(moved)} COMMIT")

    def clock_strikes(self, times: int = 1) -> None:
        """The scheduler asks for the step of rounds as often, and a worker does it: in one slot of time once."""
        done = "SELECT count(*) FROM job_slot WHERE job = 'rounds.step'"
        for _time in range(times):
            self.house.change("DELETE FROM job_slot WHERE job = 'rounds.step'")
            with Celery(broker=self.house.settings.redis_url) as clock:
                for _twice in range(2):
                    clock.send_task("rounds.step")
            wait_for(lambda: self.house.query(done) == [(1,)], seconds=30, what="the step of rounds")

    def months_after(self, months: int, late: int = 0) -> int:
        """How many days must pass until the round of so many months has been due for ``late`` days."""
        ((last_day,),) = self.house.query("SELECT last_day FROM event WHERE id = %s", self.event_id)
        assert isinstance(last_day, date)
        return (last_day - back(now().date() - timedelta(days=late), months)).days

    def close(self) -> None:
        """Close all browsers."""
        for one in self.visitors.values():
            one.close()


@contextmanager
def story_of(house: House, chromium: Browser) -> Iterator[Story]:
    """A dialogue of one session that is on, a rapporteur in it, organizers and reviewers."""
    with house.work():
        today, hour = now().date(), now().hour
        event = make_event(first_day=today, last_day=today, time_zone="UTC")
        event.title = {
            "en": "Dialogue on education in minority languages",
            "ar": "حوار بشأن التعليم بلغات الأقليات",
            "ru": "Диалог об образовании на языках меньшинств",
        }
        make_session(event, start=time(hour), hours=0.98, title={"en": "What each of us will do"})
        staff = {
            "rapporteur": make_staff(Role.RAPPORTEUR, event_id=event.id).id,
            "organiser": make_staff(Role.ORGANISER, event_id=event.id).id,
            "reviewer": make_staff(Role.COMMITMENT_REVIEWER, event_id=event.id).id,
        }
        organiser = make_person().id
        boxes = {name: new_address() for name in MAKERS} | {"colleague": new_address(), "witness": new_address()}
        story = Story(house, chromium, event.id, event.slug, organiser, staff, boxes)
    try:
        yield story
    finally:
        story.close()


def back(day: date, months: int) -> date:
    """The day so many months before; at the end of a month some days earlier."""
    years, month = divmod(day.month - 1 - months, 12)
    return date(day.year + years, month + 1, min(day.day, 28))
