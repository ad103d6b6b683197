"""Forms of the fund's desk."""

from collections import Counter
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext
from werkzeug.datastructures import FileStorage
from wtforms import (
    BooleanField,
    Field,
    FileField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms import Form as PlainForm
from wtforms.fields import DateField
from wtforms.validators import InputRequired, Length, NumberRange, ValidationError
from wtforms.validators import Optional as Maybe

from eventhub.funding.debarring import Party
from eventhub.funding.deciding import REASONS
from eventhub.funding.desk import CHIPS, SIZES, SORTS, Filters, Overview
from eventhub.funding.desk_shown import country, region
from eventhub.funding.file_check import Gap
from eventhub.funding.models import State
from eventhub.funding.thread import ALLOWED
from eventhub.kit import codes
from eventhub.kit.files import LIMIT, PHOTO_LIMIT, accept_attribute
from eventhub.kit.forms import Form, optional, options, required
from eventhub.kit.text import safe_file_name
from eventhub.questionnaires.uploads import GO_ON, Upload
from eventhub.registration.pair_models import Verdict

LONGEST_MESSAGE = 4000
LONGEST_SEARCH = 100
DAYS = (2, 30)


class FilterForm(PlainForm):
    """Search and filters: a GET form, so that a view of the list has an address."""

    q = StringField(_l("Name, reference or number"))
    region = SelectField(_l("Region"), validate_choice=False)
    organisation = SelectField(_l("Organization"), validate_choice=False)
    late = SelectField(
        _l("Deadline"), choices=options([("", _l("All")), ("1", _l("Late only"))]), validate_choice=False
    )
    lacking = SelectField(
        _l("Complete?"),
        choices=options([("", _l("All")), ("yes", _l("Something is missing")), ("no", _l("Nothing is missing"))]),
        validate_choice=False,
    )
    vouched = SelectField(
        _l("All vouched?"),
        choices=options([("", _l("All")), ("yes", _l("Yes")), ("no", _l("Not yet"))]),
        validate_choice=False,
    )
    sort = SelectField(
        _l("Sort by"),
        choices=options(
            [
                ("waiting", _l("Longest wait")),
                ("newest", _l("Newest first")),
                ("name", _l("Name")),
                ("number", lazy_pgettext("of an application", "Number")),
            ]
        ),
        validate_choice=False,
    )

    def offer(self, known: Overview, language: str) -> None:
        """Say what can be chosen."""
        everything = ("", _l("All"))
        self.region.choices = options([everything, *((code, region(code, language)) for code in known.regions)])
        named = sorted(_told_apart(known, language), key=lambda one: codes.collation_key(one[1], language))
        self.organisation.choices = options([everything, *named])


def _told_apart(known: Overview, language: str) -> list[tuple[str, str]]:
    """Organizations by id; those that share a name with their country beside it."""
    names = Counter(name for name, _country in known.organisations.values())
    return [
        (key, f"{name} ({country(land, language)})" if land and names[name] > 1 else name)
        for key, (name, land) in known.organisations.items()
    ]


def filters_from(args: Any, known: Overview) -> Filters:
    """The filters in an address; whatever is not offered is left out."""

    def one_of(name: str, allowed: Any, otherwise: str = "") -> str:
        value = args.get(name, "")
        return value if value in allowed else otherwise

    page, size = args.get("page", "1"), args.get("size", "")
    return Filters(
        chip=one_of("chip", CHIPS, "decide"),
        q=" ".join(args.get("q", "").replace("\x00", "").split())[:LONGEST_SEARCH],
        region=one_of("region", known.regions),
        organisation=one_of("organisation", known.organisations),
        late=args.get("late") == "1",
        vouched=one_of("vouched", ("yes", "no")),
        lacking=one_of("lacking", ("yes", "no")),
        sort=one_of("sort", SORTS, "waiting"),
        page=max(1, int(page)) if page.isascii() and page.isdigit() and len(page) < 6 else 1,
        size=int(size) if size in {str(one) for one in SIZES} else SIZES[0],
    )


class EligibilityForm(Form):
    """A decision on one or many files, after the preview."""

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

    def offer(self, outcome: State, language: str) -> None:
        """Offer the reasons of an outcome; being eligible needs none."""
        self.outcome.data = outcome.value
        if outcome is State.ELIGIBLE:
            del self.reason
            return
        named = [(code, codes.label("decision_reason.funding", code, language)) for code in REASONS]
        self.reason.choices = options([("", _l("Choose one")), *named])


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


class MissingForm(WithFile):
    """All that is missing, asked for at once."""

    with_gaps = BooleanField(
        _l("Ask for all that is missing, as listed above"),
        description=_l("The list stands in the letter, in the person’s language."),
        default=True,
    )
    question = TextAreaField(
        _l("What else do you need?"),
        description=_l("Goes out by mail at once, as you write it, and stands on a page where it can be answered."),
        validators=[optional(), Length(max=LONGEST_MESSAGE)],
        render_kw={"rows": 3},
    )
    days = IntegerField(
        _l("Days to answer"),
        description=_l("The last one counts to its end, where the call is. Nothing happens by itself after it."),
        validators=[InputRequired(), NumberRange(*DAYS)],
    )

    def asked(self, gaps: list[Gap]) -> list[Gap]:
        """Which gaps the letter names."""
        return gaps if self.with_gaps.data else []


class MessageForm(WithFile):
    """What the applicant writes to the fund."""

    text = TextAreaField(
        _l("Your answer"),
        description=_l("In any of the six languages."),
        validators=[optional(), Length(max=LONGEST_MESSAGE)],
        render_kw={"rows": 6},
    )


class ReplyForm(WithFile):
    """What the desk writes to somebody of whom nothing is asked."""

    message = TextAreaField(
        _l("Message to the person"),
        description=_l("Goes out by mail at once, as you write it, and stands on a page where it can be answered."),
        validators=[optional(), Length(max=LONGEST_MESSAGE)],
        render_kw={"rows": 3},
    )


class NoteForm(Form):
    """A word for colleagues."""

    text = TextAreaField(
        _l("Note for colleagues"),
        description=_l("The applicant never reads it."),
        validators=[required(), Length(max=2000)],
        render_kw={"rows": 3},
    )


class AgainForm(Form):
    """Why a file is looked at again."""

    why = TextAreaField(
        _l("Why do you look at it again?"),
        description=_l("For colleagues. The person is told only that you look again."),
        validators=[required(), Length(max=2000)],
        render_kw={"rows": 2},
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


class PairForm(Form):
    """What the desk finds of two applications that look alike."""

    finding = RadioField(
        _l("What do you find?"),
        choices=options(
            [
                (Verdict.DIFFERENT.value, _l("Two different people: nobody is asked again")),
                (Verdict.SAME.value, _l("One person: the newer application goes on, the older one is withdrawn")),
            ]
        ),
        validators=[required(_l("Choose what you find"))],
    )
    sure = BooleanField(
        _l("I made sure with the person that both applications are from the same person"),
        description=_l(
            "Needed for one person: the letter says that the other application exists. Somebody who applied under"
            " another person’s name would learn from it who has applied."
        ),
    )
    text = TextAreaField(
        _l("Why?"),
        description=_l("For colleagues, in the histories of both. Neither person reads it."),
        validators=[required(), Length(max=2000)],
        render_kw={"rows": 3},
    )

    def validate_sure(self, field: Field) -> None:
        """One person is not found by likeness alone."""
        if self.finding.data == Verdict.SAME.value and not field.data:
            raise ValidationError(_l("Make sure with the person first: ask on the page of one of the applications"))


class TwoPeopleForm(Form):
    """Why two applications are of two people after all."""

    why = TextAreaField(
        _l("Why are these two people after all?"),
        description=_l("For colleagues, in the histories of both. Neither person reads it."),
        validators=[required(), Length(max=2000)],
        render_kw={"rows": 2},
    )


class DebarForm(Form):
    """A proposal that somebody is not considered."""

    reference = StringField(
        _l("Reference of an application"),
        description=_l("It says which person or organization is meant."),
        validators=[required(), Length(max=60)],
    )
    party = SelectField(
        _l("Who is meant?"),
        choices=options(
            [
                (Party.PERSON.value, _l("The applicant")),
                (Party.NOMINATOR.value, _l("The organization that nominated the applicant")),
                (Party.ORGANISATION.value, _l("The applicant’s own organization")),
            ]
        ),
    )
    note = TextAreaField(
        _l("Why?"),
        description=_l("For colleagues. A second person reads it and agrees, or not."),
        validators=[required(), Length(max=2000)],
        render_kw={"rows": 3},
    )
    until = DateField(
        _l("Until"), description=_l("The last day. Empty: until somebody clears it."), validators=[Maybe()]
    )


class ClearForm(Form):
    """Why a debt holds no longer."""

    why = StringField(
        _l("Why does it hold no longer?"),
        description=_l("For colleagues, in the record."),
        validators=[required(), Length(max=500)],
    )
