"""A commitment on whose page everything stands that a page can show, made by the actions themselves."""

from datetime import date, timedelta
from decimal import Decimal

from eventhub.commitments import capturing, following, succeeding
from eventhub.commitments.capturing import MadeBy, Step, Words
from eventhub.commitments.models import Commitment, Kin, Says, Verdict
from eventhub.evidence import commenting, giving
from eventhub.evidence.models import Word
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people.models import Role
from eventhub.people.queries import grants_of
from eventhub.rounds.models import Round, RoundItem
from tests.factories.commitments import described, published
from tests.factories.evidence import again, checked, shown_comment
from tests.factories.people import make_person, make_staff
from tests.factories.rounds import event_of_months_ago


def with_everything() -> Commitment:
    """One that has all that a page can show, twice."""
    event = event_of_months_ago()
    made = published(event, title="Forty-six classes", language="fr")
    for step in ("first", "second"):
        capturing.amend(
            make_person(),
            made,
            Words(f"The {step} words", title="Forty-six classes", due_on=date(2029, 1, 31)),
            reason=f"A new budget year, the {step}",
        )
        made = again(made)
    for language in ("en", "ar"):
        capturing.translate(make_person(), made, language, wording="Forty-six classes", title="Forty-six classes")
    makers = [MadeBy(name, "government", "KE") for name in ("Union of Schools", "Foundation", "Ministry of Schools")]
    made = described(
        made,
        makers=makers,
        recommendations=[("A/HRC/52/71", "65"), ("A/HRC/52/71", "66")],
        indicators=[("Classes that are open", Decimal(0), Decimal(46)), ("Teachers", Decimal(0), Decimal(92))],
        milestones=[Step("The law is passed"), Step("The classes are open")],
    )
    for place in (0, 1):
        succeeding.leave(make_person(), made, made.makers[place].id, "It has no budget any more")
    made = again(made)
    for _time in range(2):
        following.say(made, Says.PLANNING, text="Soon")
        checked(made)
        giving.retract(make_person(), made, checked(made), "Another one was published")
        following.check(make_person(), made, Verdict.EVIDENCE_SEEN)
        _comment, reply = shown_comment(made)
        assert reply is not None
        commenting.answer(commenting.reply_token(reply), "We send teachers by June", "en")
        commenting.decide_reply(make_person(), made, reply, Word.SHOWN)
        keeper = make_staff(Role.ORGANISER, event_id=event.id)
        before = published(event, title="Old classes")
        succeeding.replace(keeper, grants_of(keeper.id), before, [made.number], Kin.MERGED, "Two became one")
    for months in (3, 6):
        _silent(made, months)
    db.session.flush()
    return again(made)


def _silent(made: Commitment, step: int) -> None:
    """A round that closed without a word."""
    closed = now()
    times = {"opened_at": closed - timedelta(days=14), "closes_at": closed}
    found = Round(event_id=made.event_id, step=step, planned_on=date(2026, 1, 1), days=[0], **times)
    db.session.add(found)
    db.session.flush()
    db.session.add(RoundItem(round_id=found.id, commitment_id=made.id, version=1, silent_on=date(2026, 2, 1)))
