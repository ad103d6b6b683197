"""From an order to a file: gather what the paper says, draw the photographs, print, and see whether all is still so.

No transaction is open and nothing is locked while photographs are drawn and the printer works: a batch takes minutes,
and whoever hides meanwhile must not wait for it. Only workers come here.
"""

import io
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import g
from flask_babel import force_locale
from flask_babel import gettext as _
from PIL import Image

from eventhub.kit import audit, files
from eventhub.kit.clock import now
from eventhub.kit.errors import DomainError, NotFound
from eventhub.kit.i18n import LOCALES
from eventhub.papers import access, badges, letters, participants, queries, typeset, words
from eventhub.papers.glyphs import names_of
from eventhub.papers.models import BadgeName, Kind, Layout, PaperOrder, PaperSetup, Problem
from eventhub.papers.queries import Bearer
from eventhub.papers.typeset import Source
from eventhub.papers.words import Data
from eventhub.people.models import Organisation, Person
from eventhub.people.queries import grants_of
from eventhub.programme.models import Event
from eventhub.questionnaires import answers as given
from eventhub.questionnaires import kinds
from eventhub.questionnaires import queries as questionnaires
from eventhub.registration import access as desk
from eventhub.registration import disclosure, stages
from eventhub.registration.access import Sight
from eventhub.registration.copies import PHOTOGRAPH
from eventhub.registration.models import Registration, State

SOURCES = {
    Kind.BADGES: Source.BADGE,
    Kind.CONFIRMATION: Source.LETTER,
    Kind.VISA_LETTER: Source.LETTER,
    Kind.CERTIFICATE: Source.CERTIFICATE,
    Kind.PARTICIPANTS: Source.PARTICIPANTS,
}
PHOTO_SIDE = 480
EVERYBODY = 20_000
"""More people than any event has."""
DOCUMENT = ("document_type", "document_number", "date_of_birth")
"""Keys of the questions about the travel document, as the letter lists them."""


@dataclass(frozen=True)
class Manuscript:
    """What the printer needs: data, pictures, and what was found on the way. ``people``: those whom a batch or a list
    names, as they were read; ``photos``: how to read the photographs, as long as they are no ``pictures`` yet.
    """

    source: Source
    data: Data
    at: datetime
    is_sample: bool = False
    edition: int = 1
    people: list[Bearer] = field(default_factory=list)
    made_from: bytes | None = None
    photos: list[Callable[[], bytes]] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)
    number: int = 1
    left_out: list[Data] = field(default_factory=list)


class NotMade(Exception):
    """There is nothing to print, or it cannot be printed; more tries would not help."""

    def __init__(self, problem: Problem, left_out: Sequence[Data] = ()) -> None:
        super().__init__(problem.value)
        self.problem, self.left_out = problem, list(left_out)


def gather(order: PaperOrder) -> Manuscript:
    """Read what the paper says. Inside a unit of work: a sealed answer that is read here is recorded here.

    Raises NotMade.
    """
    before = getattr(g, "lang", "en")
    g.lang = order.language
    try:
        with force_locale(LOCALES[order.language]):
            if order.is_sample:
                return _sample(order)
            if order.kind is Kind.BADGES:
                return _badges(order)
            if order.kind is Kind.PARTICIPANTS:
                return _participants(order)
            return _personal(order)
    except letters.Unprintable as error:
        raise NotMade(
            Problem.UNPRINTABLE, [{"reference": _reference(order), "signs": names_of(error.signs), "printed": False}]
        ) from None
    finally:
        g.lang = before


def develop(manuscript: Manuscript, after_each: Callable[[], None]) -> None:
    """Make the photographs small and upright, from files to ``pictures``. A photograph may have forty million points:
    no transaction may be open. ``after_each`` is told of every one.
    """
    numbers: dict[int | None, int] = {}
    for number, photo in enumerate(manuscript.photos):
        small = _small(photo)
        if small is not None:
            numbers[number] = len(manuscript.pictures)
            manuscript.pictures.append(small)
        after_each()
    for badge in manuscript.data.get("badges", ()):
        badge["picture"] = numbers.get(badge["picture"])


def print_out(manuscript: Manuscript) -> bytes:
    """The file: a PDF, or of a sample a picture. No database is needed."""
    if manuscript.is_sample:
        return typeset.png(manuscript.source, manuscript.data, pictures=manuscript.pictures)
    return typeset.pdf(manuscript.source, manuscript.data, at=manuscript.at, pictures=manuscript.pictures)


def holds(order: PaperOrder, manuscript: Manuscript) -> bool:
    """Whether what was read for a paper is still so: nobody on it has hidden, left or changed meanwhile. Whoever is new
    waits for the next batch. The order is locked.
    """
    if order.edition != manuscript.edition:
        return False
    if order.registration_id is not None:
        return manuscript.made_from == queries.made_from(order)
    if order.is_sample:
        return True
    filters = dict(order.filters) if order.kind is Kind.BADGES else {}
    found = _people(order, filters, limit=EVERYBODY, listed=order.kind is Kind.PARTICIPANTS)
    known = {one.registration_id: one for one in found}
    return all(known.get(one.registration_id) == one for one in manuscript.people)


def _badges(order: PaperOrder) -> Manuscript:
    _demand_sight(order)
    people = _people(order, dict(order.filters))
    if not people:
        raise NotMade(Problem.NOBODY)
    if len(people) > queries.BATCH:
        raise NotMade(Problem.TOO_MANY)
    photos = _photos(order, people) if order.photos else {}
    data, left_out = badges.compose(
        order.event,
        people,
        order.language,
        rule=order.badge_name or BadgeName.PUBLIC,
        layout=order.layout or queries.setup_of(order.event_id).layout,
        pictures={one: number for number, one in enumerate(photos)},
        colours=queries.colours_of(order.event_id),
    )
    if not data["badges"]:
        raise NotMade(Problem.UNPRINTABLE, left_out)
    return Manuscript(
        SOURCES[order.kind],
        data,
        _time(order),
        edition=order.edition,
        people=people,
        photos=list(photos.values()),
        number=len(data["badges"]),
        left_out=left_out,
    )


def _participants(order: PaperOrder) -> Manuscript:
    _demand_sight(order)
    people = _people(order, {}, limit=EVERYBODY, listed=True)
    # Made anew it may name nobody any more: that the file is gone would tell that the last one has hidden.
    if not people and order.made_at is None:
        raise NotMade(Problem.NOBODY)
    data, left_out = participants.compose(
        order.event, queries.setup_of(order.event_id), people, order.language, today=_today(order)
    )
    return Manuscript(
        SOURCES[order.kind],
        data,
        _time(order),
        edition=order.edition,
        people=people,
        number=len(people) - len(left_out),
        left_out=left_out,
    )


def _demand_sight(order: PaperOrder) -> None:
    """Roles end while an order waits: whoever may not have the paper now gets none. Raises NotMade."""
    try:
        seen = access.desk(grants_of(order.owner_id), order.event)
    except NotFound:
        raise NotMade(Problem.NOT_YOURS) from None
    if not access.may_have(seen, order):
        raise NotMade(Problem.NOT_YOURS)


def _people(
    order: PaperOrder, filters: dict[str, str], *, limit: int = queries.BATCH, listed: bool = False
) -> list[Bearer]:
    # Made anew, a file must not show by somebody new on it that it was: it names whom it named, or fewer.
    named_in = order if order.made_at else None
    found = queries.bearers(order.event_id, filters, limit=limit, listed=listed, named_in=named_in)
    if order.kind is not Kind.BADGES:
        return found
    # No badge bears a name that security has not seen.
    waiting = stages.unsettled(order.event_id, {one.registration_id: one.category for one in found})
    return [one for one in found if one.registration_id not in waiting]


def _personal(order: PaperOrder) -> Manuscript:
    registration = order.registration
    if registration is None or registration.reference is None or registration.person.erased_at is not None:
        raise NotMade(Problem.GONE)
    document = _document(order, registration) if order.with_document else []
    order.made_from = queries.made_from(order)
    return Manuscript(
        SOURCES[order.kind],
        _one(order, registration, document),
        now(),
        edition=order.edition,
        made_from=order.made_from,
    )


def _one(order: PaperOrder, registration: Registration, document: Sequence[letters.Fact]) -> Data:
    event, setup, lang, today = order.event, queries.setup_of(order.event_id), order.language, _today(order)
    person = registration.person
    own = registration.legal_name or person.name
    name = (person.alias or registration.display_name or person.name) if order.public_name else own
    if order.kind is Kind.CONFIRMATION:
        return letters.confirmation(event, setup, registration, name, lang, today=today)
    if order.kind is Kind.VISA_LETTER:
        return letters.visa_letter(event, setup, registration, own, lang, today=today, document=document)
    latin = person.name_latin if name == person.name and not words.is_latin(name) else None
    return letters.certificate(event, setup, registration, name, latin, lang, today=today)


def _document(order: PaperOrder, registration: Registration) -> list[letters.Fact]:
    """What the traveller said of the travel document. Sealed answers are opened once, and recorded as such."""
    answer_set = registration.answer_set
    if answer_set is None:
        return []
    definition = questionnaires.localised(questionnaires.version(answer_set.version_id), order.language)
    asked = {question.key: question for question in definition.questions() if question.key in DOCUMENT}
    audit.record(
        "papers.sealed_read",
        registration,
        actor=order.owner,
        scope_id=order.event_id,
        reason=order.kind.value,
        questions=sorted(key for key, question in asked.items() if question.sealed),
    )
    answers = given.opened(answer_set, registration.person.seal_key)
    said = {key: (question.label, answers.get(key)) for key, question in asked.items()}
    return [
        (str(said[key][0]), kinds.show(asked[key], said[key][1], order.language))
        for key in DOCUMENT
        if key in said and said[key][1]
    ]


def _photos(order: PaperOrder, people: Sequence[Bearer]) -> dict[uuid.UUID, Callable[[], bytes]]:
    """The photographs that were sent and that the order's owner may see. The batch is a deed for a reason: one record
    says how many were sealed, and all of them count for the alarm (SAFETY.md property 5). Tried again it is no other
    deed.
    """
    owners = {one.answer_set_id: one.registration_id for one in people if one.answer_set_id}
    who = desk.viewers(order.sight or Sight.PUBLIC_NAMES)
    photos = given.attached_to(list(owners), PHOTOGRAPH, who)
    sealed = sum(photo.is_sealed for photo in photos.values())
    if sealed and order.noted_edition != order.edition:
        # Made anew, it is the house that reads, and nobody asked for it.
        actor = order.owner if order.made_at is None and order.noted_edition is None else None
        order.noted_edition = order.edition
        disclosure.note_batch(
            actor, order.event, number=sealed, question=PHOTOGRAPH, reason=order.kind.value, order=order.id
        )
    return {owners[answer_set_id]: files.reader(photo.file) for answer_set_id, photo in photos.items()}


def _small(photo: Callable[[], bytes]) -> str | None:
    try:
        data = photo()
    except DomainError:  # gone or damaged: the badge is made without
        return None
    with Image.open(io.BytesIO(data), formats=["JPEG", "PNG", "WEBP"]) as image:
        # A JPEG is read at about the size that is needed, which takes a tenth of the time.
        image.draft("RGB", (PHOTO_SIDE, PHOTO_SIDE))
        picture = image.convert("RGB")
        picture.thumbnail((PHOTO_SIDE, PHOTO_SIDE))
        target = io.BytesIO()
        picture.save(target, "JPEG", quality=85)
    return typeset.photograph(target.getvalue(), picture.width, picture.height)


def _time(order: PaperOrder) -> datetime:
    """When the paper is made. Made anew, it bears the time at which it was made first."""
    return order.made_at or now()


def _today(order: PaperOrder) -> date:
    return _time(order).astimezone(ZoneInfo(order.event.time_zone)).date()


def _reference(order: PaperOrder) -> str:
    return (order.registration.reference if order.registration else None) or order.event.code


# Samples: nobody's papers, to look at


SAMPLES = {
    "ar": ("أمينة يوسف ورسمه", "Amina Yusuf Warsame"),
    "zh": ("阿依古丽·买买提", "Ayguli Maimaiti"),
    "en": ("Bhagwan Das Valmiki", None),
    "fr": ("Aïssatou N’Diaye-Lefèvre", None),
    "ru": ("Айсылу Хасанова", "Aisylu Khasanova"),
    "es": ("María Ñusta Quispe Huamán", None),
}


def _sample(order: PaperOrder) -> Manuscript:
    event, setup, lang = order.event, queries.setup_of(order.event_id), order.language
    registration, people = sample_registration(event, lang), sample_people(lang)
    today = _today(order)
    name, latin = SAMPLES[lang]
    made: dict[Kind, Any] = {
        Kind.BADGES: lambda: badges.compose(
            event,
            people[:1],
            lang,
            rule=setup.badge_name,
            layout=_single(order, setup),
            colours=queries.colours_of(event.id),
        )[0],
        Kind.CONFIRMATION: lambda: letters.confirmation(event, setup, registration, name, lang, today=today),
        Kind.VISA_LETTER: lambda: letters.visa_letter(event, setup, registration, latin or name, lang, today=today),
        Kind.CERTIFICATE: lambda: letters.certificate(event, setup, registration, name, latin, lang, today=today),
        Kind.PARTICIPANTS: lambda: participants.compose(event, setup, people, lang, today=today)[0],
    }
    return Manuscript(SOURCES[order.kind], made[order.kind](), now(), is_sample=True, edition=order.edition)


def _single(order: PaperOrder, setup: PaperSetup) -> Layout:
    layout = order.layout or setup.layout
    return {Layout.SHEET_4: Layout.A6, Layout.SHEET_8: Layout.CARD}.get(layout, layout)


def sample_registration(event: Event, lang: str) -> Registration:
    """An accredited person that does not exist, in no database."""
    name, latin = SAMPLES[lang]
    return Registration(
        id=uuid.uuid4(),
        event_id=event.id,
        state=State.ACCREDITED,
        reference="EH-SAMPLE-0000-00",
        category="ngo_ecosoc",
        attendance_mode="in_person",
        country="KE",
        person=Person(id=uuid.uuid4(), name=name, name_latin=latin, nationality="KE"),
        organisation=Organisation(name=str(_("Voices of the Horn")), kind="ngo"),
    )


def sample_people(lang: str) -> list[Bearer]:
    """Six people that do not exist, one from each language, the page's own first."""
    categories = ("minority_representative", "member_state", "ngo_ecosoc", "un_entity", "nhri", "academic_expert")
    countries = ("KE", "CN", "GB", "SN", "KZ", "PE")
    order = [lang, *(code for code in SAMPLES if code != lang)]
    return [
        Bearer(
            registration_id=uuid.uuid4(),
            answer_set_id=None,
            reference="EH-SAMPLE-0000-00",
            person_id=uuid.uuid4(),
            name=SAMPLES[code][0],
            name_latin=SAMPLES[code][1],
            alias=None,
            legal_name=None,
            display_name=None,
            organisation=None if category == "member_state" else str(_("Voices of the Horn")),
            organisation_country=None,
            category=category,
            country=country,
        )
        for code, category, country in zip(order, categories, countries, strict=True)
    ]
