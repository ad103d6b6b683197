"""What the journeys play on: a forum and a dialogue in two languages, and what a person does with a browser."""

import re
import secrets
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import time
from email.message import EmailMessage
from typing import Any

from flask_babel import force_locale, gettext
from playwright.sync_api import Browser, Page

from eventhub.calendars.actions import follow_all
from eventhub.kit.db import db
from eventhub.people.models import Role
from eventhub.programme.models import Event
from eventhub.questionnaires import actions as questionnaires
from eventhub.questionnaires.models import Questionnaire
from eventhub.registration.models import RegistrationSetup
from tests.factories.people import make_staff
from tests.factories.programme import add_item, add_panellist, make_document, make_room, make_session
from tests.factories.registration import ONE_PAGE, THREE_PAGES, make_dialogue, make_forum
from tests.journeys.browser import Visitor, visitor
from tests.live import House, wait_for

THREE_PAGES_IN_ARABIC = {
    ("p1", "title"): "المشاركة",
    ("q1", "label"): "كيف ستكون مشاركتكم؟",
    ("q1.in_person", "label"): "حضورياً",
    ("q1.remote_listening", "label"): "عبر الإنترنت، للاستماع",
    ("q2", "label"): "نيابةً عن أي جهة؟",
    ("q2.ngo_no_ecosoc", "label"): "منظمة غير حكومية",
    ("q2.member_state", "label"): "دولة عضو",
    ("q3", "label"): "المنظمة",
    ("p2", "title"): "معلومات عنكم",
    ("q4", "label"): "الاسم",
    ("q5", "label"): "الجنسية",
    ("q6", "label"): "رقم وثيقتكم",
    ("p3", "title"): "الموافقات",
    ("q7", "label"): "يجوز إدراج اسمي في قائمة المشاركين",
}
ONE_PAGE_IN_ARABIC = {
    ("p1", "title"): "التسجيل",
    ("q1", "label"): "الاسم المعروض",
    ("q2", "label"): "مكان الإقامة",
    ("q3", "label"): "احتياجاتكم",
}
TITLES = (
    {"en": "Opening and general debate", "ar": "الافتتاح والمناقشة العامة"},
    {"en": "Languages at school", "ar": "اللغات في المدرسة"},
    {"en": "A place in public life", "ar": "مكان في الحياة العامة"},
)


@dataclass(frozen=True)
class Scene:
    """An event of the house, by what stays true between units of work."""

    event_id: uuid.UUID
    slug: str
    code: str
    questionnaire_id: uuid.UUID
    session_ids: tuple[uuid.UUID, ...]
    organiser_id: uuid.UUID
    titles: dict[str, str]


def build_forum(house: House, data: dict[str, Any] | None = None, **setup: Any) -> Scene:
    """A forum of two days, in English and Arabic, that accredits people. ``data``: more than ONE_PAGE."""
    with house.work():
        event = make_forum(data=data or THREE_PAGES, **setup)
        event.title = {"en": "Forum on Minority Issues", "ar": "المنتدى المعني بقضايا الأقليات"}
        event.lead = {"en": "Two days in Geneva and online.", "ar": "يومان في جنيف وعبر الإنترنت."}
        event.description = {"en": "What we want to do.", "ar": "ما نريد القيام به."}
        room = make_room(event)
        sessions = [
            make_session(event, title=title, start=time(10 + place * 2), day=min(place, 1), room_id=room.id)
            for place, title in enumerate(TITLES)
        ]
        add_item(sessions[0]).title = {"en": "Statements", "ar": "البيانات"}
        add_panellist(sessions[0], "Aïcha Ben Salah", function={"en": "Moderator", "ar": "رئيسة الجلسة"})
        make_document(event, ("en", "ar"))
        return _scene(event, sessions, ONE_PAGE_IN_ARABIC if data else THREE_PAGES_IN_ARABIC)


def build_dialogue(house: House, data: dict[str, Any] | None = None, **setup: Any) -> Scene:
    """An online dialogue of one session that confirms places at once."""
    with house.work():
        event = make_dialogue(data=data or ONE_PAGE, **setup)
        event.title = {"en": "Dialogue on languages", "ar": "حوار بشأن اللغات"}
        session = make_session(event, start=time(14), hours=1.5, title=dict(event.title))
        return _scene(event, [session], ONE_PAGE_IN_ARABIC)


def _scene(event: Event, sessions: list[Any], arabic: dict[tuple[str, str], str]) -> Scene:
    setup = db.session.get_one(RegistrationSetup, event.id)
    assert setup.questionnaire_id
    asked = db.session.get_one(Questionnaire, setup.questionnaire_id)
    questionnaires.translate(None, asked, {place: {"ar": words} for place, words in arabic.items()})
    db.session.flush()
    follow_all([event])
    organiser = make_staff(Role.ORGANISER, event_id=event.id)
    ids = tuple(session.id for session in sessions)
    return Scene(event.id, event.slug, event.code, asked.id, ids, organiser.id, dict(event.title))


def new_address() -> str:
    """An address nobody has."""
    return f"amina-{secrets.token_hex(5)}@example.org"


def say(house: House, language: str, words: str, **values: object) -> str:
    """The words of the interface in a language, from the house's own catalogue."""
    with house.app.test_request_context(), force_locale(language):
        return str(gettext(words, **values))


def heading(page: Page) -> str:
    """The first heading."""
    return page.locator("h1").first.inner_text().strip()


def press(page: Page, place: str = "main form button[type=submit]") -> int:
    """Press a button and wait for the page that follows; its status."""
    with page.expect_navigation(wait_until="load") as following:
        page.locator(place).first.click()
    return int(following.value.status)


def newest_mail(house: House, address: str, number: int = 1) -> EmailMessage:
    """The mail to an address once ``number`` of them have arrived."""
    wait_for(lambda: len(house.mails_to(address)) >= number, seconds=30, what=f"mail {number} to {address}")
    return house.mails_to(address)[number - 1]


def plain_text(mail: EmailMessage) -> str:
    """What a person reads in a mail."""
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def sign_in(house: House, person: Visitor, address: str, *, by_link: bool, number: int = 1) -> None:
    """From the page of sign-in, with the code or the link of the mail that really came."""
    person.page.fill("[name=email]", address)
    press(person.page)
    text = plain_text(newest_mail(house, address, number))
    if by_link:
        (link,) = re.findall(rf"{re.escape(house.origin)}/\w\w/sign-in/\S+", text)
        person.page.goto(link)
        press(person.page)
    else:
        (code,) = re.findall(r"(?m)^[^\w\n]*(\d{4}[ \u00a0-]?\d{4})[^\w\n]*$", text)
        person.page.fill("[name=code]", code)
        press(person.page)


@contextmanager
def person_in(house: House, running: Browser, person_id: uuid.UUID, **given: Any) -> Iterator[Visitor]:
    """A browser that is signed in as somebody."""
    somebody = visitor(running, house.origin, cookie=house.session_cookie(person_id), **given)
    try:
        yield somebody
    finally:
        somebody.close()
