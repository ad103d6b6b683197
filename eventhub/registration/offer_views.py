"""The page of an offered place: behind the mailed link without sign-in, and among what is one's own."""

from flask import g, render_template
from flask.typing import ResponseReturnValue

from eventhub.kit.access import actor, by_token, personal
from eventhub.kit.clock import now
from eventhub.kit.errors import NotFound
from eventhub.kit.forms import Form, submit
from eventhub.kit.i18n import show_moment
from eventhub.kit.web import back_to
from eventhub.people.models import Person
from eventhub.registration import categories, offers, queries, shown
from eventhub.registration.forms import OfferAnswerForm, OwnOfferForm
from eventhub.registration.models import Outcome, Registration, RegistrationSetup, SeatOffer, State
from eventhub.registration.reference import read_reference
from eventhub.registration.views import bp

__all__ = ["bp"]


@bp.route("/offers/<token>", methods=["GET", "POST"])
@by_token
def offer(token: str) -> ResponseReturnValue:
    """What is offered, until when, and two buttons. Looking changes nothing; only the buttons do."""
    found, setup = queries.offer_by_token(token)
    form = OfferAnswerForm()
    person = found.registration.person
    if person.asks_second_step:
        # The mailbox alone opens nothing of theirs.
        own = {"reference": found.registration.reference}
        return back_to("people.me") if person.discreet else back_to("registration.own_offer", **own)
    if form.validate_on_submit():
        if submit(form, lambda: _answer(person, found, form.answer.data or "", by_link=True)):
            return back_to("registration.offer", token=token)
        found, setup = queries.offer_by_token(token)
    return _draw(found, setup, form, found.registration.person, neutral=found.registration.person.discreet)


@bp.route("/me/registrations/<reference>/offer", methods=["GET", "POST"])
@personal
def own_offer(reference: str) -> ResponseReturnValue:
    """The same for who is signed in."""
    person: Person = actor().person
    found, setup = _own(person, reference)
    form = OwnOfferForm()
    if form.validate_on_submit():
        if submit(form, lambda: _answer(person, found, form.answer.data or "")):
            return back_to("registration.own_offer", reference=reference)
        found, setup = _own(person, reference)
    return _draw(found, setup, form, person)


def _answer(person: Person, found: SeatOffer, answer: str, **detail: bool) -> Registration:
    return (offers.accept if answer == "accept" else offers.give_back)(person, found, **detail)


def _own(person: Person, reference: str) -> tuple[SeatOffer, RegistrationSetup]:
    known = read_reference(reference)
    found = queries.own_offer(person, known) if known else None
    if found is None:
        raise NotFound
    return found


def _draw(
    found: SeatOffer, setup: RegistrationSetup, form: Form, person: Person, *, neutral: bool = False
) -> ResponseReturnValue:
    registration = found.registration
    rule = categories.rule_of(categories.rules_of(registration.event_id), registration.category)
    page = render_template(
        "registration/offer.html",
        event=registration.event,
        form=form,
        state=_state(found),
        due=_neutral_due(found, person) if neutral else _due(found, person),
        needs_review=registration.reason is None and categories.is_looked_at(setup, rule),
        leaves=registration.state is State.WITHDRAWN if found.closed_at else setup.leaves_on_lapse,
        neutral=neutral,
        scripts=["local-time.js"],
    )
    return page, form.status


def _state(found: SeatOffer) -> str:
    if found.outcome is Outcome.ACCEPTED:
        return "kept" if found.registration.state is State.UNDER_REVIEW else "accepted"
    if found.outcome in {Outcome.GIVEN_BACK, Outcome.LAPSED}:
        return found.outcome.value
    return "open" if found.closed_at is None and offers.is_open(found, now()) else "closed"


def _due(found: SeatOffer, person: Person) -> shown.Due:
    return shown.due(found.until, found.registration.event, g.lang, zone=person.time_zone)


def _neutral_due(found: SeatOffer, person: Person) -> shown.Due:
    """By the person's clock alone: the event's would name its place."""
    here = show_moment(found.until, person.time_zone, g.lang)
    return shown.plain_due(here)
