"""Stops of the tour at evidence and comments: behind links, the queue, the desk, and what everybody reads."""

from collections.abc import Callable

from eventhub.commitments import following
from eventhub.commitments.models import Says
from eventhub.evidence import commenting, giving, voices
from eventhub.evidence.models import ShownAs, Standing, Word
from eventhub.kit.clock import now
from tests.factories.commitments import past_event, published
from tests.factories.evidence import again, checked, make_comment, make_evidence, make_voice, shown_comment
from tests.factories.people import make_person


def evidence_stops(words: Callable[[str], str], texts: Callable[[str], dict[str, str]]) -> dict[str, dict[str, str]]:
    """Addresses by who looks."""
    event = past_event()
    event.title = texts("A dialogue on education")
    shown = published(event, maker=words("Ministry of Education"), title=words("Mother-tongue classes"))
    following.say(shown, Says.FULFILLED, text=words("All are open"))
    voice, reviewer = make_voice(shown), make_person()
    checked(shown, title=words("The report"), address=words("https://example.org/report"), shown_on=now().date())
    giving.retract(reviewer, shown, checked(shown, title=words("A note")), words("Of another year"))
    checked(shown, Standing.SEALED, title=words("Sealed"))
    waiting = make_evidence(shown, voice=voice, title=words("Photographs"), name=words("photo.pdf"), wants_seal=True)
    _first, reply = shown_comment(
        shown, text=words("Four are missing"), shown_as=ShownAs.ALIAS, alias=words("A teacher"), disputes=True
    )
    _second, open_reply = shown_comment(shown, text=words("They are there"), country="KE")
    comment = make_comment(shown, voice=voice, text=words("Mr Otieno says so"), organisation=words("Horizons"))
    refused = make_comment(shown, voice=voice, text=words("No"))
    commenting.refuse(reviewer, shown, refused, words("It says nothing"))
    assert reply is not None
    assert open_reply is not None
    commenting.answer(commenting.reply_token(reply), words("We will add them"), "en")
    commenting.decide_reply(reviewer, shown, reply, Word.SHOWN)
    bare = again(published(event, maker=words("Union")))
    link, desk = f"/speak/{voices.link_token(voice)}", f"/console/assessments/{shown.id}"
    return {
        "public": {
            "commitments.commitment#evidence": f"/commitments/{shown.reference}",
            "evidence.speak": f"/commitments/{shown.reference}/speak",
            "evidence.sent": link,
            "evidence.sent#nothing": f"/speak/{voices.link_token(make_voice(bare))}",
            "evidence.comment": f"{link}/comment",
            "evidence.evidence": f"{link}/evidence",
            "evidence.retract": f"{link}/evidence/{waiting.id}/retract",
            "evidence.reply": f"/right-of-reply/{commenting.reply_token(open_reply)}",
        },
        "staff": {
            "evidence_console.index": "/console/assessments",
            "evidence_console.index#nothing": "/console/assessments?kind=unbacked",
            "evidence_console.desk": desk,
            "evidence_console.desk#bare": f"/console/assessments/{bare.id}",
            "evidence_console.give": f"{desk}/evidence/new",
            "evidence_console.retract": f"{desk}/evidence/{waiting.id}/retract",
            "evidence_console.moderate": f"{desk}/comments/{comment.id}",
        },
    }
