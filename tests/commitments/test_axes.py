"""What is computed and never typed: freshness, the days of the next news, progress; and the pure words."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from eventhub.commitments import axes, wording
from eventhub.commitments.axes import TO_ANSWER, Freshness
from eventhub.commitments.wording import Missing
from eventhub.kit.db import db

DAYS = st.dates(date(2015, 1, 1), date(2060, 12, 31))
TEXTS = st.text("ab c,语言ار\n", max_size=40)


@given(DAYS, st.integers(0, 3000), st.integers(0, 3000))
def test_every_day_has_one_freshness_and_it_only_ages(published: date, heard_after: int, days: int) -> None:
    heard = published + timedelta(days=heard_after)
    expected = axes.expected(published, heard)
    assert expected > heard
    today = heard + timedelta(days=days)
    order = list(Freshness)
    news, later = axes.freshness(heard, expected, today), axes.freshness(heard, expected, today + timedelta(days=1))
    assert order.index(later.freshness) >= order.index(news.freshness)
    assert news.days >= 0


@given(DAYS, st.integers(0, 3000))
def test_the_next_news_is_due_on_a_day_of_the_plan_and_no_earlier_one_is_left(published: date, after: int) -> None:
    heard = published + timedelta(days=after)
    plan = [axes.later(published, months) for months in (3, 6, *range(12, 240, 12))]
    assert axes.expected(published, heard) == min(day for day in plan if day > heard)


def test_after_thirty_days_without_an_answer_it_is_silent() -> None:
    heard, expected = date(2026, 1, 31), date(2026, 4, 30)
    assert axes.expected(heard, heard) == expected
    assert axes.freshness(heard, expected, date(2026, 4, 29)).freshness is Freshness.UP_TO_DATE
    assert axes.freshness(heard, expected, expected).freshness is Freshness.DUE
    silent = axes.freshness(heard, expected, expected + TO_ANSWER)
    assert silent == axes.News(Freshness.SILENT, (expected + TO_ANSWER - heard).days)


@pytest.mark.usefixtures("database")
def test_the_database_counts_the_same_days() -> None:
    ask = text("SELECT commitment_expected(:published, :heard)")
    for published in (date(2024, 2, 29), date(2025, 8, 31), date(2025, 11, 30), date(2026, 1, 1)):
        for days in (0, 1, 88, 92, 181, 184, 364, 365, 366, 731, 1500):
            heard = published + timedelta(days=days)
            found = db.session.scalar(ask, {"published": published, "heard": heard})
            assert found == axes.expected(published, heard)


@given(st.integers(0, 50), st.integers(0, 50))
def test_progress_is_never_above_what_is_done(done: int, total: int) -> None:
    if done > total:
        with pytest.raises(ValueError, match="more milestones"):
            axes.progress(done, total)
        return
    share = axes.progress(done, total)
    assert (share is None) == (total == 0)
    assert share is None or (0 <= share <= 100 and (share == 100) == (done == total))


@given(TEXTS, TEXTS)
def test_a_difference_holds_both_texts_whole(before: str, after: str) -> None:
    parts = wording.difference(before, after)
    assert "".join(part.text for part in parts if part.kind != "in") == before
    assert "".join(part.text for part in parts if part.kind != "out") == after
    assert all(part.text for part in parts)


@given(st.text(max_size=300))
def test_a_title_is_short_and_says_the_beginning(words: str) -> None:
    title = wording.title_of("", words)
    assert len(title) <= wording.TITLE + 1
    assert " ".join(words.split()).startswith(title.removesuffix("…"))


def test_what_is_missing_is_told_and_a_whole_commitment_misses_nothing() -> None:
    bare = wording.missing(due=None, wording="Soon", indicators=0, milestones=0, countries=[], groups=[])
    assert bare == list(Missing)
    whole = wording.missing(
        due=date(2028, 1, 1), wording="120 schools", indicators=0, milestones=2, countries=["KE"], groups=["roma"]
    )
    assert whole == []
