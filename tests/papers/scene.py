"""An event with people who write their names in many scripts."""

from datetime import date

from eventhub.kit.db import db
from eventhub.people.models import Channel, Consent, Person
from eventhub.programme.models import Event, EventKind, Mode, Publication
from eventhub.registration.models import Registration, State
from tests.factories.people import make_organisation, make_person
from tests.factories.programme import make_series
from tests.factories.registration import make_registration, open_registration

TITLES = {
    "en": "Forum on Minority Issues",
    "fr": "Forum sur les questions relatives aux minorités",
    "es": "Foro sobre Cuestiones de las Minorías",
    "ru": "Форум по вопросам меньшинств",
    "ar": "المنتدى المعني بقضايا الأقليات",
    "zh": "少数群体问题论坛",
}
PEOPLE = (
    ("أمينة يوسف", "Amina Yusuf", "ngo_ecosoc", "SO"),
    ("阿依古丽·买买提", "Ayguli Maimaiti", "minority_representative", "CN"),
    ("Айсылу Хасанова", "Aisylu Khasanova", "nhri", "RU"),
    ("ሃይለ ሥላሴ", "Haile Selassie", "member_state", "ET"),
    ("Aïssatou N’Diaye", None, "academic_expert", "SN"),
    ("ⵜⴰⵎⴰⵣⵉⵖⵜ", "Tamazight", "ngo_no_ecosoc", "MA"),
)
"""Name, its Latin form, category, country."""


def make_stage(slug: str = "forum-of-papers", code: str = "FMI19") -> Event:
    """A hybrid forum of two days in Geneva, with texts in six languages."""
    event = Event(
        series_id=make_series().id,
        slug=slug,
        code=code,
        kind=EventKind.FORUM,
        mode=Mode.HYBRID,
        publication=Publication.PUBLISHED,
        title=TITLES,
        city={"en": "Geneva", "ar": "جنيف", "ru": "Женева", "zh": "日内瓦", "fr": "Genève", "es": "Ginebra"},
        venue={"en": "Palais des Nations"},
        time_zone="Europe/Zurich",
        first_day=date(2026, 11, 26),
        last_day=date(2026, 11, 27),
    )
    db.session.add(event)
    db.session.flush()
    open_registration(event)
    return event


def make_people(event: Event, *, agreed: bool = True) -> list[Registration]:
    """One accredited person of each script."""
    found = []
    for name, latin, category, country in PEOPLE:
        person = make_person(name=name, name_latin=latin, nationality=country)
        found.append(accredited(event, person, category=category, country=country))
        if agreed:
            agree(person, event)
    return found


def accredited(event: Event, person: Person | None = None, **given: object) -> Registration:
    """Somebody who takes part, of an organization."""
    values: dict[str, object] = {"state": State.ACCREDITED, "organisation_id": make_organisation(name="Horn Voices").id}
    return make_registration(event, person, **(values | given))


def agree(person: Person, event: Event, *, given: bool = True) -> None:
    """A word about the list of participants."""
    db.session.add(Consent(person_id=person.id, channel=Channel.LIST_OF_PARTICIPANTS, event_id=event.id, given=given))
    db.session.flush()


def person_of(registration: Registration) -> Person:
    """Whose registration it is."""
    return db.session.get_one(Person, registration.person_id)
