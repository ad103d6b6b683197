"""Whether somebody who asks for a grant, or has one, is registered for the event: a grant does not do it.

Until when that is possible, and whom to ask when it is not any more.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from sqlalchemy import and_, select
from sqlalchemy.orm import load_only

from eventhub.funding.models import Call
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.i18n import in_language, show_date, show_days, show_moment
from eventhub.kit.web import absolute
from eventhub.programme.models import Event, Mode, Publication
from eventhub.registration import categories, latecomers, shown, windows
from eventhub.registration.categories import Rules
from eventhub.registration.models import Registration, RegistrationSetup, State
from eventhub.registration.queries import EVENT_COLUMNS

Tag = tuple[Any, str]
IN_PERSON = "in_person"
OWN_DAY = _l("Some categories have another deadline: the page of the event says which.")
NEEDED = _l("A grant does not register you for the event: whoever travels with a grant also registers.")


THE_EVENT = _l("The event")
OFFICIAL = frozenset(
    {
        *("member_state", "observer_state", "un_entity", "un_mechanism_or_treaty_body", "intergovernmental_org"),
        *("regional_org_or_mechanism", "media", "interpreter_or_assistant", "secretariat", "security_staff"),
    }
)
"""Categories of those who come for a State or a body, or to work: nobody of them asks for a grant."""


class Step(StrEnum):
    """What somebody has to do about the registration."""

    NOTHING = "nothing"
    WAIT = "wait"
    COMPLETE = "complete"
    REGISTER = "register"
    NOT_YET = "not_yet"
    TOO_LATE = "too_late"
    REFUSED = "refused"


STEPS: dict[State, Step] = {
    State.DRAFT: Step.REGISTER,
    State.SUBMITTED: Step.WAIT,
    State.AWAITING_FOCAL_POINT: Step.WAIT,
    State.UNDER_REVIEW: Step.WAIT,
    State.INFO_REQUESTED: Step.COMPLETE,
    State.WAITLISTED: Step.WAIT,
    State.OFFERED: Step.COMPLETE,
    State.ACCREDITED: Step.NOTHING,
    State.BADGE_ISSUED: Step.NOTHING,
    State.ATTENDED: Step.NOTHING,
    State.NO_SHOW: Step.NOTHING,
    State.DECLINED: Step.REFUSED,
    State.WITHDRAWN: Step.REGISTER,
    State.REVOKED: Step.REFUSED,
    State.EXPIRED: Step.REGISTER,
}
KINDS: dict[Step, str] = {
    Step.NOTHING: "ok",
    Step.WAIT: "",
    Step.NOT_YET: "",
    Step.COMPLETE: "warn",
    Step.REGISTER: "warn",
    Step.TOO_LATE: "stop",
    Step.REFUSED: "stop",
}
"""How a note about it looks."""


OWN = ("state", "reference", "attendance_mode", "category")
"""Of a registration."""


@dataclass(frozen=True)
class Attending:
    """The event of a call that takes registrations, and how one person stands with it."""

    event: Event
    opens_at: datetime
    closes_at: datetime
    grace: timedelta
    state: State | None = None
    reference: str | None = None
    attendance_mode: str | None = None
    differs: bool = False
    """Whether the category, which is not known yet, decides how long one registers."""

    @property
    def step(self) -> Step:
        """What comes next. A draft that was begun in time may still be sent in the time of grace."""
        step, moment = STEPS[self.state] if self.state else Step.REGISTER, now()
        if step is not Step.REGISTER:
            return step
        if moment < self.opens_at:
            return Step.NOT_YET
        grace = self.grace if self.state is State.DRAFT else timedelta(0)
        return step if moment < self.closes_at + grace else Step.TOO_LATE

    @property
    def kind(self) -> str:
        """How a note about it looks."""
        return KINDS[self.step]

    @property
    def way(self) -> tuple[str, dict[str, Any], Any] | None:
        """Where the next step is done: endpoint, values, what the link says; None where there is none."""
        if self.step in {Step.NOTHING, Step.WAIT, Step.COMPLETE, Step.REFUSED}:
            mine = {"reference": self.reference}
            return ("registration.mine_one", mine, _l("My registration")) if self.reference else None
        if self.step is Step.TOO_LATE:
            return None
        if self.step is Step.NOT_YET:
            return "programme.event", {"slug": self.event.slug}, THE_EVENT
        return "registration.start", {"slug": self.event.slug}, _l("Register for the event")

    def tag(self) -> Tag:
        """The state in a word and its look."""
        if self.state is None:
            return _l("Not registered yet"), "warn" if self.step is not Step.TOO_LATE else "stop"
        return shown.STATES[self.state]

    def words(self, lang: str) -> list[Any]:
        """What somebody who asks for a grant, or has one, is told: a sentence or two."""
        step, state = self.step, {"state": self.tag()[0]}
        if step is Step.NOTHING:
            return [_l("You are registered for the event.")]
        if step is Step.WAIT:
            return [_l("Your registration for the event: %(state)s. Nothing more is needed there now.", **state)]
        if step is Step.COMPLETE:
            return [_l("Your registration for the event still needs something from you: %(state)s.", **state)]
        if step is Step.REFUSED:
            return [_l("Your registration for the event: %(state)s. Without one the grant cannot be used.", **state)]
        if step is Step.TOO_LATE:
            return [
                NEEDED,
                _l("Registration closed on %(day)s, %(time)s (%(offset)s).", **self._told(self.closes_at, lang)),
                _l("If you are not registered, write to us at once: we ask the organizers."),
            ]
        if step is Step.NOT_YET:
            return [
                NEEDED,
                _l("Registration opens on %(day)s, %(time)s (%(offset)s).", **self._told(self.opens_at, lang)),
            ]
        return [NEEDED, self.by(lang)]

    def by(self, lang: str) -> Any:
        """The last moment to register, in a sentence; where categories have their own, that they do."""
        said = _l("Please register by %(day)s, %(time)s (%(offset)s).", **self._told(self.closes_at, lang))
        return LazyString(lambda: f"{said} {OWN_DAY}") if self.differs else said

    @property
    def is_remote(self) -> bool:
        """Whether somebody who stands is registered without coming, at an event to which one can come."""
        stands = self.step in {Step.NOTHING, Step.WAIT, Step.COMPLETE} and self.event.mode is not Mode.ONLINE
        return stands and self.attendance_mode not in {None, IN_PERSON}

    def _told(self, instant: datetime, lang: str) -> dict[str, str]:
        here = show_moment(instant, self.event.time_zone, lang)
        return {"day": here.day, "time": here.time, "offset": here.place}


def of_person(person_id: uuid.UUID | None, call: Call) -> Attending | None:
    """How somebody stands with the event of a call, or somebody who is not known; None where there is no event that
    takes registrations. Two statements at the most.
    """
    if call.event_id is None:
        return None
    mine = and_(Registration.event_id == Event.id, Registration.person_id == person_id)
    rows = (
        select(Event, RegistrationSetup, categories.AS_JSON, *(getattr(Registration, name) for name in OWN))
        .join(RegistrationSetup, RegistrationSetup.event_id == Event.id)
        .outerjoin(Registration, mine)
        .where(Event.id == call.event_id, Event.publication == Publication.PUBLISHED)
        .options(load_only(*EVENT_COLUMNS, raiseload=True))
    )
    row = db.session.execute(rows).first()
    if row is None or row[0].last_day < now().date():
        return None
    event, setup, found, state, reference, mode, category = row
    rules = _possible(categories.read(found), category) if setup.first_opens_at is not None else ()
    opens_at, closes_at = _span(setup, rules)
    differs = len({windows.closes(setup, one) for one in rules}) > 1
    late = None
    if person_id is not None and state in {None, State.DRAFT, State.EXPIRED}:
        late = latecomers.until(event, setup, rules, person_id)
    grace = timedelta(hours=setup.grace_hours)
    return Attending(event, opens_at, late or closes_at, grace, state, reference, mode, differs and late is None)


def _possible(rules: Rules, category: str | None) -> Rules:
    """The own category, or those to which somebody who asks for a grant may belong; all where there is none of them."""
    taken = [one for one in rules if one.is_taken]
    own = [one for one in taken if one.code == category]
    return tuple(own or [one for one in taken if one.code not in OFFICIAL] or taken)


def _span(setup: RegistrationSetup, rules: Rules) -> tuple[datetime, datetime]:
    """From the first opening of these categories to the first end that is still to come, or else the last one."""
    if not rules:
        return windows.opens(setup, now()), windows.closes(setup)
    ends = [windows.closes(setup, one) for one in rules]
    ahead = [one for one in ends if one > now()]
    return min(windows.span(setup, one)[0] for one in rules), min(ahead) if ahead else max(ends)


def helping(lang: str) -> dict[str, Any]:
    """The button of a letter that says whom to ask: answers to the mail are not read."""
    return {"label": _l("Help and contact"), "url": absolute("programme.page", lang=lang, name="help")}


def when_and_where(event: Event, lang: str) -> str:
    """The days of an event and its town."""
    days = show_days(event.first_day, event.last_day, lang)
    town = in_language(event.city, lang, event.original_language).text if event.city else ""
    return f"{days} · {town}" if town else days


def reserve_until(call: Call, lang: str) -> Any:
    """Until when a reserve list lives; None of a call for no event. One statement at the most."""
    event = db.session.get(Event, call.event_id) if call.event_id else None
    if event is None:
        return None
    return _l(
        "The list stands until the event begins on %(day)s. If a place becomes free for you, you get an offer with time"
        " to answer; if you hear nothing, none did.",
        day=show_date(event.first_day, lang),
    )


def facts(call: Call, lang: str) -> list[dict[str, Any]]:
    """What a letter says of the event of a call: its name, days and town. One statement at the most."""
    event = db.session.get(Event, call.event_id) if call.event_id else None
    if event is None:
        return []
    title = in_language(event.title, lang, event.original_language).text
    return [{"label": _l("Event"), "value": f"{title} · {when_and_where(event, lang)}"}]
