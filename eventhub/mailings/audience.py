"""To whom a mailing goes: filters over an event's registrations, counted and read in the database."""

import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, case, exists, func, literal, or_, select
from sqlalchemy.orm import aliased

from eventhub.kit import codes
from eventhub.kit.db import Json, db
from eventhub.kit.i18n import LANGUAGES
from eventhub.mailings.models import MAY_STOP, Kind, Mailing, MailPreference, Outcome, Why
from eventhub.people.models import Channel, Organisation, Person
from eventhub.people.queries import agrees
from eventhub.programme.models import Event
from eventhub.registration.access import Sight
from eventhub.registration.desk import LEGAL
from eventhub.registration.models import TAKES_PART, Registration, State
from eventhub.registration.queries import PUBLIC_NAME

GROUPS: dict[str, frozenset[State]] = {
    "draft": frozenset({State.DRAFT}),
    "decide": frozenset({State.SUBMITTED, State.AWAITING_FOCAL_POINT, State.UNDER_REVIEW, State.INFO_REQUESTED}),
    "waiting": frozenset({State.WAITLISTED, State.OFFERED}),
    "accredited": frozenset({State.ACCREDITED, State.BADGE_ISSUED}),
    "attended": frozenset({State.ATTENDED}),
    "no_show": frozenset({State.NO_SHOW}),
    "declined": frozenset({State.DECLINED, State.REVOKED}),
}
"""Which registrations can be meant. Whoever withdrew, or never sent a draft in time, is written to no more."""

NAMED = 50
"""So many names stand on the page of an audience."""


@dataclass(frozen=True)
class Audience:
    """Filters by code. An empty one leaves all, but for ``groups``: there nothing chosen is nobody.

    ``delegation``: "yes" for members of delegations alone, "no" for all others. ``first_time``: only who takes part in
    an event of the series for the first time.
    """

    groups: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    modes: tuple[str, ...] = ()
    delegation: str = ""
    regions: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    first_time: bool = False

    def plain(self) -> Json:
        """As it is stored."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @property
    def states(self) -> frozenset[State]:
        """The states of registrations that are meant."""
        return frozenset().union(*(GROUPS[name] for name in self.groups))


def read(stored: Mapping[str, Any]) -> Audience:
    """As it was stored; what a later release does not know is left out."""
    known = {one.name for one in fields(Audience)}
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in stored.items()
    }
    found = Audience(**{name: value for name, value in values.items() if name in known})
    groups = tuple(name for name in found.groups if name in GROUPS)
    return replace(found, groups=groups)


class Named(NamedTuple):
    """One person of an audience, by the name that the reader may see."""

    registration_id: uuid.UUID
    name: str
    reference: str | None
    organisation: str | None
    why: Why | None


@dataclass(frozen=True)
class Count:
    """How many an audience holds: who gets a mail, of those by language, how many of them are discreet, and who gets
    none, by the reason.
    """

    reached: int
    languages: Mapping[str, int]
    discreet: int
    skipped: Mapping[Why, int]

    @property
    def total(self) -> int:
        """Everybody."""
        return self.reached + sum(self.skipped.values())


def count(mailing: Mailing, event: Event) -> Count:
    """One statement."""
    columns = (Person.language, Person.discreet, skipped_why(mailing))
    rows = select(*columns, func.count()).where(*_where(read(mailing.audience), event))
    languages: Counter[str] = Counter()
    skipped: Counter[Why] = Counter()
    discreet = 0
    for language, is_discreet, why, number in db.session.execute(_from(rows).group_by(*columns)):
        if why:
            skipped[Why(why)] += number
        else:
            languages[language if language in LANGUAGES else "en"] += number
            discreet += number if is_discreet else 0
    return Count(sum(languages.values()), languages, discreet, skipped)


def names(mailing: Mailing, event: Event, seen: Sight, *, limit: int = NAMED) -> list[Named]:
    """The first of an audience by name, as the desk sees them. Who has begun and not sent is counted, and named to
    nobody: a draft is its author's alone. One statement.
    """
    name: Any = LEGAL if seen is Sight.BADGES else PUBLIC_NAME
    rows = select(Registration.id, name, Registration.reference, Organisation.name, skipped_why(mailing))
    rows = _from(rows).outerjoin(Organisation, Organisation.id == Registration.organisation_id)
    rows = (
        rows.where(*_where(read(mailing.audience), event), Registration.reference.is_not(None))
        .order_by(func.lower(name), Registration.id)
        .limit(limit)
    )
    return [Named(one, who, reference, of, Why(why) if why else None) for one, who, reference, of, why in _rows(rows)]


def lines(mailing: Mailing, event: Event, moment: Any) -> Any:
    """The lines of the log of everybody who is meant, as a statement that gives them."""
    why = skipped_why(mailing)
    state = case((why.is_(None), Outcome.WAITING.value), else_=Outcome.SKIPPED.value)
    return _from(
        select(
            func.gen_random_uuid(),
            literal(mailing.id),
            Registration.person_id,
            Registration.id,
            state,
            why,
            literal(0),
            literal(moment),
        )
    ).where(*_where(read(mailing.audience), event))


def still_meant(mailing: Mailing, registration_id: uuid.UUID) -> tuple[bool, Why | None]:
    """Whether a registration is among those meant as things are now, and why its person gets no mail. One statement.

    Only what a person or the desk changes counts: the state, and what the person wants. Who was meant by category or
    language when it began, stays so.
    """
    audience = read(mailing.audience)
    rows = _from(select(skipped_why(mailing))).where(
        Registration.id == registration_id,
        Registration.state.in_(_later(audience)),
        Registration.erased_at.is_(None),
        Person.erased_at.is_(None),
    )
    found = db.session.execute(rows).first()
    if found is None:
        return False, Why.ENDED
    return found[0] is None, Why(found[0]) if found[0] else None


def _later(audience: Audience) -> frozenset[State]:
    """Where a registration may have gone on to while its mail waited: somebody who was let in meanwhile is still meant
    by news for those accredited.
    """
    states = audience.states
    return states | {State.BADGE_ISSUED, State.ATTENDED} if states & TAKES_PART else states


def skipped_why(mailing: Mailing) -> ColumnElement[Any]:
    """Why the person of a statement gets no mail of this mailing, in SQL; NULL for who gets one."""
    reasons: list[tuple[ColumnElement[bool], str]] = [(Person.email.is_(None), Why.NO_ADDRESS.value)]
    if mailing.kind in MAY_STOP:
        stopped = exists().where(MailPreference.person_id == Person.id, MailPreference.stopped_at.is_not(None))
        reasons.append((stopped.correlate(Person), Why.STOPPED.value))
    if mailing.kind is Kind.INVITATION:
        agreed = func.coalesce(agrees(Channel.FUTURE_CONTACT, mailing.event_id), literal(False))
        reasons.append((~agreed, Why.NOT_AGREED.value))
    return case(*reasons, else_=None)


def _rows(rows: Any) -> list[Any]:
    return list(db.session.execute(rows))


def _from(rows: Any) -> Any:
    return rows.select_from(Registration).join(Person, Person.id == Registration.person_id)


def _where(audience: Audience, event: Event) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [
        Registration.event_id == event.id,
        Registration.erased_at.is_(None),
        Person.erased_at.is_(None),
        Registration.state.in_(audience.states),
    ]
    if audience.categories:
        found.append(Registration.category.in_(audience.categories))
    if audience.modes:
        found.append(Registration.attendance_mode.in_(audience.modes))
    if audience.delegation:
        inside = Registration.delegation_id.is_not(None)
        found.append(inside if audience.delegation == "yes" else ~inside)
    places = [Registration.country.in_(_countries_of(one)) for one in audience.regions]
    if audience.countries:
        places.append(Registration.country.in_(audience.countries))
    if places:
        found.append(or_(*places))
    if audience.languages:
        found.append(Person.language.in_(audience.languages))
    if audience.first_time:
        found.append(~_came_before(event))
    return found


def _came_before(event: Event) -> ColumnElement[bool]:
    other, earlier = aliased(Registration), aliased(Event)
    return (
        exists()
        .where(
            and_(
                other.person_id == Registration.person_id,
                other.state.in_(TAKES_PART),
                earlier.id == other.event_id,
                earlier.series_id == event.series_id,
                earlier.first_day < event.first_day,
            )
        )
        .correlate(Registration)
    )


@lru_cache(maxsize=16)
def _countries_of(region: str) -> tuple[str, ...]:
    known = [code for code, _name in codes.countries("en", kinds=codes.ANYWHERE)]
    return tuple(code for code in known if codes.country(code).regional_group == region)
