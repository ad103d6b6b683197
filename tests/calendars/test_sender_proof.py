"""Answers without an invite's secret: the word of the house's own mail server about who sent them (RFC 8601)."""

from collections.abc import Iterator

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from eventhub.calendars import reply_reader
from eventhub.calendars.models import Invite, InviteWord, Partstat, Word
from eventhub.calendars.replies import Refusal
from eventhub.kit.clock import now
from eventhub.kit.db import db
from tests.calendars.answering import arrive, invited, mail, stamp

OURS = "mx.meetings.example"
SOMEBODY = "amina@university.example"


@pytest.fixture(autouse=True)
def _named(app: Flask, database: None) -> Iterator[None]:
    """A mail server that checks signatures, under a name that the settings know."""
    known = app.extensions["eventhub.settings"]
    app.extensions["eventhub.settings"] = known.model_copy(update={"replies_authserv_id": OURS})
    yield
    app.extensions["eventhub.settings"] = known


def told(invite: Invite, *results: str, **changes: str) -> bytes:
    """An answer on which mail servers have written their results."""
    heads = "".join(f"Authentication-Results: {result}\r\n" for result in results)
    return heads.encode() + mail(invite, **changes)


@pytest.mark.parametrize(
    "result",
    [
        f"{OURS}; dkim=pass header.d=university.example header.s=2026",
        f"{OURS.upper()} 1;\r\n\tspf=fail smtp.mailfrom=list.example;\r\n\tDKIM/1 = Pass header.d=University.Example",
        f"{OURS} (a comment; dkim=fail); dkim=fail header.d=list.example; dkim=pass header.d=university.example",
        f"{OURS}; dmarc=pass (p=reject) header.from=university.example",
    ],
)
def test_whoever_is_proven_to_be_the_attendee_is_believed(result: str) -> None:
    invite, _ = invited(email=SOMEBODY)
    assert arrive(told(invite, result, partstat="TENTATIVE"), None) is None
    db.session.refresh(invite)
    assert invite.partstat is Partstat.TENTATIVE
    assert not db.session.scalars(select(InviteWord)).all()


@pytest.mark.parametrize(
    "result",
    [
        f"{OURS}; none",
        f"{OURS}; dkim=fail header.d=university.example",
        f"{OURS}; dkim=pass header.d=evil.example",
        f"{OURS}; dkim=pass header.d=example",
        f"{OURS}; dkim=pass header.i=@university.example",
        f"{OURS}; spf=pass smtp.mailfrom=university.example",
        f"{OURS}; dmarc=pass header.d=university.example",
        f"{OURS}; arc=pass header.d=university.example",
        "mx.evil.example; dkim=pass header.d=university.example",
        "; dkim=pass header.d=university.example",
        f'{OURS}; spf=pass smtp.mailfrom="x; dkim=pass header.d=university.example"@evil.example',
        f"{OURS}; spf=pass (x; dkim=pass header.d=university.example) smtp.mailfrom=evil.example",
        f'{OURS}; spf=pass smtp.mailfrom="x; dkim=pass header.d=university.example',
        f"{OURS}; spf=pass ((x) ; dkim=pass header.d=university.example",
        f'{OURS}; spf=pass smtp.mailfrom="\\"; dkim=pass header.d=university.example; x="',
    ],
)
def test_without_that_proof_a_person_judges(result: str) -> None:
    invite, _ = invited(email=SOMEBODY)
    assert arrive(told(invite, result), None) is None
    db.session.refresh(invite)
    assert invite.partstat is Partstat.NEEDS_ACTION
    [word] = db.session.scalars(select(InviteWord)).all()
    assert word.kind is Word.UNPROVEN


PROVEN = f"{OURS}; dkim=pass header.d=university.example"


@pytest.mark.parametrize(
    "sender",
    [
        "colleague@university.example",
        f"{SOMEBODY}, other@university.example",
        f"{SOMEBODY}\r\nFrom: other@university.example",
        f"other@university.example\r\nFrom: {SOMEBODY}",
        '"amina@university.example" <colleague@university.example>',
    ],
)
def test_a_colleague_of_the_same_domain_does_not_answer_for_her(sender: str) -> None:
    invite, _ = invited(email=SOMEBODY)
    forged = told(invite, PROVEN).replace(f"From: {SOMEBODY}".encode(), f"From: {sender}".encode(), 1)
    assert arrive(forged, None) is None
    db.session.refresh(invite)
    assert invite.partstat is Partstat.NEEDS_ACTION


def test_the_other_rules_hold_all_the_same() -> None:
    invite, _ = invited(email=SOMEBODY)
    assert arrive(told(invite, PROVEN, uid="guess@meetings.example"), None) is Refusal.UNKNOWN
    assert arrive(told(invite, PROVEN, partstat="DELEGATED"), None) is Refusal.PARTSTAT
    said_at = stamp(now())
    assert arrive(told(invite, PROVEN, dtstamp=said_at), None) is None
    assert arrive(told(invite, PROVEN, dtstamp=said_at), None) is Refusal.STALE


def test_where_no_server_is_named_nobodys_word_is_taken(app: Flask) -> None:
    bare = app.extensions["eventhub.settings"].model_copy(update={"replies_authserv_id": ""})
    app.extensions["eventhub.settings"] = bare
    invite, _ = invited(email=SOMEBODY)
    assert arrive(told(invite, "; dkim=pass header.d=university.example", PROVEN), None) is None
    db.session.refresh(invite)
    assert invite.partstat is Partstat.NEEDS_ACTION


@given(st.text(alphabet='ab;=()"\\ \r\n\t./@', max_size=200))
@settings(deadline=None)
def test_words_of_strangers_in_quotes_or_comments_are_never_results(words: str) -> None:
    quoted = words.replace("\\", "").replace('"', "")
    head = f'{OURS}; spf=pass smtp.mailfrom="{quoted}; dkim=pass header.d=university.example"'
    assert reply_reader._proofs(head) == []
    reply_reader._proofs(words)
