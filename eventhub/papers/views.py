"""A participant's own papers: ask, wait, fetch."""

import uuid

from flask import Blueprint, g, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from markupsafe import Markup

from eventhub.kit import files
from eventhub.kit.access import actor, personal
from eventhub.kit.errors import NotFound
from eventhub.kit.forms import options, submit
from eventhub.kit.i18n import AUTONYMS, show_by
from eventhub.kit.limits import count
from eventhub.kit.web import back_to
from eventhub.papers import access, actions, panels, queries
from eventhub.papers.forms import OwnPaperForm
from eventhub.papers.models import Kind, PaperOrder
from eventhub.people.models import Person
from eventhub.programme import shown as programme
from eventhub.registration import queries as registrations
from eventhub.registration.models import Registration, State
from eventhub.registration.queries import Intake
from eventhub.registration.reference import read_reference

bp = Blueprint("papers", __name__)

ABOUT = {
    Kind.CONFIRMATION: _l("Says that your registration has arrived and, once it is decided, that you can take part."),
    Kind.VISA_LETTER: _l("An invitation to show at the embassy when you ask for a visa."),
    Kind.CERTIFICATE: _l("Says that you attended."),
}
AN_HOUR = 30
"""How often somebody may ask for papers of her own: three of them, in six languages, with some to spare."""


@bp.get("/me/registrations/<reference>/papers")
@personal
def mine(reference: str) -> ResponseReturnValue:
    """The papers of one registration: those that can be made now, and those made within a day."""
    found, registration = _own(reference)
    return _page(found, registration, None)


@bp.post("/me/registrations/<reference>/papers/<kind>")
@personal
def ask(reference: str, kind: str) -> ResponseReturnValue:
    """Ask for one."""
    found, registration = _own(reference)
    wanted = _kind(kind)
    form = _form(registration, wanted)
    person: Person = actor().person
    if form.validate_on_submit():
        asked = submit(
            form,
            lambda: _ordered(person, registration, found, wanted, form),
        )
        if asked is not None:
            return back_to("papers.mine", reference=reference, _anchor="made")
    return _page(found, registration, (wanted, form))


@bp.get("/me/papers/<uuid:order_id>")
@personal
def fetch(order_id: uuid.UUID) -> ResponseReturnValue:
    """The file, for its owner, within a day."""
    order = queries.order_of(actor().person, order_id)
    if order.file is None or order.registration_id is None:
        raise NotFound
    return files.attachment(order.file)


def _ordered(person: Person, registration: Registration, found: Intake, wanted: Kind, form: OwnPaperForm) -> PaperOrder:
    count("papers.own", str(person.id), limit=AN_HOUR, seconds=3600)
    return actions.order_own(
        person,
        registration,
        found.event,
        wanted,
        form.language.data,
        public_name=form.name.data != "own",
        with_document=form.with_document.data,
    )


def _page(found: Intake, registration: Registration, sent: tuple[Kind, OwnPaperForm] | None) -> ResponseReturnValue:
    kinds = access.kinds_for(registration, found.event)
    if sent is not None and sent[0] not in kinds:
        kinds = [*kinds, sent[0]]
    forms = {kind: sent[1] if sent and sent[0] is kind else _form(registration, kind) for kind in kinds}
    clock = programme.clock_of(found.event, actor().time_zone, g.lang)
    page = render_template(
        "papers/mine.html",
        title=programme.words(found.event.title, found.event.original_language, g.lang),
        reference=registration.reference,
        over=registration.state in {State.DECLINED, State.REVOKED, State.WITHDRAWN, State.EXPIRED},
        form=sent[1] if sent else None,
        papers=[
            {
                "kind": kind.value,
                "title": panels.TITLES[kind],
                "about": ABOUT[kind],
                "form": forms[kind],
                "has_names": len(list(forms[kind].name.choices or ())) > 1 and kind is not Kind.VISA_LETTER,
                "asks_document": kind is Kind.VISA_LETTER and registration.answer_set_id is not None,
                "url": url_for("papers.ask", reference=registration.reference, kind=kind.value),
            }
            for kind in kinds
        ],
        orders=[
            {
                **panels.told(order),
                "language": AUTONYMS[order.language],
                "asked": show_by(order.asked_at, clock, g.lang),
                "url": url_for("papers.fetch", order_id=order.id) if order.file else None,
            }
            for order in queries.orders_about(actor().person, registration)
        ],
    )
    return page, sent[1].status if sent else 200


def _form(registration: Registration, kind: Kind) -> OwnPaperForm:
    person: Person = actor().person
    form = OwnPaperForm(data={"language": g.lang, "name": "public"})
    # Each kind has a form of its own on the page: their fields must not share an id.
    for part in form:
        part.id = f"{kind.value}-{part.id}"
    own = registration.legal_name or person.name
    shown = person.alias or registration.display_name or person.name
    names = [("public", shown), *([("own", own)] if own and own != shown else [])]
    form.name.choices = options([(code, Markup("<bdi>{}</bdi>").format(name)) for code, name in names])
    return form


def _kind(kind: str) -> Kind:
    if kind not in {one.value for one in ABOUT}:
        raise NotFound
    return Kind(kind)


def _own(reference: str) -> tuple[Intake, Registration]:
    known = read_reference(reference)
    if known is None:
        raise NotFound
    found = registrations.own(actor().person, known)
    if found.registration is None or found.registration.reference is None:
        raise NotFound
    return found, found.registration
