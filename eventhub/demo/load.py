"""Load the demo into an empty database: always the same people and texts, dated relative to today."""

from datetime import date

from sqlalchemy import insert, select

from eventhub.calendars import actions as calendars
from eventhub.demo.arrangements import make_arrangements
from eventhub.demo.commitments import make_commitments
from eventhub.demo.crowd import make_cast, make_crowd
from eventhub.demo.delegations import make_delegations
from eventhub.demo.duplicates import make_duplicates
from eventhub.demo.evaluations import make_evaluations
from eventhub.demo.forms import form
from eventhub.demo.fund import make_fund
from eventhub.demo.helping import make_helping
from eventhub.demo.mailings import make_mailings
from eventhub.demo.plan import EVENTS
from eventhub.demo.preparatory import fill_preparatory_day, make_preparatory_day
from eventhub.demo.programme import make_programme
from eventhub.demo.registrations import make_registrations
from eventhub.demo.rounds import make_rounds
from eventhub.demo.stages import make_stages
from eventhub.demo.ways import make_ways
from eventhub.kit.clock import now
from eventhub.kit.db import Texts, db, unit_of_work
from eventhub.kit.outbox import Promise
from eventhub.kit.revisions import bump
from eventhub.people.models import Person
from eventhub.programme.models import Event, Publication
from eventhub.programme.search import reindex_all
from eventhub.questionnaires.models import Purpose, Questionnaire, QuestionnaireText, QuestionnaireVersion
from eventhub.questionnaires.wording import source_digest


def is_empty() -> bool:
    """Whether nobody is here yet."""
    return db.session.scalar(select(Person.id).limit(1)) is None


def load_demo() -> None:
    """Fill the database in one unit of work: all of the demo is there, or nothing of it."""
    today = now().date()
    with unit_of_work():
        _load(today)


def _load(today: date) -> None:
    crowd = make_crowd()
    events = make_programme(today)
    briefings = make_preparatory_day(events["forum_this_year"])
    cast, acting = make_cast(events["forum_this_year"])
    versions = {name: _questionnaire(name) for name in sorted({plan.form for plan in EVENTS if plan.form})}
    seated = make_registrations(events, versions, crowd, cast, acting, today)
    db.session.flush()
    make_delegations(events["forum_this_year"], cast["participant"], cast["officer"])
    make_duplicates(events["forum_this_year"], cast["officer"])
    make_helping(events["forum_this_year"], cast["participant"])
    _scope_questionnaires(versions, events)
    calendars.follow_all(event for event in events.values() if event.publication is not Publication.DRAFT)
    for key in ("forum_this_year", "fair_work", "regional_asia_pacific"):
        calendars.choose_for_all(events[key], [person_id for _registration, person_id in seated[key]])
    fill_preparatory_day(briefings, cast["participant"])
    make_arrangements(events, cast["organiser"])
    regional = versions["regional_registration_form"]
    make_ways(events["forum_this_year"], events["regional_asia_pacific"], regional, cast["organiser"])
    make_mailings(events["forum_this_year"], cast["organiser"])
    make_fund(events["forum_this_year"], events["forum_last_year"], crowd, cast, acting)
    dialogues = make_commitments(events["languages_online"], today, cast["organiser"], events["forum_last_year"])
    make_rounds(dialogues, today, cast["organiser"])
    make_evaluations(events["forum_last_year"], events["languages_online"], today, cast["participant"])
    make_stages(events["regional_asia_pacific"], cast["organiser"], cast["security"])
    reindex_all()
    _one_promise_that_waits()
    bump("programme")


def _questionnaire(name: str) -> QuestionnaireVersion:
    title, definition, translations = form(name)
    questionnaire = Questionnaire(purpose=Purpose.REGISTRATION, name=title, draft=definition)
    db.session.add(questionnaire)
    db.session.flush()
    version = QuestionnaireVersion(questionnaire_id=questionnaire.id, number=1, definition=definition)
    db.session.add(version)
    originals = dict(_originals(definition))
    rows = [
        _text(questionnaire, item, part, originals[(item, part)], texts) for (item, part), texts in translations.items()
    ]
    db.session.execute(insert(QuestionnaireText), rows)
    db.session.flush()
    return version


def _text(questionnaire: Questionnaire, item: str, part: str, source: str, texts: Texts) -> dict[str, object]:
    row: dict[str, object] = {"questionnaire_id": questionnaire.id, "item": item, "part": part}
    return row | {"source": source, "source_digest": source_digest(source), "texts": texts}


def _originals(definition: dict[str, list[dict[str, object]]]) -> list[tuple[tuple[str, str], str]]:
    found: list[tuple[tuple[str, str], str]] = []
    for page in definition["pages"]:
        found += [((str(page["id"]), part), str(page[part])) for part in ("title", "intro") if part in page]
        questions: list[dict[str, object]] = page["questions"]  # type: ignore[assignment]
        for question in questions:
            found += [
                ((str(question["id"]), part), str(question[part])) for part in ("label", "help") if part in question
            ]
            options: list[dict[str, str]] = question.get("options", [])  # type: ignore[assignment]
            for option in options:
                item = f"{question['id']}.{option['id']}"
                found += [((item, part), option[part]) for part in ("label", "help") if part in option]
    return found


def _scope_questionnaires(versions: dict[str, QuestionnaireVersion], events: dict[str, Event]) -> None:
    """A questionnaire belongs to the first event that asks it, so that its organizer may edit it."""
    for plan in EVENTS:
        if plan.form and plan.status == "published":
            questionnaire = db.session.get_one(Questionnaire, versions[plan.form].questionnaire_id)
            questionnaire.scope_id = questionnaire.scope_id or events[plan.key].id


def _one_promise_that_waits() -> None:
    """A mail whose address does not exist any more: what the console shows and lets one retry."""
    moment = now()
    db.session.add(
        Promise(
            task="registration.accredited",
            payload={},
            key="demo.parked",
            created_at=moment,
            not_before=moment,
            tries=1,
            parked_at=moment,
            problem="SMTP 550",
        )
    )
