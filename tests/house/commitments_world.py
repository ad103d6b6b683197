"""Commitments in the small world: one in each place where something can be done with it."""

from eventhub.commitments import confirming, queries, verifying
from eventhub.commitments.capturing import MadeBy
from eventhub.commitments.models import Why
from eventhub.kit.clock import now
from eventhub.programme.models import Event
from eventhub.tracker import importing, reports, subscribing
from eventhub.tracker.reports import Of
from tests.factories.commitments import asked, described, make_commitment, new_address, published
from tests.factories.people import make_person
from tests.factories.programme import PDF_BYTES
from tests.factories.tracker import following


def commitment_parts(event: Event) -> dict[str, str]:
    """The parts of addresses, by name."""
    draft = make_commitment(event, email=new_address(), in_session=False)
    waiting, asking = asked(make_commitment(event, email=new_address(), in_session=False))
    refusing = asked(make_commitment(event, email=new_address(), in_session=False))[1]
    shown = published(event, in_session=False)
    hidden = published(event, in_session=False)
    verifying.withdraw(make_person(), hidden, Why.SAFETY, reason="They were threatened")
    table = [["wording", "makers", "maker_types"], ["We will teach.", "Ministry of Language", "government"]]
    sheet = importing.bring(make_person(), event, table, name="plan.csv", language="en")
    joined = described(
        published(event, in_session=False),
        makers=[MadeBy("Ministry", "government", "KE"), MadeBy("Foundation", "donor_foundation")],
    )
    reader, follows = following(shown, shown)
    leaver, _follows = following(shown)
    paper = reports.to_make(reports.ask(reports.about(Of.EVENT, event.slug), "fr").id)
    assert paper is not None
    reports.keep(paper, PDF_BYTES, [], at=now())
    return {
        "follow_link": subscribing.link_token(reader),
        "follow": str(follows[0].id),
        "leave_link": subscribing.link_token(leaver),
        "commitment_sheet": str(sheet.id),
        "joint_commitment": str(joined.id),
        "joint_maker": str(joined.makers[1].id),
        "commitment": str(draft.id),
        "commitment_contact": str(draft.contacts[0].id),
        "commitment_lock": str(queries.record(draft.id).lock),
        "asked_commitment": str(waiting.id),
        "confirm_link": confirming.link_token(asking),
        "maker_link": confirming.link_token(refusing),
        "shown_commitment": str(shown.id),
        "shown_reference": shown.reference,
        "hidden_commitment": str(hidden.id),
    }
