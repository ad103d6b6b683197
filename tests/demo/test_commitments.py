"""The demo's commitments: as many as makers say what, silent ones, reviews in every state, and the Action Plan."""

from collections import Counter
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from eventhub.commitments import axes
from eventhub.commitments.axes import Freshness
from eventhub.commitments.models import Commitment, Recommendation, Report, Says, State, Verdict, Version
from eventhub.demo.commitments import make_commitments
from eventhub.evidence.models import Comment, Evidence, Standing, Word
from eventhub.kit.clock import now
from eventhub.kit.db import db
from tests.factories.people import make_person
from tests.factories.programme import make_event, make_series

pytestmark = pytest.mark.usefixtures("database")


def test_two_hundred_and_forty_with_what_became_of_them(client: FlaskClient) -> None:
    series, today = make_series(), now().date()
    model = make_event(series, first_day=today - timedelta(days=42), last_day=today - timedelta(days=42))
    forum = make_event(first_day=today - timedelta(days=360), last_day=today - timedelta(days=359))
    following_one = make_event(series, first_day=today + timedelta(days=7), last_day=today + timedelta(days=7))
    slug = following_one.slug
    make_commitments(model, today, make_person(), forum)
    db.session.flush()
    db.session.expire_all()
    shown = list(db.session.scalars(select(Commitment).where(Commitment.state == State.PUBLISHED)))
    says = Counter(one.said for one in shown)
    assert len(shown) == 240
    assert (says[Says.FULFILLED], says[Says.IN_PROGRESS], says[Says.CHANGED], says[Says.WITHDRAWN]) == (36, 120, 12, 7)
    assert (says[Says.PLANNING] + says[Says.NOT_STARTED], says[None]) == (41, 24)
    fresh = Counter(axes.freshness(one.heard_on, one.expected_on, today).freshness for one in shown)  # type: ignore[arg-type]
    assert fresh[Freshness.SILENT] == 53
    assert set(Counter(one.checked for one in shown)) == set(Verdict)
    evidence = Counter(db.session.scalars(select(Evidence.standing)))
    assert evidence == {Standing.PUBLIC: 44, Standing.RETRACTED: 2, Standing.WAITING: 2}
    assert db.session.scalar(select(func.count()).where(Comment.standing == Word.SHOWN, Comment.disputes)) == 8
    assert {one.language for one in shown} == {"ar", "zh", "en", "fr", "ru", "es"}
    assert db.session.scalar(select(func.max(Report.said_at))) < now()
    drafts = list(db.session.scalars(select(Commitment.id).where(Commitment.state == State.DRAFT)))
    assert len(drafts) == 23
    plan = db.session.execute(select(Version.start_on, Version.due_on).where(Version.commitment_id.in_(drafts))).all()
    assert (min(one[0].year for one in plan), max(one[1].year for one in plan)) == (2014, 2017)
    numbers = select(Recommendation.paragraph).where(Recommendation.commitment_id.in_(drafts))
    assert {"1", "8", "19"} <= set(db.session.scalars(numbers))
    page = client.get(f"/en/events/{slug}").text
    assert "What was promised last time" in page
    assert client.get("/en/commitments/scorecards").status_code == 200
