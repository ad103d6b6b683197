"""One person's papers: confirmation of registration, invitation letter for a visa, certificate of attendance."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from eventhub.kit.i18n import show_days
from eventhub.papers import words
from eventhub.papers.glyphs import missing
from eventhub.papers.models import PaperSetup
from eventhub.papers.words import Data, inside, value
from eventhub.programme.models import Event
from eventhub.registration import shown
from eventhub.registration.models import Registration, State

Fact = tuple[Any, str]

STANDING = {
    State.WAITLISTED: _l("It stands on the waiting list. The secretariat writes as soon as a place becomes free."),
    State.OFFERED: _l("A place is offered and waits for an answer."),
}


class Unprintable(Exception):
    """A value holds signs that no font has."""

    def __init__(self, signs: tuple[str, ...]) -> None:
        super().__init__("signs without a glyph")
        self.signs = signs


def confirmation(
    event: Event, setup: PaperSetup, registration: Registration, name: str, lang: str, *, today: date
) -> Data:
    """That a registration has come in, or that a place is accredited. Raises Unprintable."""
    reference = _reference(registration)
    if registration.state in {State.ACCREDITED, State.BADGE_ISSUED, State.ATTENDED}:
        heading = _("Confirmation of participation")
        first = _("The secretariat confirms that participation in the event named below is accepted.")
        then = _("Please bring this page, or the reference, to the badge desk, with a proof of identity.")
    else:
        heading = _("Confirmation of registration")
        first = _("The secretariat confirms that it has received the registration described below.")
        then = str(STANDING.get(registration.state) or _("It is not yet a decision on participation."))
    facts = [
        (_("Name"), name),
        *_belonging(registration, lang),
        (_("Event"), words.title(event, lang)),
        (_("Dates"), show_days(event.first_day, event.last_day, lang)),
        (_("Place"), words.where(event, lang)),
        (_("Attendance"), shown.label("attendance_mode", registration.attendance_mode, lang)),
    ]
    return _letter(
        words.common(event, setup, lang, heading=str(heading), today=today),
        setup,
        to=[],
        before=[str(first)],
        facts=facts,
        after=[str(then)],
        reference=reference,
        with_code=True,
        signature=None,
    )


def visa_letter(
    event: Event,
    setup: PaperSetup,
    registration: Registration,
    name: str,
    lang: str,
    *,
    today: date,
    document: Sequence[Fact] = (),
) -> Data:
    """The invitation to show when asking for a visa, under the name in the travel document; where that is in another
    script, the Latin form that the passport's machine-readable lines carry stands beside it. ``document``: what the
    traveller wants said of the passport.

    Raises Unprintable.
    """
    person = registration.person
    latin = person.name_latin if not words.is_latin(name) else None
    facts = [
        (_("Name"), name),
        *([(_("Name in Latin letters"), latin)] if latin else []),
        (_("Nationality"), shown.country(person.nationality or registration.country, lang)),
        *document,
        *_belonging(registration, lang),
        (_("Event"), words.title(event, lang)),
        (_("Dates"), show_days(event.first_day, event.last_day, lang)),
        (_("Place"), words.where(event, lang)),
    ]
    return _letter(
        words.common(event, setup, lang, heading=str(_("Letter of invitation")), today=today),
        setup,
        to=[str(_("To the competent visa authorities"))],
        before=[
            str(
                _(
                    "We have the honour to invite the person named below to take part in %(event)s (%(days)s).",
                    event=inside(words.title(event, lang)),
                    days=inside(words.when_and_where(event, lang)),
                )
            )
        ],
        facts=facts,
        after=[
            str(
                _(
                    "We would be grateful for a visa that covers the days of the event and the days needed for the "
                    "journey, and for an early decision."
                )
            ),
            str(
                _(
                    "This letter says that participation is accepted. It gives no undertaking to pay for travel, stay "
                    "or insurance, and no right to enter."
                )
            ),
            *(
                [str(_("Authorities can verify it by its reference: %(contact)s", contact=inside(setup.contact)))]
                if setup.contact
                else []
            ),
        ],
        reference=_reference(registration),
        with_code=False,
        signature=words.signature(event, setup, lang) or [str(_("Signature and stamp"))],
    )


def certificate(
    event: Event, setup: PaperSetup, registration: Registration, name: str, latin: str | None, lang: str, *, today: date
) -> Data:
    """That somebody attended. Raises Unprintable."""
    reference = _reference(registration)
    organisation = registration.organisation.name if registration.organisation else None
    data = words.common(event, setup, lang, heading=str(_("Certificate of attendance")), today=today)
    data |= {
        "name": value(name),
        "latin": value(latin) if latin else None,
        "organisation": value(organisation) if organisation else None,
        "reference": reference,
        "qr": words.qr(reference),
        "signature": words.signature(event, setup, lang) or [str(_("Signature and stamp"))],
        "words": {
            # Translators: the line above a person's name, in large letters, on a certificate
            "whose": str(_("This is to certify the attendance of")),
            # Translators: the line between the person's name and the title of the event, on a certificate
            "at": str(_("at the event")),
            "reference": str(_("Reference")),
            "code": str(_("QR code of the reference")),
        },
    }
    return _legible(data)


def _letter(
    data: Data,
    setup: PaperSetup,
    *,
    to: list[str],
    before: list[str],
    facts: Sequence[Fact],
    after: list[str],
    reference: str,
    with_code: bool,
    signature: list[str] | None,
) -> Data:
    data |= {
        "to": to,
        "before": before,
        "facts": [[str(label), value(text)] for label, text in facts if text],
        "after": after,
        "reference": reference,
        "qr": words.qr(reference) if with_code else None,
        "signature": signature,
        "footer": " · ".join(part for part in (data["house"], setup.contact) if part),
        "words": {
            "reference": str(_("Reference")),
            "code": str(_("QR code of the reference")),
            "regards": str(_("Yours faithfully,")),
        },
    }
    return _legible(data)


def _belonging(registration: Registration, lang: str) -> list[Fact]:
    organisation = registration.organisation.name if registration.organisation else ""
    return [
        (_("Organization"), organisation),
        (_("Category"), shown.label("participant_category", registration.category, lang)),
    ]


def _reference(registration: Registration) -> str:
    if registration.reference is None:
        raise ValueError("a draft has no papers")
    return registration.reference


def _legible(data: Data) -> Data:
    signs = missing("".join(_texts({name: part for name, part in data.items() if name != "qr"})))
    if signs:
        raise Unprintable(signs)
    return data


def _texts(part: Any) -> list[str]:
    if isinstance(part, str):
        return [part]
    if isinstance(part, dict):
        return [text for inner in part.values() for text in _texts(inner)]
    if isinstance(part, list | tuple):
        return [text for inner in part for text in _texts(inner)]
    return []
