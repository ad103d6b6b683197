"""Comments: sealed until read, names cut out, the maker's reply, what a state takes along, and what erasure leaves."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from eventhub.commitments import verifying
from eventhub.commitments.models import Commitment, Why
from eventhub.commitments.moves import REVISION, NotPossible
from eventhub.commitments.verifying import OwnMaker
from eventhub.evidence import commenting, keeping, letters, naming, queries, reading, voices
from eventhub.evidence.models import Comment, Reply, ShownAs, Voice, Word
from eventhub.evidence.voices import LinkClosed
from eventhub.kit.audit import AuditEntry
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import NotFound
from eventhub.kit.outbox import Promise
from eventhub.kit.revisions import current
from tests.factories.commitments import make_commitment, new_address, published
from tests.factories.evidence import WORDS, again, make_comment, make_evidence, make_voice, shown_comment
from tests.factories.people import make_person

pytestmark = pytest.mark.usefixtures("database")


def everything() -> str:
    """All that stands in clear about comments and voices."""
    rows = [
        *db.session.scalars(select(Comment)),
        *db.session.scalars(select(Voice)),
        *db.session.scalars(select(Reply)),
    ]
    db.session.flush()
    return repr([{name: getattr(row, name) for name in row.__table__.columns.keys()} for row in rows])  # noqa: SIM118


def test_who_comments_and_what_stands_sealed_until_it_was_read() -> None:
    commitment = published()
    made = make_comment(commitment, name="Amina Yusuf", organisation="Open Horizons", country="KE")
    assert (made.standing, made.text) == (Word.WAITING, "")
    assert all(word not in everything() for word in ("Amina", "Horizons", "teacher"))
    assert commenting.text_of(made) == WORDS
    assert queries.shown_comments(commitment.id) == []
    reader = make_person()
    with pytest.raises(reading.ReasonNeeded):
        commenting.read_identity(reader, commitment, made, "")
    known = commenting.read_identity(reader, commitment, made, "The Board asks who it is")
    assert (known["name"], known["organisation"]) == ("Amina Yusuf", "Open Horizons")
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.verb == reading.NAME)).one()
    assert (entry.actor_id, entry.detail) == (reader.id, {"about": str(made.id)})


def test_a_name_is_cut_out_and_stays_nowhere() -> None:
    commitment = published()
    made = make_comment(commitment, text="Mr Grace Otieno told us. Grace Otieno was not paid.", country="KE")
    assert commenting.hints(commitment, commenting.text_of(made)) == ["Mr Grace Otieno", "Grace Otieno"]
    with pytest.raises(commenting.NotInText):
        commenting.show(make_person(), commitment, made, cut=["Somebody else"])
    commenting.show(make_person(), commitment, made, cut=["Grace Otieno"])
    assert (made.text, made.cuts) == (f"Mr {naming.CUT} told us. {naming.CUT} was not paid.", 2)
    assert "Otieno" not in everything()
    commenting.redact(make_person(), commitment, made, ["told us"])
    assert (made.text, made.cuts) == (f"Mr {naming.CUT} {naming.CUT}. {naming.CUT} was not paid.", 3)
    with pytest.raises(commenting.NothingLeft):
        commenting.redact(make_person(), commitment, made, [made.text])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("We spoke to Dr. Okafor yesterday", "Dr. Okafor"),
        ("وصل السيد محمد أمس", "السيد محمد أمس"),
        ("昨天王先生说没有", "昨天王先生"),
        ("пришла г-жа Иванова", "г-жа Иванова"),
        ("write to amina@example.org", "amina@example.org"),
        ("call +254 700 000 000 now", "+254 700 000 000"),
        ("they say that Amina Yusuf left", "Amina Yusuf"),
        ("the minister otieno said so", "otieno"),
    ],
)
def test_a_simple_look_finds_who_may_be_named(text: str, found: str) -> None:
    assert found in naming.hints(text, ["Otieno"])


def test_a_comment_without_people_gives_no_hint() -> None:
    assert naming.hints(WORDS) == []


def test_the_maker_does_not_comment_but_replies_below_once_it_was_read() -> None:
    commitment = published()
    maker = make_person(email=commitment.contacts[0].email)
    with pytest.raises(commenting.OfTheMaker):
        make_comment(commitment, voice=make_voice(commitment, maker))
    made, reply = shown_comment(commitment)
    assert reply is not None
    assert db.session.query(Promise).filter_by(task="evidence.reply_asked").count() == 1
    letter = letters.reply_asked(reply.id)
    assert letter is not None
    assert (letter.to, letter.context["quote"]) == (commitment.contacts[0].email, WORDS)
    secret = commenting.reply_token(reply)
    for words in ("We agree", "We agree for two"):
        commenting.answer(secret, words, "en")
    assert queries.shown_comments(commitment.id)[0].reply is None
    with pytest.raises(OwnMaker):
        commenting.decide_reply(maker, commitment, reply, Word.SHOWN)
    commenting.decide_reply(make_person(), commitment, reply, Word.SHOWN)
    shown = queries.shown_comments(commitment.id)[0].reply
    assert shown is not None
    assert shown.text == "We agree for two"
    with pytest.raises(LinkClosed):
        commenting.answer(secret, "No", "en")
    commenting.refuse(make_person(), commitment, made, "It names a child")
    assert queries.shown_comments(commitment.id) == []


def test_a_reply_that_was_not_shown_can_be_written_anew() -> None:
    commitment = published()
    _made, reply = shown_comment(commitment)
    assert reply is not None
    commenting.answer(commenting.reply_token(reply), "Grace Otieno lies", "en")
    commenting.decide_reply(make_person(), commitment, reply, Word.REFUSED)
    assert reply.text == ""
    commenting.answer(commenting.reply_token(reply), "We do not agree", "en")
    assert reply.standing is Word.WAITING


def test_whoever_wrote_it_takes_it_back_and_nobody_else() -> None:
    commitment = published()
    voice = make_voice(commitment)
    made, _reply = shown_comment(commitment, voice=voice, shown_as=ShownAs.ALIAS, alias="A teacher")
    with pytest.raises(NotFound):
        commenting.take_back(make_voice(commitment), commitment, made)
    commenting.take_back(voice, commitment, made)
    assert (made.text, made.alias, made.sealed, made.standing) == ("", "", None, Word.TAKEN_BACK)
    with pytest.raises(NotPossible):
        commenting.show(make_person(), commitment, made)


def test_comments_follow_what_becomes_of_the_commitment() -> None:
    commitment = published()
    voice = make_voice(commitment)
    waiting = make_comment(commitment, voice=voice)
    _made, reply = shown_comment(commitment)
    assert reply is not None
    verifying.withdraw(make_person(), commitment, Why.SAFETY, reason="They were threatened")
    commitment = again(commitment)
    assert not queries.takes_words(commitment)
    for closed in (
        lambda: voices.behind(voices.link_token(voice)),
        lambda: commenting.answer(commenting.reply_token(reply), "x", "en"),
    ):
        with pytest.raises(LinkClosed):
            closed()
    assert letters.reply_asked(reply.id) is None
    assert letters.link_asked(voice.id) is None
    assert commenting.text_of(waiting) == WORDS


def test_a_link_is_asked_for_by_anybody_who_has_a_mailbox_and_its_words_are_the_same() -> None:
    commitment, stranger = published(), new_address()
    maker = str(commitment.contacts[0].email)
    for email in (stranger, maker):
        assert voices.ask(commitment, email, "fr") is None
    made = db.session.scalars(select(Voice).order_by(Voice.is_maker)).all()
    assert [one.is_maker for one in made] == [False, True]
    told = [letters.link_asked(one.id) for one in made]
    assert [one.to for one in told if one] == [stranger, maker]
    for _number in range(9):
        voices.ask(commitment, stranger, "fr")
    assert db.session.query(Promise).filter_by(task="evidence.link_asked").count() == 6
    with time_machine.travel(now() + voices.LASTS, tick=False), pytest.raises(LinkClosed):
        voices.behind(voices.link_token(made[0]))


def test_nothing_is_taken_before_publication() -> None:
    with pytest.raises(NotFound):
        voices.ask(make_commitment(), new_address(), "en")


def test_erased_nobody_can_tell_who_spoke_and_a_person_has_a_copy_before() -> None:
    commitment: Commitment = published()
    person = make_person(email=new_address())
    voice = make_voice(commitment, person)
    shown, _reply = shown_comment(commitment, voice=voice, shown_as=ShownAs.ALIAS, alias="A teacher")
    waiting = make_comment(commitment, voice=voice)
    (own,) = keeping.own_data(person)
    assert (own["reference"], own["name"], len(own["sent"])) == (commitment.reference, "Amina Yusuf", 2)
    assert {one["text"] for one in own["sent"]} == {WORDS}
    keeping.erase(person, [str(person.email)])
    keeping.erase(person, [str(person.email)])
    assert keeping.own_data(person) == []
    assert (voices.identity(voice), voice.mark) == ({}, None)
    assert (shown.text, shown.alias, waiting.standing, waiting.sealed) == (WORDS, "", Word.TAKEN_BACK, None)
    with pytest.raises(NotFound):
        commenting.read_identity(make_person(), commitment, shown, "Why")


def test_who_asked_for_a_link_and_sent_nothing_is_forgotten() -> None:
    commitment = published()
    make_voice(commitment)
    spoke = make_voice(commitment)
    make_comment(commitment, voice=spoke)
    assert keeping.forget(now()) == 0
    with time_machine.travel(now() + voices.LASTS + timedelta(minutes=1), tick=False):
        assert keeping.forget(now()) == 1
        assert keeping.forget(now()) == 0
    assert [one.id for one in db.session.scalars(select(Voice))] == [spoke.id]


def test_who_spoke_about_what_was_withdrawn_long_ago_is_forgotten() -> None:
    commitment = published()
    voice = make_voice(commitment)
    shown, _reply = shown_comment(commitment, voice=voice)
    waiting = make_comment(commitment, voice=voice)
    verifying.withdraw(make_person(), commitment, Why.MAKER, reason="The law was not passed")
    with time_machine.travel(now() + voices.LASTS + timedelta(days=1), tick=False):
        assert keeping.forget(now()) == 0
    with time_machine.travel(now() + voices.LASTS + timedelta(days=31), tick=False):
        assert keeping.forget(now()) == 1
        assert keeping.forget(now()) == 0
    assert (voices.identity(voice), shown.text, waiting.standing) == ({}, WORDS, Word.TAKEN_BACK)


def test_no_kept_page_tells_that_something_came_in_which_nobody_read_yet() -> None:
    commitment = published()
    before = current(REVISION)
    comment = make_comment(commitment)
    make_evidence(commitment, voice=make_voice(commitment))
    verifying.write(make_person(), commitment, "To be asked again.")
    assert current(REVISION) == before
    commenting.show(make_person(), commitment, comment)
    assert current(REVISION) > before
