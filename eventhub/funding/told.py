"""An application in the words of the applicant: where it stands, what comes next, what is in the way and its cure."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from babel.numbers import get_currency_name
from flask import g, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext, ngettext
from markupsafe import Markup, escape

from eventhub.funding import applying, gaps, own
from eventhub.funding.debts import Bar, Barred
from eventhub.funding.models import Application, Call, Endorsement, State, Vouch, Voucher
from eventhub.funding.own import Intake
from eventhub.funding.rules import Rules
from eventhub.kit import codes
from eventhub.kit.audit import history
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.forms import ActionForm
from eventhub.kit.i18n import (
    LOCALES,
    UNCHOSEN,
    Clock,
    own_clock,
    said_by_clock,
    show_by,
    show_date,
    show_moment,
    show_number,
    zone_city,
)
from eventhub.kit.panels import panels
from eventhub.people.models import Person
from eventhub.programme.models import Event
from eventhub.programme.shown import sentence, words
from eventhub.questionnaires import answers as given
from eventhub.questionnaires.conditions import Answers
from eventhub.questionnaires.definition import Definition, Page
from eventhub.registration import attached
from eventhub.registration.attached import Attached
from eventhub.registration.shown import Due

Tag = tuple[Any, str]
Result = TypeVar("Result")

STATES: dict[State, Tag] = {
    State.DRAFT: (lazy_pgettext("state of an application", "Draft"), "warn"),
    State.SUBMITTED: (lazy_pgettext("state of an application", "Sent"), "go"),
    State.INFO_REQUESTED: (lazy_pgettext("state of an application", "Information asked"), "warn"),
    State.ELIGIBLE: (lazy_pgettext("state of an application", "Complete"), "ok"),
    State.INELIGIBLE: (lazy_pgettext("state of an application", "Not eligible"), "stop"),
    State.UNDER_REVIEW: (lazy_pgettext("state of an application", "Under review"), "go"),
    State.RECOMMENDED: (lazy_pgettext("state of an application", "Recommended"), "go"),
    State.RESERVE: (lazy_pgettext("state of an application", "On the reserve list"), "new"),
    State.NOT_RECOMMENDED: (lazy_pgettext("state of an application", "Not recommended"), "silent"),
    State.APPROVED: (lazy_pgettext("state of an application", "Approved"), "ok"),
    State.OFFERED: (lazy_pgettext("state of an application", "Grant offered"), "warn"),
    State.ACCEPTED: (lazy_pgettext("state of an application", "Grant accepted"), "ok"),
    State.VISA_PENDING: (lazy_pgettext("state of an application", "Waiting for the visa"), "go"),
    State.VISA_REFUSED: (lazy_pgettext("state of an application", "Visa refused"), "stop"),
    State.TICKETED: (lazy_pgettext("state of an application", "Ticket issued"), "ok"),
    State.TRAVELLED: (lazy_pgettext("state of an application", "Journey made"), "ok"),
    State.REPORT_DUE: (lazy_pgettext("state of an application", "Report awaited"), "warn"),
    State.REPORT_OVERDUE: (lazy_pgettext("state of an application", "Report overdue"), "stop"),
    State.CLOSED: (lazy_pgettext("state of an application", "Closed"), "silent"),
    State.DECLINED_BY_APPLICANT: (lazy_pgettext("state of an application", "Grant declined"), "silent"),
    State.LAPSED: (lazy_pgettext("state of an application", "Offer lapsed"), "silent"),
    State.CANCELLED: (lazy_pgettext("state of an application", "Grant cancelled"), "stop"),
    State.WITHDRAWN: (lazy_pgettext("state of an application", "Withdrawn"), "silent"),
    State.EXPIRED: (lazy_pgettext("state of an application", "Not sent in time"), "silent"),
}
"""Words, shape and colour of each state."""

NEXT: dict[State, Any] = {
    State.DRAFT: _l("Send it before the deadline. Until then nobody reads it."),
    State.SUBMITTED: _l("The fund checks that nothing is missing. You get a mail in any case."),
    State.INFO_REQUESTED: _l("Something is missing. Complete your application, then send it again."),
    State.ELIGIBLE: _l("Your application is complete. It is read next, and the answer comes by email."),
    State.UNDER_REVIEW: _l("Your application is being read. Everybody gets the answer on the same day."),
}
"""What happens next, while something does."""

TELLS = frozenset({State.SUBMITTED, State.INFO_REQUESTED, State.WITHDRAWN, State.EXPIRED})
"""Moves that stand in the applicant's history: outcomes are told by letters, all in the same hour."""

DEEDS: dict[str, Any] = {
    "funding.changed": _l("Answers changed"),
    "funding.vouch_asked": _l("Somebody was asked to vouch for you"),
    "funding.vouch_replaced": _l("You named somebody else to vouch for you"),
    "funding.vouch_confirmed": _l("Somebody vouched for you"),
    "funding.vouch_declined": _l("Somebody declined to vouch for you"),
    "funding.vouch_not_me": _l("A mailbox was the wrong one"),
    "funding.own_file": _l("You saved a file that is kept sealed"),
    "funding.own_read": _l("You read your answers that are kept sealed"),
    "funding.revealed": _l("The fund read answers that are kept sealed"),
}
"""What was done beside moves."""

ROLES: dict[Voucher, Any] = {
    Voucher.NOMINATOR: _l("Who nominates you"),
    Voucher.REFEREE: _l("Referee"),
}


BORN = "birth_date"
ADULT = "adult"
"""The question of a guide whether somebody is 18 on the first day."""
OF_AGE = 18
AMOUNTS = frozenset({"partial_amount", "own_money"})


def too_young(found: Intake, born: object) -> str | None:
    """What is wrong with a day of birth where the guide of the call asks for people of age; None where nothing is."""
    if not born or found.event is None or all(one.id != ADULT for one in found.rules.guide):
        return None
    first, birth = found.event.first_day, date.fromisoformat(str(born))
    if (first.year - birth.year) - ((first.month, first.day) < (birth.month, birth.day)) >= OF_AGE:
        return None
    return str(
        _(
            "Whoever travels with this fund is at least %(age)s years old on %(day)s, the first day of the event.",
            age=show_number(OF_AGE, g.lang),
            day=show_date(first, g.lang),
        )
    )


def currency(found: Intake, page: Page) -> str | None:
    """In which currency a page asks for amounts; None where it asks for none."""
    if not AMOUNTS & {one.key for one in page.questions}:
        return None
    code = found.call.currency
    name = get_currency_name(code, locale=LOCALES[g.lang])
    return code if name == code else f"{name} ({code})"


def title(call: Call) -> Markup:
    """What a call is called."""
    return words(call.title, call.original_language, g.lang)


def state(application: Application) -> State:
    """Where it stands as far as the applicant knows."""
    return application.outcome_seen or application.state


def tag(application: Application) -> Tag:
    """The same in a word."""
    return STATES[state(application)]


def next_of(application: Application, call: Call) -> str:
    """What happens next, in a sentence or two; empty where nothing does."""
    known, others = state(application), own.told_others(application)
    usual = str(NEXT.get(known, ""))
    if others is None:
        return usual
    day = show_date(others.astimezone(ZoneInfo(call.time_zone)).date(), g.lang)
    said = _(
        "First decisions of this call were sent on %(day)s. Yours was not among them: the answer comes by email.",
        day=day,
    )
    return f"{said} {usual}" if known in own.AMENDABLE else str(said)


def reason(application: Application) -> str:
    """Why the conditions are not met, in the words for the applicant; empty where nothing was decided."""
    known = codes.codes("decision_reason.funding")
    if state(application) is not State.INELIGIBLE or application.reason not in known:
        return ""
    return codes.reason_text("funding", application.reason, g.lang)


def due(instant: datetime, call: Call, zone: str | None = None) -> Due:
    """A deadline by the call's clock; beside it the reader's, where that is another one."""
    here = show_moment(instant, call.time_zone, g.lang)
    said = sentence(
        _("Time in %(place)s %(offset)s"), place=zone_city(call.time_zone, g.lang), offset=_offset(here.place)
    )
    there = show_moment(instant, zone, g.lang) if zone and zone != UNCHOSEN else None
    other = None
    if zone and there and there.place != here.place:
        day = there.time if there.day == here.day else _("%(day)s, %(time)s", day=there.day, time=there.time)
        other = sentence(
            _("Your time: %(time)s in %(place)s %(offset)s"),
            time=day,
            place=zone_city(zone, g.lang),
            offset=_offset(there.place),
        )
    return Due(_("%(day)s, %(time)s", day=here.day, time=here.time), here.iso, said, other)


def answer_day(call: Call, rules: Rules) -> date | None:
    """The last day on which everybody gets the answer, where the call is, before its event begins; None where the rules
    name none. One statement at the most.
    """
    if not rules.answer_days:
        return None
    day = call.closes_at.astimezone(ZoneInfo(call.time_zone)).date() + timedelta(days=rules.answer_days)
    event = db.session.get(Event, call.event_id) if call.event_id else None
    return min(day, event.first_day - timedelta(days=1)) if event is not None else day


def answered_by(found: Intake) -> str | None:
    """The same in words, for whoever waits for it."""
    application = found.application
    if application is None or state(application) not in own.WAITING - {State.RESERVE}:
        return None
    day = answer_day(found.call, found.rules)
    return show_date(day, g.lang) if day and day >= now().date() else None


def moment(instant: datetime, call: Call) -> Markup:
    """An instant in one line, by the call's clock."""
    here = show_moment(instant, call.time_zone, g.lang)
    return sentence(_("%(day)s, %(time)s %(offset)s"), day=here.day, time=here.time, offset=_offset(here.place))


def barred(reasons: list[Barred], months: int, *, sent: bool = False) -> list[str]:
    """What is in the way, each with its cure. ``sent``: of a file that waits for a decision."""
    return [(_sent_barred(one) if sent else "") or _barred(one, months) for one in reasons]


def reports_owed(reasons: list[Barred], person: Person) -> list[str]:
    """Where the reports are written that are in the way of one's own application: addresses, as the features above
    know them.
    """
    if not any(one.why is Bar.OWN_REPORT for one in reasons):
        return []
    return [url for panel in panels("funding.owed", person) for url in panel.context["links"]]


def telling(found: Intake, deed: Callable[[], Result]) -> Callable[[], Result]:
    """The deed; where it is refused since somebody is barred, the refusal itself says why, and the cure."""

    def done() -> Result:
        try:
            return deed()
        except applying.IsBarred as refusal:
            refusal.message = " ".join(barred(refusal.reasons, found.rules.limits.months_between_grants))
            raise

    return done


def slot_name(slot: gaps.Slot, vouching_referees: int = 1) -> str:
    """Who nominates you; Referee; Referee 2."""
    role, place = slot
    if role is Voucher.NOMINATOR or vouching_referees < 2:
        return str(ROLES[role])
    return str(_("Referee %(number)s", number=show_number(place + 1, g.lang)))


def slot_code(slot: gaps.Slot) -> str:
    """A slot in an address."""
    return f"{slot[0].value}-{slot[1] + 1}"


def vouch_tag(row: Endorsement | None) -> Tag:
    """Where somebody who vouches stands."""
    if row is None:
        return _l("Nobody named"), "warn"
    told = {
        None: (_l("Answer awaited"), "go"),
        Vouch.CONFIRMED: (_l("Vouched for you"), "ok"),
        Vouch.DECLINED: (_l("Declined"), "stop"),
        Vouch.NOT_ME: (_l("Wrong mailbox"), "stop"),
    }
    return told[row.outcome]


def files_of(found: Intake, answers: Answers) -> dict[str, Attached]:
    """The files of a person's own answers, by question key; ``answers`` were loaded with the person's key."""
    if found.answer_set is None:
        return {}
    stored = given.attached(found.answer_set, answers)
    slug = found.call.slug
    shown = attached.told(
        stored, found.call.time_zone, lambda key: url_for("funding.own_file", slug=slug, question=key)
    )
    return {
        key: replace(one, form=ActionForm(formdata=None)) if stored[key].seal_key_id else one
        for key, one in shown.items()
    }


def saved(found: Intake, zone: str) -> str | None:
    """When a draft was kept last."""
    application = found.application
    if application is None or application.state is not State.DRAFT:
        return None
    here = Clock(found.call.time_zone, zone_city(found.call.time_zone, g.lang))
    when = show_by(application.changed_at, own_clock(zone, g.lang, here), g.lang)
    return str(_("Saved at %(time)s", time=_("%(time)s, %(place)s", time=when.time, place=when.place)))


def lines(found: Intake, zone: str, definition: Definition | None) -> list[dict[str, Any]]:
    """What happened, for the applicant: the moves that concern nobody else, changes, and who vouched."""
    application = found.application
    if application is None:
        return []
    labels = {one.key: str(one.label) for one in definition.questions()} if definition else {}
    shown, clock = [], own_clock(zone, g.lang)
    for entry, _text in history(Application.__tablename__, application.id):
        word = _line(entry.verb)
        if word is None:
            continue
        when = show_by(entry.at, clock, g.lang)
        about = ", ".join(labels.get(name, name) for name in entry.detail.get("questions", ())) or None
        shown.append(
            {"when": said_by_clock(when), "datetime": when.iso, "title": word[0], "text": about, "kind": word[1]}
        )
    return shown


def until(found: Intake, zone: str | None) -> tuple[Any, Due] | None:
    """By when the applicant has something to do, and what."""
    application = found.application
    if application is None:
        return None
    if application.state is State.INFO_REQUESTED and application.due_at:
        return _l("Complete it by"), due(application.due_at, found.call, zone)
    if application.state is State.DRAFT and own.is_sendable(found, now()):
        return _l("Send it by"), due(found.call.closes_at, found.call, zone)
    return None


def tasks(found: Intake, definition: Definition | None, answers: Mapping[str, object]) -> list[dict[str, Any]]:
    """The pages of the form, who vouches, and the last look: what is done of each."""
    if definition is None:
        return []
    gone, slug = applying.missing(found, definition), found.call.slug
    rows = []
    if any(one.is_name for one in gone):
        url = url_for("funding.own_name", slug=slug)
        rows.append({"label": _("Your name"), "url": url, "tag": _task_tag(1, touched=True)})
    for page in given.visible_pages(definition, answers):
        left = sum(one.page is page for one in gone)
        touched = any(answers.get(question.key) is not None for question in page.questions)
        url = url_for("funding.step", slug=slug, page=page.id)
        rows.append({"label": page.title, "url": url, "tag": _task_tag(left, touched=touched)})
    if gaps.slots(found.rules.vouching):
        left = sum(one.slot is not None for one in gone)
        url = url_for("funding.vouchers", slug=slug)
        rows.append({"label": _("Who vouches for you"), "url": url, "tag": _task_tag(left, touched=True)})
    last = url_for("funding.check", slug=slug)
    ready = (_l("Ready to send"), "go") if not gone else (_l("Not yet"), "new")
    return [*rows, {"label": _("Check and send"), "url": last, "tag": ready}]


def next_page(found: Intake, definition: Definition | None, answers: Mapping[str, object], person: Person) -> str:
    """Where to begin, or to go on: whoever has no name tells it first; then the first page with a gap, whoever is still
    to be named, and the last look.
    """
    slug = found.call.slug
    if not person.public_name:
        return url_for("funding.own_name", slug=slug)
    pages = given.visible_pages(definition, answers) if definition else []
    if definition is not None and found.application is not None:
        gone = applying.missing(found, definition)
        wanting = {one.page.id for one in gone if one.page}
        pages = [page for page in pages if page.id in wanting]
        if not pages and any(one.slot is not None for one in gone):
            return url_for("funding.vouchers", slug=slug)
    return url_for("funding.step", slug=slug, page=pages[0].id) if pages else url_for("funding.check", slug=slug)


def _task_tag(left: int, *, touched: bool) -> Tag:
    if left:
        return ngettext("%(num)s missing", "%(num)s missing", left), "warn"
    return (_l("Complete"), "ok") if touched else (_l("Optional"), "new")


def steps_of(found: Intake, pages: list[Page]) -> int:
    """How many steps there are, with who vouches and the last look."""
    return len(pages) + 1 + bool(gaps.slots(found.rules.vouching))


def step_before(found: Intake, pages: list[Page], *, is_last: bool = True) -> dict[str, Any] | None:
    """What comes before the last step, or, not ``is_last``, before the one about who vouches."""
    if is_last and gaps.slots(found.rules.vouching):
        return {"label": _("Who vouches for you"), "url": url_for("funding.vouchers", slug=found.call.slug)}
    if not pages:
        return None
    return {"label": pages[-1].title, "url": url_for("funding.step", slug=found.call.slug, page=pages[-1].id)}


def missing(found: Intake, definition: Definition | None, address: Callable[[Page], str]) -> list[dict[str, Any]]:
    """All gaps, each with the way to its field."""
    listed = []
    for one in applying.missing(found, definition):
        if one.slot is not None:
            name = slot_name(one.slot, found.rules.vouching.referees)
            url = url_for("funding.voucher", slug=found.call.slug, slot=slot_code(one.slot))
            listed.append({"label": name, "url": url, "lang": g.lang})
        elif one.is_name:
            url = url_for("funding.own_name", slug=found.call.slug)
            listed.append({"label": _("Your name"), "url": url, "lang": g.lang})
        elif one.page is not None and one.question is not None:
            url = f"{address(one.page)}#q_{one.question.key}"
            listed.append({"label": one.question.label, "url": url, "lang": one.question.label.language})
    return listed


def vouchers(found: Intake) -> list[dict[str, Any]]:
    """Who vouches, in words."""
    vouching = found.rules.vouching
    standing = own.vouchers(found.application.id) if found.application and gaps.slots(vouching) else []
    rows = {(one.role, one.place): one for one in standing}
    return [
        {
            "label": slot_name(slot, vouching.referees),
            "name": rows[slot].name if slot in rows else "",
            "tag": vouch_tag(rows.get(slot)),
            "late": slot in rows and rows[slot].late,
            "url": url_for("funding.voucher", slug=found.call.slug, slot=slot_code(slot)),
        }
        for slot in gaps.slots(vouching)
    ]


def _line(verb: str) -> Tag | None:
    if verb in DEEDS:
        return DEEDS[verb], {"funding.vouch_confirmed": "ok", "funding.revealed": "warn"}.get(verb, "")
    name = verb.removeprefix("funding.")
    if name in {one.value for one in TELLS}:
        word, kind = STATES[State(name)]
        return word, {"warn": "warn", "silent": "silent"}.get(kind, "")
    return None


def _sent_barred(one: Barred) -> str:
    if one.why is Bar.OWN_REPORT:
        return str(_("You owe the report on an earlier journey. Until it has arrived, you cannot be chosen."))
    if one.why is Bar.THEIR_REPORT:
        return str(
            _(
                "The organization that nominates you owes a report on an earlier journey. Until it has arrived, you"
                " cannot be chosen."
            )
        )
    if one.why is Bar.THEIR_DEBARRED:
        said = _("The organization that nominates you may nominate nobody at present.")
        return " ".join((said, _("If you think that this is a mistake, write to us.")))
    return ""


def _barred(one: Barred, months: int) -> str:
    day = show_date(one.until, g.lang) if one.until else ""
    if one.why is Bar.OWN_REPORT:
        return str(_("You owe the report on an earlier journey. Once it has arrived, you can send this application."))
    if one.why is Bar.OWN_DEBARRED:
        said = _("You cannot have support from this fund until %(day)s.", day=day) if day else ""
        said = said or _("You cannot have support from this fund at present.")
        return " ".join((said, _("If you think that this is a mistake, write to us.")))
    if one.why is Bar.THEIR_REPORT:
        return str(
            _(
                "The organization that nominates you owes a report on an earlier journey. Ask it to send the report, or"
                " name another organization."
            )
        )
    if one.why is Bar.THEIR_DEBARRED:
        return str(_("The organization that nominates you may nominate nobody at present. Name another organization."))
    if one.why is Bar.TOO_SOON:
        said = ngettext(
            "One person has one grant within %(num)s month.", "One person has one grant within %(num)s months.", months
        )
        return " ".join((said, _("You can have the next one from %(day)s.", day=day)))
    said = ngettext(
        "This organization has nominated %(num)s person already, and may nominate no more.",
        "This organization has nominated %(num)s people already, and may nominate no more.",
        one.most or 0,
    )
    then = _("Name another organization. If yours only has the same name as another one, write to us.")
    return f"{said} {then}"


def _offset(offset: str) -> Markup:
    return Markup('<span class="ltr">({})</span>').format(escape(offset))
