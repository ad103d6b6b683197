"""Stops of the tour at commitments: the room, records, links of makers, and what everybody reads."""

from collections.abc import Callable
from datetime import date

from eventhub.commitments import capturing, confirming, following, half_typed, queries, succeeding, verifying
from eventhub.commitments.capturing import MadeBy, Step, Words
from eventhub.commitments.models import Commitment, Kin, Says, Verdict, Why
from eventhub.people.models import Person, Role
from eventhub.people.queries import grants_of
from eventhub.programme.models import Event
from eventhub.tracker import importing, subscribing
from tests.factories import tracker
from tests.factories.commitments import asked, described, make_commitment, new_address, past_event, published
from tests.factories.people import make_person, make_staff


def commitment_stops(
    words: Callable[[str], str], texts: Callable[[str], dict[str, str]], owner: Person, staff: Person
) -> dict[str, dict[str, str]]:
    """Addresses by who looks."""
    event = past_event()
    event.title = texts("A dialogue on education")
    half_typed.keep(staff, event, {"maker": words("Ministry"), "wording": words("We will"), "speaker": words("She")})
    shown = _followed(event, words)
    published(event, maker=words("Meridian Logistics"), kind="business", title=words("Hiring data"), country=None)
    gone = published(event, maker=words("Open Horizons"), wording=words("We will give two million."), language="fr")
    verifying.withdraw(make_person(), gone, Why.MAKER, reason=words("The budget was cut"))
    harmful = published(event, maker=words("Union"))
    verifying.withdraw(make_person(), harmful, Why.SAFETY, reason=words("They were threatened"))
    merged = published(event, maker=words("Ministry of Schools"))
    keeper = make_staff(Role.ORGANISER, event_id=event.id)
    to = MadeBy(words("Office of Schools"), "government")
    succeeding.hand_over(keeper, merged, merged.makers[0].id, to, words("Another government"))
    reason = words("Two became one")
    succeeding.replace(keeper, grants_of(keeper.id), queries.record(merged.id), [shown.number], Kin.MERGED, reason)
    draft = make_commitment(event, wording=words("We will open classes."), email=new_address())
    waiting, asking = asked(
        make_commitment(
            event, maker=words("Ministry of Language"), wording=words("We will teach."), email=new_address()
        )
    )
    confirming.question(make_person(name=words("Grace")), waiting, words("In which districts?"))
    asking = queries.open_asking(queries.record(waiting.id)) or asking
    capturing.add_contact(make_person(), waiting, new_address(), name=words("Amina"), language="ar")
    table = [
        ["wording", "makers", "maker_types", words("extra")],
        [words("We will teach."), words("Ministry of Language"), "government", "1"],
        [words("We will teach."), words("Ministry of Language"), words("unknown"), ""],
    ]
    sheet = importing.bring(make_person(), event, table, name=words("plan.csv"), language="en")
    reader, _follows = tracker.following(shown, merged, shown)
    subscribing.ask(gone, subscribing.address(reader) or "", "en", whole_maker=False)
    newcomer, _none = tracker.following(shown, agreed=False)
    record, link = "/console/commitments", f"/confirm/{confirming.link_token(asking)}"
    return {
        "public": {
            "commitments.index": "/commitments",
            "commitments.index#nothing": "/commitments?q=zzzz",
            "tracker.scorecards": "/commitments/scorecards",
            "tracker.scorecards#event": "/commitments/scorecards?by=event",
            "tracker.report": f"/commitments/reports/event/{event.slug}",
            "tracker.follow": f"/commitments/{shown.reference}/follow",
            "tracker.following": f"/following/{subscribing.link_token(reader)}",
            "tracker.following#new": f"/following/{subscribing.link_token(newcomer)}",
            "tracker.leave": f"/following/{subscribing.link_token(reader)}/stop",
            "commitments.commitment": f"/commitments/{shown.reference}",
            "commitments.commitment#withdrawn": f"/commitments/{gone.reference}",
            "commitments.commitment#replaced": f"/commitments/{merged.reference}",
            "commitments.confirm": link,
            "commitments.correct": f"{link}/correct",
            "commitments.not_me": f"{link}/not-me",
        },
        "staff": {
            "commitments_console.index": record,
            "commitments_console.room": f"/console/events/{event.slug}/commitments",
            "tracker_console.bring": f"/console/events/{event.slug}/commitments/import",
            "tracker_console.look": f"/console/events/{event.slug}/commitments/import/{sheet.id}",
            "commitments_console.record": f"{record}/{shown.id}",
            "commitments_console.record#draft": f"{record}/{draft.id}",
            "commitments_console.record#waiting": f"{record}/{waiting.id}",
            "commitments_console.record#sealed": f"{record}/{harmful.id}",
            "commitments_console.words": f"{record}/{shown.id}/words",
            "commitments_console.details": f"{record}/{shown.id}/details",
            "commitments_console.translation": f"{record}/{shown.id}/translation",
            "commitments_console.close": f"{record}/{shown.id}/close",
            "commitments_console.withdraw": f"{record}/{shown.id}/withdraw",
            "commitments_console.replaced": f"{record}/{shown.id}/replaced",
            "commitments_console.leave": f"{record}/{shown.id}/makers/{shown.makers[0].id}/leave",
            "commitments_console.successor": f"{record}/{shown.id}/makers/{shown.makers[0].id}/successor",
            "commitments_console.record#replaced": f"{record}/{merged.id}",
        },
    }


def _followed(event: Event, words: Callable[[str], str]) -> Commitment:
    """One with everything that a page can say of it."""
    made = published(
        event,
        maker=words("Ministry of Education"),
        wording=words("We will open classes in 120 schools."),
        title=words("Mother-tongue classes"),
        speaker=words("The Minister"),
    )
    made = described(
        made,
        makers=[
            MadeBy(words("Ministry of Education"), "government", "KE"),
            MadeBy(words("Foundation"), "donor_foundation"),
        ],
        speaker=words("The Minister"),
        kind="programme_or_service",
        themes=["education", "language"],
        groups=["linguistic_minority"],
        sdgs=["4.5"],
        countries=["KE"],
        recommendations=[(words("A/HRC/52/71"), "65")],
        indicators=[(words("Schools"), None, None)],
        milestones=[Step(words("The law is drafted"), date(2026, 1, 1), date(2026, 2, 1)), Step(words("Passed"))],
    )
    keeper = make_person(name=words("Awhina"))
    later = Words(
        words("We will open classes in 100 schools."),
        title=words("Mother-tongue classes"),
        due_on=date(2029, 6, 30),
        beneficiaries=words("Children"),
    )
    capturing.amend(keeper, made, later, reason=words("A new budget year"))
    capturing.translate(keeper, made, "ar", wording=words("Translated"), title=words("Title"))
    following.say(made, Says.IN_PROGRESS, text=words("Forty-six are open"))
    following.check(keeper, made, Verdict.DISPUTED, text=words("Four are missing"))
    verifying.write(keeper, made, words("The embassy called"))
    return queries.record(made.id)
