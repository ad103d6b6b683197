"""What happens when in the demo: events as distances from today, never as dates."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

SATURDAY = 5


@dataclass(frozen=True)
class PlannedEvent:
    """One event of the demo.

    Offsets are whole days from today (negative: past); times are wall times in `zone`. `texts` names the file in texts/
    and `key` the event inside it. `seat_at` is "accreditation" or "submission", `mode` "hybrid", "in_person" or
    "online". `registrations` is how many of the demo's people take part.
    """

    key: str
    kind: str
    series: str
    texts: str
    offset_days: int
    days: int
    zone: str
    mode: str
    status: str
    seat_at: str
    venue: str | None = None
    country: str | None = None
    capacity: int | None = None
    waiting_list: bool = True
    form: str | None = None
    registration_opens_offset: int | None = None
    registration_closes_offset: int | None = None
    registration_opens_at: str = "09:00"
    registration_closes_at: str = "18:00"
    extended_from_offset: int | None = None
    extended_on_offset: int | None = None
    grace_hours: int = 24
    registrations: int = 0
    copied_from: str | None = None


@dataclass(frozen=True)
class Window:
    """Registration's opening and closing as wall times in the event's zone; `first_closes` was the old deadline."""

    opens: datetime
    closes: datetime
    first_closes: datetime | None
    extended_on: date | None


EVENTS = (
    PlannedEvent(
        key="forum_this_year",
        kind="forum",
        series="forum",
        texts="forum_this_year",
        offset_days=12,
        days=2,
        zone="Europe/Zurich",
        mode="hybrid",
        status="published",
        seat_at="accreditation",
        venue="palais_des_nations",
        country="CH",
        capacity=750,
        form="registration_form",
        registration_opens_offset=-75,
        registration_closes_offset=7,
        extended_from_offset=0,
        extended_on_offset=-3,
        registrations=900,
        copied_from="forum_last_year",
    ),
    PlannedEvent(
        key="forum_last_year",
        kind="forum",
        series="forum",
        texts="forum_last_year",
        offset_days=-360,
        days=2,
        zone="Europe/Zurich",
        mode="hybrid",
        status="published",
        seat_at="accreditation",
        venue="palais_des_nations",
        country="CH",
        capacity=700,
        form="registration_form",
        registration_opens_offset=-450,
        registration_closes_offset=-380,
        registrations=400,
    ),
    PlannedEvent(
        key="regional_asia_pacific",
        kind="regional_forum",
        series="regional_forums",
        texts="regional_asia_pacific",
        offset_days=87,
        days=2,
        zone="Asia/Bangkok",
        mode="hybrid",
        status="published",
        seat_at="accreditation",
        venue="bangkok_conference_centre",
        country="TH",
        capacity=140,
        form="regional_registration_form",
        registration_opens_offset=-10,
        registration_closes_offset=66,
        registrations=150,
    ),
    PlannedEvent(
        key="regional_africa_middle_east",
        kind="regional_forum",
        series="regional_forums",
        texts="regional_africa_middle_east",
        offset_days=150,
        days=2,
        zone="Africa/Tunis",
        mode="hybrid",
        status="published",
        seat_at="accreditation",
        venue="tunis_conference_centre",
        country="TN",
        capacity=150,
        form="regional_registration_form",
        registration_opens_offset=50,
        registration_closes_offset=129,
    ),
    PlannedEvent(
        key="regional_europe_central_asia",
        kind="regional_forum",
        series="regional_forums",
        texts="regional_europe_central_asia",
        offset_days=192,
        days=2,
        zone="Europe/Vienna",
        mode="hybrid",
        status="published",
        seat_at="accreditation",
        venue="vienna_conference_centre",
        country="AT",
        capacity=150,
        form="regional_registration_form",
        registration_opens_offset=81,
        registration_closes_offset=171,
    ),
    PlannedEvent(
        key="regional_americas",
        kind="regional_forum",
        series="regional_forums",
        texts="regional_americas",
        offset_days=220,
        days=2,
        zone="America/Panama",
        mode="hybrid",
        status="published",
        seat_at="accreditation",
        venue="panama_conference_centre",
        country="PA",
        capacity=150,
    ),
    PlannedEvent(
        key="languages_online",
        kind="dialogue",
        series="dialogues",
        texts="dialogues",
        offset_days=-42,
        days=1,
        zone="Europe/Zurich",
        mode="online",
        status="published",
        seat_at="submission",
        capacity=500,
        form="dialogue_registration_form",
        registration_opens_offset=-84,
        registration_closes_offset=-43,
        registrations=200,
    ),
    PlannedEvent(
        key="fair_work",
        kind="dialogue",
        series="dialogues",
        texts="dialogues",
        offset_days=7,
        days=1,
        zone="Europe/Zurich",
        mode="online",
        status="published",
        seat_at="submission",
        capacity=500,
        form="dialogue_registration_form",
        registration_opens_offset=-28,
        registration_closes_offset=6,
        registrations=200,
    ),
    PlannedEvent(
        key="birth_registration",
        kind="dialogue",
        series="dialogues",
        texts="dialogues",
        offset_days=56,
        days=1,
        zone="Europe/Zurich",
        mode="online",
        status="published",
        seat_at="submission",
        capacity=500,
        form="dialogue_registration_form",
        registration_opens_offset=20,
        registration_closes_offset=55,
    ),
    PlannedEvent(
        key="policing_trust",
        kind="dialogue",
        series="dialogues",
        texts="dialogues",
        offset_days=105,
        days=1,
        zone="Europe/Zurich",
        mode="online",
        status="published",
        seat_at="submission",
        capacity=500,
        form="dialogue_registration_form",
        registration_opens_offset=63,
        registration_closes_offset=104,
    ),
    PlannedEvent(
        key="speaking_at_the_forum",
        kind="training",
        series="learning",
        texts="learning",
        offset_days=33,
        days=1,
        zone="Africa/Nairobi",
        mode="online",
        status="draft",
        seat_at="submission",
        capacity=60,
        form="dialogue_registration_form",
    ),
    PlannedEvent(
        key="equality_data",
        kind="seminar",
        series="learning",
        texts="learning",
        offset_days=70,
        days=1,
        zone="Europe/Zurich",
        mode="hybrid",
        status="draft",
        seat_at="submission",
        venue="palais_des_nations",
        country="CH",
        capacity=80,
        form="dialogue_registration_form",
    ),
)


def first_day(event: PlannedEvent, today: date) -> date:
    """The event's first day: its offset from today, moved on to Monday where a day would touch a weekend."""
    start = today + timedelta(days=event.offset_days)
    while any((start + timedelta(days=day)).weekday() >= SATURDAY for day in range(event.days)):
        start += timedelta(days=1)
    return start


def wall_time(event: PlannedEvent, today: date, day: int, at: str) -> datetime:
    """The naive wall time "HH:MM" on the event's day (1 is the first), to be read in the event's zone."""
    hours, minutes = at.split(":")
    return datetime.combine(first_day(event, today) + timedelta(days=day - 1), time(int(hours), int(minutes)))


def registration_window(event: PlannedEvent, today: date) -> Window | None:
    """When registration opens and closes; None where no dates are set yet."""
    if event.registration_opens_offset is None or event.registration_closes_offset is None:
        return None
    first = event.extended_from_offset
    on = event.extended_on_offset
    return Window(
        opens=_at(today, event.registration_opens_offset, event.registration_opens_at),
        closes=_at(today, event.registration_closes_offset, event.registration_closes_at),
        first_closes=None if first is None else _at(today, first, event.registration_closes_at),
        extended_on=None if on is None else today + timedelta(days=on),
    )


def _at(today: date, offset: int, at: str) -> datetime:
    hours, minutes = at.split(":")
    return datetime.combine(today + timedelta(days=offset), time(int(hours), int(minutes)))
