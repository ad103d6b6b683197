"""The calls of the fund in the small world: a draft, an open one, and one whose change waits for a second person."""

from datetime import timedelta

from eventhub.funding import call_queries
from eventhub.kit.db import db
from eventhub.programme.models import Event
from eventhub.questionnaires import actions as questionnaires
from eventhub.questionnaires.models import Questionnaire
from tests.factories.funding_calls import make_call, propose
from tests.factories.people import make_person


def call_parts(event: Event) -> dict[str, str]:
    """The words of their addresses and forms."""
    draft, call, changed = make_call(event, is_open=False), make_call(event), make_call(event)
    call.closes_at -= timedelta(days=9)
    propose(make_person(), changed)
    newer = make_call(event)
    other = db.session.get_one(Questionnaire, newer.questionnaire_id)
    other.draft = {"pages": other.draft["pages"][:3]}
    db.session.flush()
    questionnaires.publish(None, other)
    return {
        "fund_draft": draft.slug,
        "fund_open": call.slug,
        "fund_before": call.closes_at.isoformat(),
        "fund_later": f"{call.closes_at + timedelta(days=2):%Y-%m-%dT10:00:00}",
        "fund_changed": changed.slug,
        "fund_digest": call_queries.standing(changed).stamp,
        "fund_newer": newer.slug,
        "fund_stamp": call_queries.standing(newer).stamp,
    }
