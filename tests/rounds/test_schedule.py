"""On which days rounds are made: for any plan, any event and any schedule that stumbles."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from eventhub.commitments.axes import later
from eventhub.rounds import schedule
from eventhub.rounds.schedule import Rhythm

DAYS = st.dates(date(2018, 1, 1), date(2040, 12, 31))
RHYTHMS = st.builds(
    Rhythm,
    st.lists(st.integers(1, 60), min_size=1, max_size=6),
    st.integers(0, 24),
    st.lists(st.integers(1, 29), max_size=5, unique=True).map(lambda days: [0, *sorted(days)]),
)


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def test_the_default_is_three_six_twelve_months_and_then_each_year() -> None:
    steps = Rhythm().steps()
    assert [next(steps) for _ in range(6)] == [3, 6, 12, 24, 36, 48]
    assert tuple(Rhythm().days) == (0, 5, 12, 21)


@given(RHYTHMS)
def test_steps_rise_and_none_comes_twice(rhythm: Rhythm) -> None:
    steps = list(rhythm.steps())
    assert steps == sorted(set(steps))
    assert rhythm.every or steps == sorted(set(rhythm.months))


@given(RHYTHMS, DAYS, st.sets(st.integers(0, 800), min_size=1, max_size=60))
def test_whenever_the_schedule_runs_each_step_is_made_once_and_none_is_made_late(
    rhythm: Rhythm, last_day: date, runs: set[int]
) -> None:
    made: dict[int, date] = {}
    for days in sorted(runs):
        today = last_day + timedelta(days=days)
        for _again in range(2):
            found = schedule.due(rhythm, last_day, noon(today), "UTC")
            if found is not None and found[0] not in made:
                made[found[0]] = today
    for step, day in made.items():
        planned = later(last_day, step)
        assert planned <= day <= planned + schedule.LATE


@given(RHYTHMS, DAYS, st.integers(0, 14))
def test_a_schedule_that_was_down_makes_every_round_all_the_same(rhythm: Rhythm, last_day: date, down: int) -> None:
    step, planned = next(schedule.planned(rhythm, last_day))
    found = schedule.due(rhythm, last_day, noon(planned + timedelta(days=down)), "UTC")
    assert found is not None
    assert found[0] >= step
    assert schedule.due(rhythm, last_day, noon(planned - timedelta(days=1)), "UTC") is None


@given(RHYTHMS, DAYS, st.integers(0, 2000))
def test_the_next_news_is_expected_on_the_day_of_a_round_that_asks(rhythm: Rhythm, last_day: date, after: int) -> None:
    heard = last_day + timedelta(days=after)
    day = schedule.after(rhythm, last_day, heard)
    if day is None:
        assert not rhythm.every
        return
    assert day >= heard + schedule.QUIET
    assert day in {one for _step, one in schedule.planned(rhythm, last_day)}


def test_a_round_opens_in_the_morning_of_its_place() -> None:
    last, day = date(2026, 1, 15), date(2026, 4, 15)
    early = datetime(2026, 4, 14, 19, 59, tzinfo=UTC)
    assert schedule.due(Rhythm(), last, early, "Pacific/Auckland") is None
    assert schedule.due(Rhythm(), last, early + timedelta(minutes=1), "Pacific/Auckland") == (3, day)


@given(st.integers(0, 40), st.integers(0, 40))
def test_mails_of_missed_days_count_as_one_turn(days: int, more: int) -> None:
    began = noon(date(2026, 3, 1))
    first = schedule.mails_done(schedule.DAYS, began, began + timedelta(days=days))
    assert 1 <= first <= schedule.mails_done(schedule.DAYS, began, began + timedelta(days=days + more)) <= 4
