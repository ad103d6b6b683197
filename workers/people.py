"""Mails about accounts, what follows when a person hides or leaves, and the sweep."""

import uuid
from collections.abc import Callable
from datetime import timedelta

from flask_babel import gettext as _
from sqlalchemy import delete

from eventhub.arrangements import keeping as arrangements
from eventhub.awards import awarding, dashboard_orders
from eventhub.awards import personal_data as grants
from eventhub.calendars import actions as calendars
from eventhub.calendars import invites
from eventhub.commitments import keeping as commitments
from eventhub.delegations import keeping as delegations
from eventhub.funding import personal_data as funding_data
from eventhub.helping import keeping as helping
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.mail import Letter
from eventhub.kit.web import absolute
from eventhub.mailings import actions as mailings
from eventhub.mailings import keeping as mailings_keeping
from eventhub.papers import actions as papers
from eventhub.people import affiliations, kept_posts, same, sign_in
from eventhub.people.actions import NEW, OLD, email_change_token
from eventhub.people.models import (
    EmailChange,
    PasskeyChallenge,
    Person,
    RoleGrant,
    RoleOffer,
    SecondFactorReset,
    SignInRequest,
    WebSession,
)
from eventhub.people.queries import admins_of_all, grants_of, person_by_email
from eventhub.registration import copies, offers, personal_data, security
from eventhub.reviewing import personal_data as readers
from eventhub.rounds import keeping as rounds
from eventhub.selecting import personal_data as boards
from workers.app import mails, writes
from workers.upkeep import by_the_clock

OnPerson = Callable[[uuid.UUID], None]


def erase_registrations(person_id: uuid.UUID) -> None:
    """Registrations with their answers and files."""
    personal_data.erase(db.session.get_one(Person, person_id))


def forget_papers(person_id: uuid.UUID) -> None:
    """Papers of the person's own; badges and lists that hold the name are made anew without it."""
    papers.forget(person_id)


def erase_nominations(person_id: uuid.UUID) -> None:
    """Names and mailboxes of nominations; a focal point leaves the delegation."""
    delegations.erase(person_id)


def erase_help(person_id: uuid.UUID) -> None:
    """The names by which helpers know the person; and whom the person registers for others."""
    helping.erase(person_id)


def erase_grants(person_id: uuid.UUID) -> None:
    """What grants hold of the person; money that was not paid is free again."""
    person = db.session.get_one(Person, person_id)
    grants.erase(person)
    dashboard_orders.forget(person)


def erase_applications(person_id: uuid.UUID) -> None:
    """Applications to the fund with their answers, files and who vouched."""
    funding_data.erase(person_id)


def erase_readings(person_id: uuid.UUID) -> None:
    """Files in the hands of a reader, and what is known of the reader; scores stay without a name."""
    readers.erase(person_id)


def erase_boards(person_id: uuid.UUID) -> None:
    """A seat at a board that meets; what was signed stays, without a name."""
    boards.erase(person_id)


ERASERS: tuple[OnPerson, ...] = (
    erase_grants,
    erase_applications,
    erase_readings,
    erase_boards,
    erase_nominations,
    erase_help,
    erase_registrations,
    arrangements.erase,
    commitments.erase,
    rounds.erase,
    mailings_keeping.erase,
    forget_papers,
    calendars.erase,
)
"""What the other features erase of a person; each one may be called twice."""


def follow_in_calendars(person_id: uuid.UUID) -> None:
    """Invites that went out before the person became discreet, and back."""
    invites.follow_visibility(person_id)


def follow_in_papers(person_id: uuid.UUID) -> None:
    """Badges and lists say what is true now, and the desk sees no trace of that."""
    papers.follow(person_id)


def follow_at_security(person_id: uuid.UUID) -> None:
    """Security's word about another name does not count any more."""
    security.follow(person_id)


ON_VISIBILITY: tuple[OnPerson, ...] = (follow_in_calendars, follow_in_papers, follow_at_security)
"""What the other features do when a person becomes discreet, hides, withdraws a consent or changes the public name."""


def renew_offered_links(person_id: uuid.UUID) -> None:
    """Open offers of a place: the link goes to the new mailbox, and the old one opens nothing."""
    offers.renew_links(person_id)


def renew_invited_links(person_id: uuid.UUID) -> None:
    """Links to answer invites: those in the old mailbox open nothing."""
    invites.renew_links(person_id)


def renew_stop_link(person_id: uuid.UUID) -> None:
    """The link that stops mails: whoever has the former mailbox stops nothing."""
    mailings.renew_link(person_id)


def renew_grant_links(person_id: uuid.UUID) -> None:
    """Offers of a grant that wait for an answer: whoever reads the former mailbox neither sees nor answers them."""
    awarding.renew_links(person_id)


ON_ADDRESS: tuple[OnPerson, ...] = (renew_offered_links, renew_invited_links, renew_grant_links, renew_stop_link)
"""What the other features do when a person has another mailbox: secrets in mails to the old one are worth nothing."""

FORGET = timedelta(days=7)
PAST_SESSIONS = timedelta(days=90)


@mails("people.sign_in")
def sign_in_mail(sign_in_id: str) -> Letter | None:
    """The link and the code; None when a newer request has replaced this one, or the mailbox has had enough."""
    row = db.session.get(SignInRequest, uuid.UUID(sign_in_id))
    if row is None or row.spent_at is not None or row.link_until <= now():
        return None
    person = db.session.get(Person, row.person_id) if row.person_id else None
    discreet = bool(person and person.discreet)
    link = absolute("people.sign_in_link", neutral=discreet, lang=row.language, token=sign_in.link_token(row))
    return Letter(
        to=row.email,
        language=row.language,
        subject=lambda: _("Your link"),
        template="people/sign_in",
        context={
            "link": link,
            "code": sign_in.sign_in_code(row),
            "is_short": row.link_until - row.created_at <= sign_in.STAFF_LINK,
            "neutral": discreet,
        },
        discreet=discreet,
    )


@mails("people.email_change_old")
def email_change_old_mail(change_id: str) -> Letter | None:
    """Does the old address agree?"""
    return _email_change(change_id, OLD)


@mails("people.email_change_new")
def email_change_new_mail(change_id: str) -> Letter | None:
    """Does the new address agree?"""
    return _email_change(change_id, NEW)


@mails("people.role_given")
def role_given_mail(grant_id: str) -> Letter | None:
    """News of a role; the mail does not say which one, or for what."""
    grant = db.session.get(RoleGrant, uuid.UUID(grant_id))
    person = db.session.get(Person, grant.person_id) if grant and grant.revoked_at is None else None
    if person is None or person.email is None:
        return None
    return Letter(
        to=person.email,
        language=person.language,
        subject=lambda: _("A new role for you"),
        template="people/role_given",
        context={
            "link": absolute("people.sign_in", neutral=person.discreet, lang=person.language),
            "neutral": person.discreet,
        },
        discreet=person.discreet,
    )


@mails("people.role_taken")
def role_taken_mail(person_id: str) -> Letter | None:
    """To the person: a role is gone; the mail does not say which one, or for what."""
    person = db.session.get_one(Person, uuid.UUID(person_id))
    return _to_staff(person, "people/role_taken", lambda: _("A role of yours was taken away"), "people.me")


@mails("people.role_offered")
def role_offered_mail(offer_id: str) -> Letter | None:
    """Somebody may help to run things, if they want. None when the offer is closed."""
    offer = db.session.get(RoleOffer, uuid.UUID(offer_id))
    if offer is None or offer.closed_at is not None or offer.until <= now():
        return None
    whose = offer.belongs_to_id
    person = db.session.get(Person, whose) if whose else person_by_email(offer.email)
    neutral, language = bool(person and person.discreet), person.language if person else offer.language
    return Letter(
        to=(person.email if person and whose else None) or offer.email,
        language=language,
        subject=lambda: _("A role is offered to you"),
        template="people/role_offered",
        context={"link": absolute("people.roles", neutral=neutral, lang=language), "neutral": neutral},
        discreet=neutral,
    )


@mails("people.second_factor_reset")
def second_factor_reset_mail(person_id: str) -> Letter | None:
    """To the person: the second step is gone, and it was perhaps not you who asked."""
    person = db.session.get_one(Person, uuid.UUID(person_id))
    return _to_staff(person, "people/second_factor_reset", lambda: _("Your second step was cleared"), "people.sign_in")


@mails("people.second_factor_asked")
def second_factor_asked_mail(reset_id: str, person_id: str) -> Letter | None:
    """To another administrator: somebody asks. None when the request is closed."""
    if not _still_asked(reset_id):
        return None
    person = db.session.get_one(Person, uuid.UUID(person_id))
    template = "people/second_factor_asked"
    return _to_staff(person, template, lambda: _("A second administrator is needed"), "people_console.second_factors")


@mails("people.second_factor_at_stake")
def second_factor_at_stake_mail(reset_id: str, person_id: str) -> Letter | None:
    """To the administrator concerned: somebody asks, and it was perhaps not you. None when the request is closed."""
    if not _still_asked(reset_id):
        return None
    person = db.session.get_one(Person, uuid.UUID(person_id))
    template = "people/second_factor_at_stake"
    return _to_staff(person, template, lambda: _("Somebody asks to clear your second step"), "people.devices")


@mails("people.second_factor_was_reset")
def second_factor_was_reset_mail(person_id: str) -> Letter | None:
    """To another administrator: it was done."""
    person = db.session.get_one(Person, uuid.UUID(person_id))
    template = "people/second_factor_was_reset"
    return _to_staff(person, template, lambda: _("A second step was cleared"), "people_console.second_factors")


@mails("people.second_factor_renewed")
def second_factor_renewed_mail(person_id: str) -> Letter | None:
    """To the person: a new phone, and it was perhaps not you."""
    person = db.session.get_one(Person, uuid.UUID(person_id))
    return _to_staff(person, "people/second_factor_renewed", lambda: _("A new phone for your codes"), "people.devices")


@mails("people.second_factor_set_up")
def second_factor_set_up_mail(person_id: str) -> Letter | None:
    """To the person: the first phone, and it was perhaps not you."""
    person = db.session.get_one(Person, uuid.UUID(person_id))
    return _to_staff(person, "people/second_factor_set_up", lambda: _("A phone for your codes"), "people.devices")


@mails("people.second_step_ended")
def second_step_ended_mail(person_id: str) -> Letter | None:
    """To the person: the mail is enough again to sign in, and it was perhaps not you."""
    person = db.session.get_one(Person, uuid.UUID(person_id))
    return _to_staff(person, "people/second_step_ended", lambda: _("Your second step is off"), "people.devices")


@mails("people.passkey_made")
def passkey_made_mail(person_id: str) -> Letter | None:
    """To the person: a device signs in without a mail from now on, and it was perhaps not you."""
    person = db.session.get_one(Person, uuid.UUID(person_id))
    return _to_staff(person, "people/passkey_made", lambda: _("A passkey for your account"), "people.passkeys")


@mails("people.administrator_added")
def administrator_added_mail(person_id: str) -> Letter | None:
    """To every other administrator: there is one more."""
    person = db.session.get_one(Person, uuid.UUID(person_id))
    template = "people/administrator_added"
    return _to_staff(person, template, lambda: _("A new administrator"), "people_console.roles")


@mails("people.administrator_removed")
def administrator_removed_mail(person_id: str) -> Letter | None:
    """To every administrator, and to the former one, for whom the page of roles does not exist: there is one less."""
    person = db.session.get_one(Person, uuid.UUID(person_id))
    page = "people_console.roles" if person.id in admins_of_all() else "people.me"
    return _to_staff(person, "people/administrator_removed", lambda: _("One administrator less"), page)


def _still_asked(reset_id: str) -> bool:
    """Whether somebody still asks to clear a second step."""
    row = db.session.get(SecondFactorReset, uuid.UUID(reset_id))
    return row is not None and row.closed_at is None and row.until > now()


def _to_staff(person: Person, template: str, subject: Callable[[], str], endpoint: str) -> Letter | None:
    if person.email is None:
        return None
    return Letter(
        to=person.email,
        language=person.language,
        subject=subject,
        template=template,
        context={
            "link": absolute(endpoint, neutral=person.discreet, lang=person.language),
            "neutral": person.discreet,
            "is_staff": bool(grants_of(person.id)),
        },
        discreet=person.discreet,
    )


@writes("people.erased")
def erased(person_id: str) -> None:
    """Every feature erases what it keeps about the person."""
    for erase in ERASERS:
        erase(uuid.UUID(person_id))


@writes("people.visibility_changed")
def visibility_changed(person_id: str) -> None:
    """Every feature looks again at what it shows of the person."""
    for follow in ON_VISIBILITY:
        follow(uuid.UUID(person_id))


@writes("people.address_changed")
def address_changed(person_id: str) -> None:
    """Every feature renews the secrets that it mailed to the former address."""
    for renew in ON_ADDRESS:
        renew(uuid.UUID(person_id))


@by_the_clock("people.sweep", timedelta(hours=1))
def sweep() -> None:
    """Forget used links, changes of address that nobody answered, sessions long over, what was typed in vain,
    and ties to organizations that no longer count.
    """
    moment = now()
    db.session.execute(delete(SignInRequest).where(SignInRequest.created_at < moment - FORGET))
    sign_in.forget_where(moment)
    db.session.execute(delete(PasskeyChallenge).where(PasskeyChallenge.until < moment))
    db.session.execute(delete(EmailChange).where(EmailChange.until < moment - FORGET))
    db.session.execute(delete(WebSession).where(WebSession.until < moment - PAST_SESSIONS))
    db.session.execute(delete(RoleOffer).where(RoleOffer.until < moment - FORGET))
    db.session.execute(delete(RoleOffer).where(RoleOffer.closed_at < moment - FORGET))
    db.session.execute(delete(SecondFactorReset).where(SecondFactorReset.until < moment - FORGET))
    kept_posts.forget_old()
    copies.let_go(affiliations.forget_ended())
    affiliations.forget_former_names()


@by_the_clock("people.find_duplicates", timedelta(hours=1))
def find_duplicates() -> None:
    """Which records of organizations may be of one."""
    same.find()


def _email_change(change_id: str, side: str) -> Letter | None:
    row = db.session.get(EmailChange, uuid.UUID(change_id))
    if row is None or row.done_at is not None or row.until < now():
        return None
    person = db.session.get_one(Person, row.person_id)
    to = person.email if side == OLD else row.new_email
    if to is None:
        return None
    link = absolute(
        "people.agree_to_email_change",
        neutral=person.discreet,
        lang=person.language,
        token=email_change_token(row, side),
    )
    return Letter(
        to=to,
        language=person.language,
        subject=lambda: _("A change of address"),
        template="people/email_change",
        context={"link": link, "is_new": side == NEW, "new_email": row.new_email, "neutral": person.discreet},
        discreet=person.discreet,
    )
