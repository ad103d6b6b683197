"""Stops of the tour at follow-up rounds: links with all that can stand behind one, and staff's pages."""

from collections.abc import Callable
from datetime import timedelta

from eventhub.commitments.models import Says
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.programme.models import Series
from eventhub.rounds import answering, asking, board
from eventhub.rounds.answering import Said
from eventhub.rounds.models import Reached
from tests.factories.commitments import new_address
from tests.factories.people import make_person
from tests.factories.rounds import aged, event_of_months_ago, followed, item_of, link_of, opened, secret


def round_stops(words: Callable[[str], str], texts: Callable[[str], dict[str, str]]) -> dict[str, dict[str, str]]:
    """Addresses by who looks."""
    event = event_of_months_ago()
    event.title = texts("A dialogue on education")
    box, second, silent, done = (new_address() for _ in range(4))
    given = {"maker": words("Ministry of Education"), "wording": words("We will open classes in 120 schools.")}
    made = [followed(event, box, second, **given) for _ in range(3)]
    quiet = followed(event, silent, **given)
    finished = followed(event, done, **given)
    lonely = followed(event, new_address(), **given)
    found = opened(event)
    link_of(box).name = link_of(silent).name = words("Amina Yusuf")
    said = Said(
        Says.IN_PROGRESS,
        text=words("Forty-six are open"),
        language="en",
        obstacles=("funding", "staff_capacity"),
        hindrance=words("The budget came late"),
    )
    answering.answer(secret(box), item_of(made[0]).id, said, seen=1)
    answering.answer(secret(done), item_of(finished).id, said, seen=1)
    asking.ask_next(make_person(), board.item_of(item_of(made[1]).id))
    answering.answer(secret(second), item_of(made[1]).id, Said(Says.FULFILLED, text=words("Done")), seen=1)
    answering.answer(secret(box), item_of(made[1]).id, Said(Says.PLANNING, text=words("Not yet")), seen=1)
    answering.keep_draft(secret(silent), item_of(quiet).id, {"says": "planning", "text": words("Half a sentence")})
    asking.hand_on(secret(box), {item_of(made[2]).id}, new_address(), words("Bao"), "zh")
    asking.pause(secret(box), (now() + timedelta(days=5)).date())
    item_of(lonely).contact_id = None
    aged(found, 21)
    asking.remind_due(now())
    asking.called(make_person(), board.link_of(link_of(silent).id), Reached.NOBODY, words("The line was busy"))
    series = db.session.get_one(Series, event.series_id)
    behind, console = f"/answer/{secret(box)}", "/console/rounds"
    return {
        "public": {
            "rounds.survey": behind,
            "rounds.survey#done": f"/answer/{secret(done)}",
            "rounds.item": f"{behind}/commitments/{made[0].reference}",
            "rounds.item#differing": f"{behind}/commitments/{made[1].reference}",
            "rounds.item#draft": f"/answer/{secret(silent)}/commitments/{quiet.reference}",
            "rounds.colleague": f"{behind}/colleague",
            "rounds.later": f"{behind}/later",
            "rounds.not_me": f"{behind}/not-me",
        },
        "staff": {
            "rounds_console.index": console,
            "rounds_console.silent": f"{console}/silence",
            "rounds_console.silent#nothing": f"{console}/silence?event=none",
            "rounds_console.compare": f"/console/series/{series.slug}/rounds/comparison",
            "rounds_console.board_of": f"{console}/{found.id}",
            "rounds_console.board_of#all": f"{console}/{found.id}?view=all",
            "rounds_console.calls": f"{console}/{found.id}/calls",
            "rounds_console.link": f"{console}/links/{link_of(silent).id}",
            "rounds_console.link#answers": f"{console}/links/{link_of(box).id}",
            "rounds_console.plan": f"/console/series/{series.slug}/rounds",
        },
    }
