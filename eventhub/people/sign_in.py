"""Ways in by mail: one link and one code for each request, stored hashed, spent once (SAFETY.md property 9).

An address nobody has used yet is treated like any other: same statements, same answer, and its link makes the person.
A request belongs to the browser that asked: another browser's request for the same address leaves it alone.
"""

import base64
import secrets
import unicodedata
import uuid
from datetime import datetime, timedelta

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.exc import IntegrityError

from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.sealed import Place, Unreadable, new_key, open_for_house, place, seal_for_house
from eventhub.kit.tokens import code, digest, new_salt, same, token
from eventhub.people.models import Person, RoleGrant, SignInRequest, WebSession

LINK = timedelta(hours=24)
STAFF_LINK = timedelta(minutes=10)
CODE = timedelta(minutes=10)
TRIES = 5
MAILS_AN_HOUR = 20
"""To one address, whoever asks: nobody's mailbox is flooded."""
THEN_EVERY = timedelta(minutes=5)
"""Above that a mail goes out only where no mail of the last minutes still holds an open link: whoever floods an address
keeps a working link in its mailbox, never the person out."""
AGAIN = timedelta(minutes=1)
"""How long after it was spent a link or code pressed once more, in the same browser, leads to the same session."""
PURPOSE = "sign-in"


def open_request(
    email: str, language: str, *, browser: str | None = None, next_url: str | None = None, known_by: str = ""
) -> SignInRequest:
    """A fresh request for a clean address. Five statements for every address, whether or not it gets a mail.

    It replaces what the same browser asked for this address before; without a browser (a link handed over by hand)
    whatever anybody asked. ``known_by``: the secret of a session that this browser has or had, so that the person's own
    device gets its mail however often others ask. A request above the ceiling is made like any other, so that nobody
    can tell, but its link is dead and no code fits it; it leaves what the browser asked before as it is.
    """
    moment = now()
    # One after the other for one address, so that a crowd at once cannot pass over the ceiling.
    db.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"sign-in:{email}", 0))))
    is_staff = (
        select(RoleGrant.id).where(RoleGrant.person_id == Person.id, RoleGrant.revoked_at.is_(None)).exists().label("s")
    )
    is_own = (
        select(WebSession.id)
        .where(
            WebSession.person_id == Person.id,
            WebSession.token_hash == digest(known_by),
            WebSession.revoked_at.is_(None),
        )
        .exists()
        .label("own")
    )
    known = db.session.execute(select(Person.id, is_staff, is_own).where(Person.email == email)).first()
    is_mailed = _may_mail(email, moment) or browser is None or bool(known and known.own)
    row = SignInRequest(
        id=uuid.uuid4(),
        email=email,
        language=language,
        person_id=known.id if known else None,
        salt=new_salt(),
        browser_hash=_browser_digest(browser) if browser else None,
        created_at=moment,
        link_until=moment + (STAFF_LINK if known and known.s else LINK) if is_mailed else moment,
        code_until=moment + CODE,
    )
    earlier = [SignInRequest.email == email, SignInRequest.spent_at.is_(None)]
    if row.browser_hash is not None:
        earlier.append(SignInRequest.browser_hash == row.browser_hash)
    spent = moment if is_mailed else SignInRequest.spent_at
    then = None if is_mailed else SignInRequest.next_url
    db.session.execute(update(SignInRequest).where(*earlier).values(spent_at=spent, next_url=then))
    if next_url is not None:
        # It may hold the secret of a link that somebody opened before the sign-in.
        row.next_url = base64.b64encode(seal_for_house(_where_next(row), next_url.encode())).decode()
    row.link_hash = digest(link_token(row))
    row.code_hash = _code_digest(row, sign_in_code(row)) if is_mailed else digest(secrets.token_urlsafe(32))
    db.session.add(row)
    db.session.flush()
    return row


def close_requests(*emails: str) -> None:
    """No open link or code for these addresses works any more."""
    db.session.execute(
        update(SignInRequest)
        .where(SignInRequest.email.in_(emails), SignInRequest.spent_at.is_(None))
        .values(spent_at=now(), next_url=None)
    )


def forget_where(moment: datetime) -> int:
    """Where a request led to is of no use once it was spent, or its link is dead; how many forgot it."""
    over = or_(SignInRequest.spent_at <= moment - AGAIN, SignInRequest.link_until <= moment - AGAIN)
    gone = update(SignInRequest).where(SignInRequest.next_url.is_not(None), over).values(next_url=None)
    return len(db.session.execute(gone.returning(SignInRequest.id)).all())


def leads_to(row: SignInRequest) -> str | None:
    """Where the person wanted to go when the request was made; None where nowhere, or the house's key was changed."""
    if row.next_url is None:
        return None
    try:
        return open_for_house(_where_next(row), base64.b64decode(row.next_url)).decode()
    except (Unreadable, ValueError):
        return None


def link_token(row: SignInRequest) -> str:
    """The secret of the link, made anew from the stored salt."""
    return token(PURPOSE, row.id, row.salt)


def sign_in_code(row: SignInRequest) -> str:
    """The eight digits of a request."""
    return code(PURPOSE, row.id, row.salt)


def session_secret(row: SignInRequest, browser: str) -> str:
    """The secret of the session that a request begins in a browser: a repeat in that browser makes the same one."""
    return token(f"session:{browser}", row.id, row.salt)


def open_link(secret: str, *, lock: bool = False) -> SignInRequest | None:
    """The request behind a link that still works, or None."""
    found = select(SignInRequest).where(
        SignInRequest.link_hash == digest(secret), SignInRequest.spent_at.is_(None), SignInRequest.link_until > now()
    )
    return db.session.scalar(found.with_for_update() if lock else found)


def spent_link(secret: str) -> SignInRequest | None:
    """The request behind a link that was used a moment ago."""
    return db.session.scalar(
        select(SignInRequest).where(SignInRequest.link_hash == digest(secret), SignInRequest.spent_at > now() - AGAIN)
    )


def newest_of_browser(browser: str, *, lock: bool = False) -> SignInRequest | None:
    """The last request this browser made, used or not; None when it never asked."""
    found = (
        select(SignInRequest)
        .where(SignInRequest.browser_hash == _browser_digest(browser))
        .order_by(SignInRequest.created_at.desc())
        .limit(1)
    )
    return db.session.scalar(found.with_for_update() if lock else found)


def takes_code(row: SignInRequest | None) -> bool:
    """Whether a code may still be tried."""
    return row is not None and row.spent_at is None and row.code_until > now() and row.code_tries < TRIES


def try_code(browser: str, typed: str) -> SignInRequest | None:
    """The request whose code was typed in the browser that asked, or None. Each try counts before it is judged."""
    row = newest_of_browser(browser, lock=True)
    if row is None or not takes_code(row):
        return None
    row.code_tries += 1
    mailed = _newest_mailed(row)
    if mailed is not None and mailed is not row:
        if not takes_code(mailed):
            return None
        mailed.code_tries += 1
    if mailed is None:
        return None
    return mailed if same(mailed.code_hash, _code_digest(mailed, plain_digits(typed))) else None


def spent_code(browser: str, typed: str) -> SignInRequest | None:
    """The request whose code, used a moment ago, was typed once more in the browser that asked. This too is a try."""
    row = newest_of_browser(browser, lock=True)
    mailed = _newest_mailed(row) if row else None
    if mailed is None or mailed.spent_at is None or mailed.spent_at <= now() - AGAIN:
        return None
    if mailed.code_until <= now() or mailed.code_tries >= TRIES:
        return None
    mailed.code_tries += 1
    return mailed if same(mailed.code_hash, _code_digest(mailed, plain_digits(typed))) else None


def spend(row: SignInRequest) -> Person | None:
    """Use up a request, and with it every open one of its address: whoever is in needs no other link.

    The person who signs in, made now if nobody had this address; None when it is nobody's now.
    """
    row.spent_at = now()
    close_requests(row.email)
    if row.person_id is None:
        return find_or_make(row.email, row.language)
    person = db.session.get(Person, row.person_id)
    return person if person and person.erased_at is None and person.email == row.email else None


def find_or_make(email: str, language: str = "en") -> Person:
    """The person with a clean address; a new one without a name where there is none."""
    found = db.session.scalar(select(Person).where(Person.email == email))
    if found is not None:
        return found
    try:
        with db.session.begin_nested():
            person = Person(id=uuid.uuid4(), email=email, language=language, seal_key_id=new_key().id)
            db.session.flush()
            db.session.add(person)
            db.session.flush()
            return person
    except IntegrityError:  # somebody else made the person at the same moment
        return db.session.scalars(select(Person).where(Person.email == email)).one()


def shorten_for_staff(person: Person) -> None:
    """A person who gets a role has the short links of staff from now on."""
    db.session.execute(
        update(SignInRequest)
        .where(SignInRequest.email == person.email, SignInRequest.spent_at.is_(None))
        .values(link_until=func.least(SignInRequest.link_until, now() + STAFF_LINK))
    )


def plain_digits(typed: str) -> str:
    """The digits of what was typed, in 0-9: spaces and dashes go, ٣ is 3."""
    return "".join(str(unicodedata.decimal(sign)) for sign in typed if sign.isdecimal())


def _may_mail(email: str, moment: datetime) -> bool:
    """Whether one more mail to this address is in order. A request that got none has a link that was dead at once."""
    mailed = (
        SignInRequest.email == email,
        SignInRequest.created_at > moment - timedelta(hours=1),
        SignInRequest.link_until > SignInRequest.created_at,
    )
    is_fresh = and_(
        SignInRequest.spent_at.is_(None),
        SignInRequest.link_until > moment,
        SignInRequest.created_at > moment - THEN_EVERY,
    )
    sent, fresh = db.session.execute(select(func.count(), func.count().filter(is_fresh)).where(*mailed)).one()
    return sent < MAILS_AN_HOUR or not fresh


def _newest_mailed(row: SignInRequest) -> SignInRequest | None:
    """The request whose mail the person has who types a code: this one, or the last before it that got a mail."""
    return db.session.scalar(
        select(SignInRequest)
        .where(
            SignInRequest.browser_hash == row.browser_hash,
            SignInRequest.email == row.email,
            SignInRequest.link_until > SignInRequest.created_at,
        )
        .order_by(SignInRequest.created_at.desc())
        .limit(1)
        .with_for_update()
    )


def _where_next(row: SignInRequest) -> Place:
    return place(SignInRequest.__tablename__, "next_url", row.id)


def _browser_digest(browser: str) -> bytes:
    return digest(f"browser:{browser}")


def _code_digest(row: SignInRequest, digits: str) -> bytes:
    return digest(f"code:{row.id}:{digits}")
