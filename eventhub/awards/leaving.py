"""What whoever holds a grant says herself: where the visa stands, and that she cannot come after all."""

from datetime import date

from flask_babel import force_locale, gettext
from flask_babel import lazy_gettext as _l

from eventhub.awards import awarding, queries, travelling
from eventhub.awards.models import Award, Outcome, Ticket, Visa
from eventhub.awards.queries import BEFORE_JOURNEY
from eventhub.awards.travelling import AHEAD, AWAITED, DECIDED, VisaDayWrong
from eventhub.funding import thread
from eventhub.funding.models import State
from eventhub.funding.moves import NotPossible
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError
from eventhub.kit.i18n import LOCALES, language, show_days
from eventhub.kit.outbox import promise
from eventhub.people.models import Person


class NoDay(DomainError):
    """Nothing was said of the visa."""

    status = 422
    field = "asked_on"
    message = _l("Give the day on which you asked for the visa, or that of the appointment")


def may_tell(award: Award, visa: Visa | None) -> bool:
    """Whether its holder says where the visa stands: one is needed, and it is neither there nor refused."""
    is_open = award.application.state in AWAITED and award.application.erased_at is None
    return is_open and visa is not None and visa.state not in DECIDED


def visa_days(actor: Person, award: Award, visa: Visa, *, asked_on: date | None, appointment_on: date | None) -> Visa:
    """The visa was asked for: until today. Its appointment is from today to the first day of the event; one that was
    told before stays. The award is held. Raises NotPossible, NoDay, VisaDayWrong.
    """
    if not may_tell(award, visa):
        raise NotPossible
    if asked_on is None and appointment_on is None:
        raise NoDay
    today, event = now().date(), travelling.event_of(award)
    last = event.first_day if event is not None else award.approved_at.date() + AHEAD
    if appointment_on not in {None, visa.appointment_on} and not today <= appointment_on <= last:
        raise VisaDayWrong("appointment_on", today, max(today, last))
    asked = asked_on or visa.asked_on or today
    return travelling.visa_asked(actor, award, visa, asked_on=asked, appointment_on=appointment_on)


def visa_refused(actor: Person, award: Award, visa: Visa) -> Visa:
    """It was refused: the desk sees it at once. The award is held. Raises NotPossible."""
    if not may_tell(award, visa):
        raise NotPossible
    return travelling.visa_refused(actor, award, visa)


def may_leave(award: Award) -> bool:
    """Whether its holder can end a grant: accepted, and before the journey."""
    application = award.application
    return award.outcome is Outcome.ACCEPTED and application.state in BEFORE_JOURNEY and application.erased_at is None


def leave(actor: Person, award: Award, *, text: str | None = None) -> Award:
    """The person cannot come: what is held is free, and the next reserve is proposed. ``text``, and that a ticket was
    bought, waits for the desk as something to read. The award is held. Raises NotPossible.
    """
    if not may_leave(award):
        raise NotPossible
    application, ticket = award.application, queries.ticket_of(award.id)
    # After a refusal the table of moves knows one end alone; the outcome says whose it was.
    target = State.CANCELLED if application.state is State.VISA_REFUSED else State.WITHDRAWN
    awarding.end(actor, award, target, Outcome.WITHDRAWN, reason="withdrawn")
    said = [*([text.strip()] if text and text.strip() else []), *_of_ticket(award, ticket)]
    if said:
        message = thread.add(actor, application, application.person.seal_key, "\n\n".join(said), None)
        thread.note("funding.answered", actor, application)
        application.answered_at = message.sent_at
    if actor.id == application.person_id:
        promise("awards.ended", award_id=award.id)
    db.session.flush()
    return award


def _of_ticket(award: Award, ticket: Ticket | None) -> list[str]:
    """That a ticket was bought, in the language of the person and in the one the desk writes in."""
    if ticket is None:
        return []
    found = []
    for lang in dict.fromkeys((language(), award.application.call.original_language)):
        with force_locale(LOCALES[lang]):
            days = show_days(ticket.travels_on, ticket.returns_on, lang)
            found.append(str(gettext("A ticket is bought for the journey: %(days)s.", days=days)))
    return found
