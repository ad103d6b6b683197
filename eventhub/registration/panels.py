"""What registration says on the pages of features below it."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from flask import g, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from eventhub.kit.access import actor
from eventhub.kit.clock import now
from eventhub.kit.i18n import show_date
from eventhub.kit.pages import changes_at
from eventhub.kit.panels import Panel, Provider
from eventhub.kit.web import Link
from eventhub.kit.working_days import working_days_after
from eventhub.people.models import Person
from eventhub.people.sessions import Visitor
from eventhub.programme import shown as programme
from eventhub.programme.models import Event, Publication
from eventhub.programme.moving import Plan
from eventhub.questionnaires import queries as questionnaires
from eventhub.registration import (
    access,
    asking,
    cancelling,
    categories,
    desk,
    personal_data,
    queries,
    security,
    shown,
    windows,
)
from eventhub.registration import participants as lists
from eventhub.registration import today as today_of
from eventhub.registration.models import Deadline, Registration, RegistrationSetup, SeatOffer, State
from eventhub.registration.queries import Intake, Room
from eventhub.registration.windows import Window

MINUTES_A_PAGE = 2


def aside(event: Event) -> Panel | None:
    """What it takes to take part, beside an event. The page is the same for everybody and changes with the clock."""
    setup = queries.setup_of(event.id)
    if setup is None:
        return None
    _changes_with(setup)
    if event.publication is Publication.CANCELLED:
        return None
    announced, found = queries.all_deadlines(event.id), queries.whole_intake(event, setup)
    place, space, word = shown.openness(event, setup, found.rules)
    for instant in [one for rule in found.rules for one in (rule.opens_at, rule.closes_at) if one]:
        changes_at(instant)
    url = url_for("registration.start", slug=event.slug)
    waits = space is Room.WAITING_LIST and not setup.needs_accreditation
    return Panel(
        "registration/aside_panel.html",
        {
            "way_in": (_("Join the waiting list") if waits else _("Register"), url)
            if place is Window.OPEN and space is not Room.FULL
            else None,
            "window": place,
            "room": space,
            "word": word,
            "needs_accreditation": setup.needs_accreditation,
            "opens": shown.due(windows.opens(setup, now(), found.rules), event, g.lang),
            "due": shown.due(windows.closes(setup), event, g.lang, before=_of_event(setup, announced)),
            "closed": shown.moment(windows.closes(setup), event, g.lang),
            "by_category": asking.by_category(found, announced),
            "minutes": _minutes(setup),
        },
    )


def participants(event: Event) -> Panel | None:
    """The way to the list of participants, where it is public and names somebody."""
    setup = queries.setup_of(event.id)
    if setup is None or not setup.public_list or event.publication is not Publication.PUBLISHED:
        return None
    changes_at(now() + lists.FRESH)
    if not lists.is_anybody_on(event.id):
        return None
    return Panel("registration/list_panel.html", {"url": url_for("registration.participants", slug=event.slug)})


def hero(event: Event) -> Panel | None:
    """By when to register, and the way in, on the home page."""
    setup = queries.setup_of(event.id)
    if setup is None:
        return None
    _changes_with(setup)
    rules = _rules_of(setup)
    place, space, word = shown.openness(event, setup, rules)
    if place is Window.NOT_YET:
        opens = shown.due(windows.opens(setup, now(), rules), event, g.lang)
        fact = {"label": _("Registration opens"), "value": opens.when, "datetime": opens.datetime, "note": opens.zone}
        return Panel("", {"facts": [fact]})
    if place is not Window.OPEN:
        return Panel("", {"facts": [{"label": _("Registration"), "value": word[0]}]})
    due = shown.due(windows.closes(setup), event, g.lang)
    facts = [{"label": _("Register by"), "value": due.when, "datetime": due.datetime, "note": due.zone}]
    template = "" if space is Room.FULL else "registration/hero_panel.html"
    context = {"facts": facts, "eyebrow": word[0], "url": url_for("registration.start", slug=event.slug)}
    return Panel(template, context)


def tags(events: Collection[Event]) -> Panel:
    """How registration stands, for the cards of events."""
    known = queries.setups([event.id for event in events])
    told: dict[Any, Any] = {}
    for event in events:
        setup = known.get(event.id)
        if setup is None:
            continue
        _changes_with(setup)
        place, _space, word = shown.openness(event, setup, _rules_of(setup))
        if place in {Window.OPEN, Window.NOT_YET}:
            told[event.id] = word
    return Panel("", {"tags": told})


def mine(visitor: Visitor) -> Panel:
    """The person's registrations, on My page."""
    found = queries.mine(visitor.person)
    offered = [one.registration.id for one in found if one.registration and one.registration.state is State.OFFERED]
    offers = queries.open_offers(offered)
    return Panel("registration/me_panel.html", {"items": [_item(one, visitor, offers) for one in found]})


def data(person: Person) -> Panel:
    """The registrations in the person's copy of all data."""
    return Panel("", {"registrations": personal_data.own_data(person)})


def event_links(event: Event) -> Panel | None:
    """The desk and the settings among an event's console pages, for whom they exist."""
    grants = actor().grants
    links = []
    if desk.may_work(grants, event):
        links.append(Link(_("Registrations"), url_for("registration_console.desk", slug=event.slug)))
    if access.works_for_security(grants, event):
        links.append(Link(_("Security"), url_for("registration_console.security_list", slug=event.slug)))
    if access.may_set_up(grants, event):
        links.append(Link(_("Registration settings"), url_for("registration_console.setup", slug=event.slug)))
    return Panel("", {"links": links}) if links else None


def today(visitor: Visitor) -> Panel | None:
    """Which desks have something to decide, the longest wait first."""
    rows = today_of.waiting(visitor.grants)
    if not rows:
        return None
    desks = [
        {
            "title": programme.words(row.title, row.original_language, g.lang),
            "url": url_for("registration_console.desk", slug=row.slug),
            "note": _("The oldest came on %(day)s.", day=show_date(row.oldest.date(), g.lang)),
            "tag": (ngettext("%(num)s waits", "%(num)s wait", row.number), "warn"),
        }
        for row in rows
    ]
    return Panel("registration/today_panel.html", {"desks": desks})


def today_counts(visitor: Visitor) -> Panel | None:
    """The way to the numbers, for whom nothing else is there."""
    rows = today_of.counted(visitor.grants)
    events = [
        {
            "title": programme.words(event.title, event.original_language, g.lang),
            "url": url_for("registration_console.partner_counts", slug=event.slug),
        }
        for event in rows
    ]
    return Panel("registration/counts_panel.html", {"events": events}) if events else None


def moving(plan: Plan) -> Panel | None:
    """What stays when a whole event moves: all that was announced. Offers of places end when it begins."""
    setup = queries.setup_of(plan.event.id)
    if setup is None:
        return None
    closes = shown.moment(setup.closes_at, plan.event, g.lang)
    if plan.begins is not None and setup.closes_at > plan.begins:
        closes = _("%(moment)s: after the event begins. Look at it once the event is moved.", moment=closes)
    return Panel(
        "",
        {
            "moves": [{"label": _("Offers of places"), "value": _("They end at the latest when the event begins.")}],
            "stays": [
                {"label": _("Registration opens"), "value": shown.moment(setup.opens_at, plan.event, g.lang)},
                {"label": _("Registration closes"), "value": closes},
            ],
        },
    )


def today_ways(visitor: Visitor) -> Panel | None:
    """At which events people take part in a way that exists no more, and have not chosen another one."""
    events = [
        {
            "title": programme.words(row.title, row.original_language, g.lang),
            "url": url_for("registration_console.switch", slug=row.slug),
            "tag": (ngettext("%(num)s must choose again", "%(num)s must choose again", row.number), "warn"),
        }
        for row in today_of.without_way(visitor.grants)
    ]
    return Panel("registration/ways_panel.html", {"events": events}) if events else None


def today_security(visitor: Visitor) -> Panel | None:
    """At which events security is asked, the longest wait first."""
    rows = security.waiting(visitor.grants, visitor.id)
    if not rows:
        return None
    desks = [
        {
            "title": programme.words(row.title, row.original_language, g.lang),
            "url": url_for("registration_console.security_list", slug=row.slug),
            "note": _("The oldest came on %(day)s.", day=show_date(row.oldest.date(), g.lang)),
            "tag": (ngettext("%(num)s waits", "%(num)s wait", row.number), "warn"),
        }
        for row in rows
    ]
    return Panel("registration/today_panel.html", {"desks": desks, "is_security": True})


PROVIDERS: tuple[tuple[str, Provider], ...] = (
    ("event.aside", aside),
    ("event.aside", participants),
    ("home.hero", hero),
    ("event.tags", tags),
    ("me.main", mine),
    ("me.data", data),
    ("console.event", event_links),
    ("console.event_moving", moving),
    ("console.today", today),
    ("console.today", today_counts),
    ("console.today", today_ways),
    ("console.today", today_security),
)
"""What app.py registers."""


def _item(one: Intake, visitor: Visitor, offers: Mapping[uuid.UUID, SeatOffer]) -> dict[str, Any]:
    registration = one.registration
    assert registration is not None  # noqa: S101 (queries.mine gives none without)
    place, _space, _word = shown.openness(one.event, one.setup, one.rules)
    item: dict[str, Any] = {
        "intake": one,
        "heading": _("My registration"),
        "tag": shown.tag(registration.state, one.setup),
        "reference": registration.reference,
        "answer_by": None,
        "due": None,
        "url": None,
        "due_label": _("Send it by"),
        "label": _("See or change my answers"),
    }
    if one.event.publication is Publication.CANCELLED:
        return item | _of_cancelled(one.event, registration)
    if registration.state in {State.DRAFT, State.EXPIRED}:
        if place in {Window.OPEN, Window.GRACE}:
            item["due"] = shown.due(asking.closes_for(one, None), one.event, g.lang, zone=visitor.person.time_zone)
            item["url"] = url_for("registration.start", slug=one.event.slug)
            item["label"] = _("Go on with my registration")
        return item
    item["url"] = url_for("registration.mine_one", reference=registration.reference)
    if not queries.may_amend(one, now()):
        item["label"] = _("See my answers")
    item |= _awaited(one, registration, visitor, offers.get(registration.id))
    if registration.state in {State.SUBMITTED, State.UNDER_REVIEW} and registration.submitted_at:
        by = working_days_after(registration.submitted_at.date(), one.setup.answer_within_days)
        # Once the day is over nothing is promised any more; what was written is looked at anew after that.
        if by >= now().date():
            item["answer_by"] = show_date(by, g.lang, year=False)
    return item


def _awaited(one: Intake, registration: Registration, visitor: Visitor, offer: SeatOffer | None) -> dict[str, Any]:
    """What the person is asked to do."""
    told: dict[str, Any] = {}
    if offer is not None:
        told["due"] = shown.due(offer.until, one.event, g.lang, zone=visitor.person.time_zone)
        told["due_label"] = _("Kept for you until")
        told["url"] = url_for("registration.own_offer", reference=registration.reference)
        told["label"] = _("Look at the offer and answer")
    if one.must_choose:
        told["url"] = url_for("registration.way", reference=registration.reference)
        told["label"] = _("Choose how to take part")
    if registration.state is State.INFO_REQUESTED:
        told["url"] = url_for("registration.questions", reference=registration.reference)
        told["label"] = _("Read the question and answer")
    return told


def _of_cancelled(event: Event, registration: Registration) -> dict[str, Any]:
    """What is different where the event does not take place: nothing is left to do, and a place is none any more."""
    told: dict[str, Any] = {"label": _("Read why"), "url": url_for("programme.event", slug=event.slug)}
    if registration.reference:
        url = url_for("registration.mine_one", reference=registration.reference)
        told = {"label": _("See my answers"), "url": url}
    return told | ({"tag": shown.OFF} if registration.state in cancelling.TOLD | {State.EXPIRED} else {})


def _minutes(setup: RegistrationSetup) -> int:
    newest = questionnaires.newest_version(setup.questionnaire_id) if setup.questionnaire_id else None
    return MINUTES_A_PAGE * len(newest.definition.pages) if newest else 1


def _changes_with(setup: RegistrationSetup) -> None:
    for instant in windows.span(setup):
        changes_at(instant)


def _rules_of(setup: RegistrationSetup) -> categories.Rules:
    """Where categories have instants of their own, their rules, and the page changes with them: one statement."""
    rules = categories.rules_of(setup.event_id) if setup.first_opens_at is not None else categories.NO_RULES
    for instant in [one for rule in rules for one in (rule.opens_at, rule.closes_at) if one]:
        changes_at(instant)
    return rules


def _of_event(setup: RegistrationSetup, announced: Sequence[Deadline]) -> list[Deadline]:
    """The deadlines that stand beside the last of all: the event's own, unless categories have later ones."""
    return [one for one in announced if one.category is None] if setup.last_closes_at in {None, setup.closes_at} else []
