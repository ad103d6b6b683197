"""The desk's forms, and the button under all answers."""

import uuid
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import FileStorage
from wtforms import (
    BooleanField,
    Field,
    FileField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms import Form as PlainForm
from wtforms.fields import DateTimeLocalField
from wtforms.validators import AnyOf, InputRequired, Length, NumberRange, Optional, StopValidation, ValidationError

from eventhub.kit import codes
from eventhub.kit.files import LIMIT, PHOTO_LIMIT, accept_attribute
from eventhub.kit.forms import ActionForm, Form, optional, options, required
from eventhub.kit.text import safe_file_name
from eventhub.questionnaires.uploads import GO_ON, Upload
from eventhub.registration import eligibility
from eventhub.registration.desk import SIZES, SORTS, Filters, Overview
from eventhub.registration.eligibility import Paper
from eventhub.registration.models import BadgeColour, SeatAt, State
from eventhub.registration.opening import ClosesTooEarly
from eventhub.registration.shown import COLOURS as COLOUR_NAMES
from eventhub.registration.shown import PAPERS as PAPER_NAMES
from eventhub.registration.thread import ALLOWED
from eventhub.registration.time_forms import LOCAL, WithWindow

LONGEST_SEARCH = 100
REASONS_FOR: dict[State, tuple[str, ...]] = {
    State.ACCREDITED: ("complete",),
    State.WAITLISTED: ("over_quota", "late", "other"),
    State.DECLINED: (
        "missing_letter",
        "letter_not_signed",
        "identity_not_shown",
        "not_within_mandate",
        "duplicate",
        "over_quota",
        "late",
        "security_objection_recorded",
        "other",
    ),
    State.REVOKED: (
        "identity_not_shown",
        "missing_letter",
        "letter_not_signed",
        "duplicate",
        "not_within_mandate",
        "security_objection_recorded",
        "other",
    ),
}
"""Which reasons go with which outcome."""

REFUSALS = frozenset({State.DECLINED, State.REVOKED})
"""Outcomes whose reason somebody has chosen: none is offered first."""

UNSAID = frozenset({"other", "security_objection_recorded"})
"""Reasons with the same text, which says nothing. Both need words of their own: were they missing from the letters
about an objection alone, the letter would tell of it.
"""

LONGEST_MESSAGE = 5_000


class FilterForm(PlainForm):
    """Search and filters: a GET form, so that a view of the list has an address."""

    q = StringField(_l("Name or reference"))
    category = SelectField(_l("Category"), validate_choice=False)
    mode = SelectField(_l("Attendance"), validate_choice=False)
    country = SelectField(_l("Country"), validate_choice=False)
    delegation = SelectField(_l("Delegation"), validate_choice=False)
    late = SelectField(
        _l("Deadline"), choices=options([("", _l("All")), ("1", _l("Late only"))]), validate_choice=False
    )
    sort = SelectField(
        _l("Sort by"),
        choices=options(
            [
                ("waiting", _l("Longest wait")),
                ("newest", _l("Newest first")),
                ("name", _l("Name")),
                ("country", _l("Country")),
            ]
        ),
        validate_choice=False,
    )


class DecisionForm(Form):
    """A decision on one or many, after the preview."""

    outcome = HiddenField()
    reason = SelectField(_l("Reason"), description=_l("Each person reads the text of this reason in their language."))
    text = TextAreaField(
        _l("Something to add"),
        description=_l(
            "Stands in the letter as you write it, in your language. Leave it empty where the text says enough."
        ),
        validators=[Length(max=2000)],
        render_kw={"rows": 3},
    )

    def validate_text(self, field: Field) -> None:
        """A reason that says nothing by itself needs words: nobody learns a decision without its why."""
        if self.reason.data in UNSAID and not (field.data or "").strip():
            raise StopValidation(
                gettext("Write the reason in your own words: this choice alone tells the person nothing.")
                if self.reason.data == "other"
                else gettext("Write some words, and nothing of an objection: a letter without any would tell of it.")
            )

    def offer(self, outcome: State, language: str) -> None:
        """Offer the reasons of an outcome. What was sent stays as it was, so that a wrong reason is refused."""
        self.outcome.data = outcome.value
        reasons = [(code, codes.label("decision_reason.registration", code, language)) for code in REASONS_FOR[outcome]]
        # No refusal has a reason that nobody chose.
        first = [("", _l("Choose one"))] if outcome in REFUSALS else []
        self.reason.choices = options([*first, *reasons])


class NoteForm(Form):
    """A word for colleagues."""

    text = TextAreaField(_l("Note for colleagues"), validators=[required(), Length(max=2000)], render_kw={"rows": 3})
    note_kind = SelectField(
        _l("What it is"),
        description=_l("An objection is written down and changes nothing by itself: people decide."),
        choices=options([("note", _l("A note")), ("objection", _l("A State objects"))]),
        default="note",
    )


class TakeUpForm(Form):
    """Why somebody is looked at again."""

    why = TextAreaField(
        _l("Why do you look at it again?"),
        description=_l("For colleagues. The person is told only that you look again."),
        validators=[required(), Length(max=2000)],
        render_kw={"rows": 2},
    )


class WithFile(Form):
    """One file may go with the words."""

    file = FileField(
        _l("File"),
        description=_l("One file: PDF, JPEG, PNG or WebP, of at most %(size)s MB.", size=LIMIT // 10**6),
        render_kw={
            "accept": accept_attribute(ALLOWED),
            "data-most": LIMIT,
            "data-most-photo": PHOTO_LIMIT,
            "data-too-large": _l("This file is too large. Send one of at most %(size)s MB.", size=LIMIT // 10**6),
            "data-go-on": GO_ON,
        },
    )

    def upload(self) -> Upload | None:
        """The file that was sent; one byte more than allowed at the most, so that it shows."""
        sent = self.file.data
        if not isinstance(sent, FileStorage) or not sent.filename:
            return None
        return Upload(safe_file_name(sent.filename), sent.stream.read(PHOTO_LIMIT + 1))


class MessageForm(WithFile):
    """What the registrant writes to the desk."""

    text = TextAreaField(
        _l("Your answer"),
        description=_l("In any of the six languages."),
        validators=[optional(), Length(max=LONGEST_MESSAGE)],
        render_kw={"rows": 6},
    )


class QuestionForm(WithFile):
    """A question of the desk."""

    question = TextAreaField(
        _l("Question to the person"),
        description=_l("Goes out by mail at once, as you write it, and stands on a page where it can be answered."),
        validators=[required(), Length(max=LONGEST_MESSAGE)],
        render_kw={"rows": 3},
    )


class RevealForm(Form):
    """Why somebody needs to read what is sealed."""

    reason = StringField(
        _l("Why do you need to read this?"),
        description=_l("The reason is recorded, and the person sees that the answers were read."),
        validators=[required(), Length(max=300)],
    )


class ExportForm(Form):
    """What the list is needed for, and as which kind of file."""

    reason = StringField(
        _l("What do you need the list for?"),
        description=_l("Recorded with your name and the number of rows."),
        validators=[required(), Length(max=300)],
    )
    kind = SelectField(_l("Kind of file"), choices=options([("xlsx", "XLSX"), ("csv", "CSV")]))


class SetupForm(Form):
    """How an event takes registrations. Times are the event's own wall-clock times."""

    opens_at = DateTimeLocalField(_l("Opens"), format=LOCAL, validators=[required()])
    closes_at = DateTimeLocalField(_l("Closes"), format=LOCAL, validators=[required()])
    grace_hours = IntegerField(
        _l("Hours of grace"),
        description=_l(
            "Drafts begun before the deadline can still be sent for so many hours; they are marked as late."
        ),
        validators=[InputRequired(), NumberRange(0, 240)],
        default=24,
    )
    needs_accreditation = BooleanField(
        _l("Every registration needs a decision"), description=_l("Otherwise a place is confirmed at once.")
    )
    seat_at = SelectField(
        _l("A place is taken"),
        choices=options(
            [
                (SeatAt.ACCREDITATION.value, _l("when somebody is accredited")),
                (SeatAt.SUBMISSION.value, _l("when somebody registers")),
            ]
        ),
    )
    capacity = IntegerField(
        _l("Places"), description=_l("Empty: no limit."), validators=[Optional(), NumberRange(1, 1_000_000)]
    )
    waiting_list = BooleanField(_l("Waiting list when all places are taken"))
    offers_by_hand = BooleanField(
        _l("Places are offered by hand"),
        description=_l("Otherwise a place that becomes free is offered at once to whoever has waited longest."),
    )
    offer_hours = IntegerField(
        _l("Hours to answer an offer"),
        description=_l("An offer never lasts beyond the beginning of the event."),
        validators=[InputRequired(), NumberRange(1, 720)],
        default=48,
    )
    leaves_on_lapse = BooleanField(
        _l("Whoever does not answer leaves the waiting list"), description=_l("Otherwise they wait again, at its end.")
    )
    shows_place = BooleanField(
        _l("People see their place in line"), description=_l("As a range only, such as between 6 and 10.")
    )
    releases_by_another = BooleanField(
        _l("A prepared decision is released by somebody else than who prepared it"),
        description=_l("Decisions that are taken at once, without being prepared, are not meant."),
    )
    needs_security = BooleanField(
        _l("Security is asked before anybody is accredited"),
        description=_l("Where the desk decides, and a category says nothing else."),
    )
    security_within_days = IntegerField(
        _l("Security answers within working days"),
        description=_l("After that the desk may go on without it, with a reason."),
        validators=[InputRequired(), NumberRange(1, 60)],
        default=5,
    )
    public_list = BooleanField(
        _l("Anybody can read the list of participants"),
        description=_l(
            "It names only those who agreed to it and are not discreet: public name, organization, country represented"
            " and category. Otherwise there is no such page."
        ),
    )
    answer_within_days = IntegerField(
        _l("Answer within working days"), validators=[InputRequired(), NumberRange(1, 60)], default=5
    )
    questionnaire_id = SelectField(_l("Questionnaire"), validate_choice=True)

    def validate_closes_at(self, field: Any) -> None:
        """Beside all that is wrong elsewhere; of one hour that comes twice the action knows which is which."""
        if field.data and self.opens_at.data and field.data < self.opens_at.data:
            raise ValidationError(ClosesTooEarly.message)


class CategoryForm(WithWindow):
    """The rules of one category of an event."""

    is_open = BooleanField(
        _l("This event takes people of this category"),
        description=_l("Without it, drafts in this category are asked to choose another one. What was sent stays."),
    )
    quota = IntegerField(
        _l("Quota"),
        description=_l("Places for this category among those of the event. Empty: no limit of its own."),
        validators=[Optional(), NumberRange(1, 1_000_000)],
    )
    accreditation = SelectField(
        _l("Decision"),
        choices=options(
            [
                ("", _l("As the event says")),
                ("yes", _l("Every registration needs a decision")),
                ("no", _l("A place is confirmed at once")),
            ]
        ),
    )
    security = SelectField(
        _l("Approvals needed"),
        description=_l(
            "What security says is for the desk alone. An objection blocks nothing by itself: people decide."
        ),
        choices=options(
            [("", _l("As the event says")), ("yes", _l("The desk and security")), ("no", _l("The desk alone"))]
        ),
        default="",
    )
    asks_letter = BooleanField(PAPER_NAMES[Paper.LETTER])
    asks_attestation = BooleanField(
        PAPER_NAMES[Paper.ATTESTATION],
        description=_l("With the letter as well, one of the two is enough: a village group has no letterhead."),
    )
    asks_identity = BooleanField(PAPER_NAMES[Paper.IDENTITY])
    may_speak = BooleanField(
        _l("People of this category may take the floor"),
        description=_l("Without it, they are not asked whether they would like to speak."),
        default=True,
    )
    is_listed = BooleanField(
        _l("Those who agree stand on the list of participants"),
        description=_l("Nobody is named there without having agreed, whatever is chosen here."),
    )
    colour = SelectField(
        _l("Colour of the badge"),
        choices=options([("", _l("The usual one")), *((one.value, COLOUR_NAMES[one]) for one in BadgeColour)]),
    )

    def validate_security(self, field: Field) -> None:
        """A place that is confirmed at once leaves security nothing to say."""
        if field.data == "yes" and self.accreditation.data == "no":
            raise StopValidation(gettext("Where security is asked, every registration needs a decision."))

    @property
    def rules(self) -> dict[str, Any]:
        """What was chosen, by the columns of the category."""
        plain = ("quota", "asks_letter", "asks_attestation", "asks_identity", "may_speak", "is_listed")
        return {name: self[name].data for name in plain} | {
            "accreditation": {"yes": True, "no": False}.get(self.accreditation.data),
            "security": {"yes": True, "no": False}.get(self.security.data),
            "colour": BadgeColour(self.colour.data) if self.colour.data else None,
        }


class GuideForm(Form):
    """The questions of the guide. Nothing is kept and nobody is known, so there is no session to guard."""

    class Meta(Form.Meta):
        """Without a session."""

        csrf = False

    asked = HiddenField()
    """The questions that stood on the page."""
    whom = RadioField(_l("Whom do you represent?"), validators=[Optional()])
    consultative = RadioField(
        _l("Does the organization have consultative status with the Economic and Social Council?"),
        description=_l("If you do not know, it probably has none: it is given on application, by a decision."),
        choices=options([(eligibility.YES, _l("Yes")), (eligibility.NO, _l("No"))]),
        validators=[Optional()],
    )
    letterhead = RadioField(
        _l("Can it write a letter on letterhead, signed by its head?"),
        description=_l("A letterhead shows the name and the address of the organization or group."),
        choices=options([(eligibility.YES, _l("Yes")), (eligibility.NO, _l("No"))]),
        validators=[Optional()],
    )
    witness = RadioField(
        _l("Who can attest that you speak for it?"),
        description=_l("A known body that writes a short letter for you."),
        validators=[Optional()],
    )


class OwnOfferForm(Form):
    """Take an offered place, or give it back."""

    answer = StringField(validators=[AnyOf(["accept", "give_back"])])


class OfferAnswerForm(OwnOfferForm):
    """The same behind a mailed link: its address holds the secret, so there is no session to guard."""

    class Meta(Form.Meta):
        """Without a session."""

        csrf = False


class OfferForm(Form):
    """Places for chosen people of the waiting list."""

    text = TextAreaField(
        _l("Why these people first?"),
        description=_l("Needed where others have waited longer. It is kept in the history."),
        validators=[optional(), Length(max=2000)],
        render_kw={"rows": 2},
    )


class CheckForm(ActionForm):
    """The button under all answers: it sends those that were looked at. ``looked`` is asked of whoever took answers
    over from a former event and did not send them with their page since.
    """

    drawn = HiddenField()
    looked = BooleanField(
        _l("I have looked at the answers from former events: they hold for this event too"),
        [required(_l("Look at the answers that are named above, then tick this box"))],
    )


class ReuseForm(Form):
    """Which former answers are taken over; ``reuse_views`` draws the boxes page by page."""

    take = SelectMultipleField(_l("Answers to take over"), choices=[], validate_choice=False)


def filters_from(args: Any, known: Overview, chips: tuple[str, ...], viewer: uuid.UUID) -> Filters:
    """The filters in an address; whatever is not offered is left out."""

    def one_of(name: str, allowed: Any, otherwise: str = "") -> str:
        value = args.get(name, "")
        return value if value in allowed else otherwise

    page, size = args.get("page", "1"), args.get("size", "")
    return Filters(
        viewer=viewer,
        chip=one_of("chip", chips, "decide"),
        q=" ".join(args.get("q", "").replace("\x00", "").split())[:LONGEST_SEARCH],
        category=one_of("category", known.categories),
        mode=one_of("mode", known.modes),
        country=one_of("country", known.countries),
        late=args.get("late") == "1",
        delegation=one_of("delegation", known.delegations),
        sort=one_of("sort", SORTS, "waiting"),
        page=max(1, int(page)) if page.isascii() and page.isdigit() and len(page) < 6 else 1,
        size=int(size) if size in {str(one) for one in SIZES} else SIZES[0],
    )
