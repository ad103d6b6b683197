"""A second step for whoever wants one: the mailbox alone opens nothing then (SAFETY.md property 9).

Staff have no choice; everybody else turns it on by setting up a phone, and off with a code of it. It is the second
factor of staff in all else: codes each used once, recovery codes on paper, passkeys that stand for it, and two
administrators who clear it together where both are lost.
"""

from eventhub.kit import audit
from eventhub.kit.errors import NotFound
from eventhub.kit.outbox import promise
from eventhub.people import passkeys, queries, totp
from eventhub.people.models import Person, WebSession
from eventhub.people.sessions import revoke_other_sessions


def begin(actor: Person, session: WebSession) -> Person:
    """A secret for the app on the phone, for this session alone; nothing is asked for until its first code came.
    Raises NotFound for staff, who set up theirs when they come in, and where a second step is asked for already.
    """
    if actor.asks_second_step or queries.grants_of(actor.id):
        raise NotFound
    totp.begin(actor, session, anew=True)
    return actor


def end(actor: Person, session: WebSession) -> Person:
    """The mail is enough again. The caller has judged a code (``actions.gives_fresh_code``). The person is told by
    mail, and signed out everywhere else. Raises NotFound where nothing is asked for, and for staff.
    """
    if not actor.asks_second_step or queries.grants_of(actor.id):
        raise NotFound
    totp.drop(actor)
    passkeys.lower(actor.id)
    actor.asks_second_step, session.second_factor_at = False, None
    revoke_other_sessions(actor, keep=session.id)
    audit.record("person.second_step_ended", actor, actor=actor)
    promise("people.second_step_ended", person_id=actor.id)
    return actor
