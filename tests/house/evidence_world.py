"""Evidence and comments in the small world: one in each place where something can be done with it."""

from eventhub.evidence import commenting, voices
from eventhub.programme.models import Event
from tests.factories.commitments import published
from tests.factories.evidence import again, checked, make_comment, make_evidence, make_voice, shown_comment, sign


def evidence_parts(event: Event) -> dict[str, str]:
    """The parts of addresses, by name."""
    assessed = published(event, in_session=False)
    voice = make_voice(assessed)
    waiting, shown = make_evidence(assessed, voice=voice), checked(assessed)
    comment = make_comment(assessed, voice=voice)
    _spoken, reply = shown_comment(assessed)
    _answered, answered = shown_comment(assessed)
    assert reply is not None
    assert answered is not None
    commenting.answer(commenting.reply_token(answered), "We will add them", "en")
    return {
        "assessed": str(assessed.id),
        "assessed_reference": assessed.reference,
        "assessed_look": f"{assessed.reference}.{again(assessed).newest}.{again(assessed).lock}",
        "assessed_sign": sign(again(assessed)),
        "voice_link": voices.link_token(voice),
        "reply_link": commenting.reply_token(reply),
        "waiting_evidence": str(waiting.id),
        "shown_evidence": str(shown.id),
        "waiting_comment": str(comment.id),
        "answered_reply": str(answered.id),
    }
