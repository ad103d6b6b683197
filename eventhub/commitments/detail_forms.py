"""The form of what a record says beside its words: makers, themes, recommendations, indicators, milestones."""

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from flask_babel import gettext, lazy_pgettext
from flask_babel import lazy_gettext as _l
from wtforms import Field, HiddenField, SelectField, StringField
from wtforms.fields import DateField
from wtforms.validators import Length, StopValidation, ValidationError

from eventhub.commitments.capturing import Described, MadeBy, Step
from eventhub.commitments.forms import NAME, OFF, Checks, CountryField, coded, countries, day, parts, sensible_day
from eventhub.commitments.models import Commitment
from eventhub.kit import codes
from eventhub.kit.forms import Form, optional, options, required
from eventhub.kit.i18n import language

MAKERS, RECOMMENDATIONS, INDICATORS, MILESTONES = 4, 4, 3, 8
"""So many rows a record has."""
SDG = re.compile(r"(?:1[0-7]|[1-9])(?:\.(?:[1-9][0-9]?|[a-d]))?")
"""A goal or a target of the Sustainable Development Goals, such as 10 or 10.2 or 4.a (A/RES/70/1)."""


class DetailsForm(Form):
    """What the record says beside the words; see ``details_form`` for its rows."""

    kind = SelectField(_l("Kind of commitment"), choices=coded("commitment_type"), validators=[optional()])
    speaker = StringField(_l("Who spoke"), validators=[optional(), Length(max=NAME)], render_kw=OFF)
    themes = Checks(_l("Themes"), choices=lambda: options(codes.choices("theme", language())))
    groups = Checks(_l("Groups concerned"), choices=lambda: options(codes.choices("group_concerned", language())))
    countries = StringField(
        _l("Countries"),
        description=_l("Codes of two letters, such as KE, PE"),
        validators=[optional()],
        render_kw=OFF | {"dir": "ltr"},
    )
    sdgs = StringField(
        _l("Sustainable Development Goals"),
        description=_l("Goals or targets, such as 4.5, 10.2"),
        validators=[optional()],
        render_kw=OFF | {"dir": "ltr"},
    )
    seen = HiddenField()

    def validate_countries(self, field: Field) -> None:
        """Codes of countries, parted by commas or spaces."""
        unknown = [code for code in parts(field.data, upper=True) if not codes.is_country(code)]
        if unknown:
            raise ValidationError(gettext("There is no country with the code %(code)s", code=unknown[0]))

    def validate_sdgs(self, field: Field) -> None:
        """Goals and targets, parted by commas or spaces."""
        unknown = [code for code in parts(field.data) if not SDG.fullmatch(code)]
        if unknown:
            raise ValidationError(gettext("%(code)s is no goal or target", code=unknown[0]))

    def rows(self, *names: str, most: int) -> list[list[Field]]:
        """The fields of rows, row by row."""
        return [[self._fields[f"{name}_{row}"] for name in names] for row in range(most)]

    def described(self) -> Described:
        """All of it."""
        return Described(
            makers=[
                MadeBy(name.data, kind.data, country.data or None)
                for name, kind, country in self.rows("maker", "kind_of", "country", most=MAKERS)
                if name.data
            ],
            kind=self.kind.data or None,
            speaker=self.speaker.data or "",
            themes=self.themes.data or (),
            groups=self.groups.data or (),
            sdgs=parts(self.sdgs.data),
            countries=parts(self.countries.data, upper=True),
            recommendations=[
                (symbol.data, paragraph.data or "")
                for symbol, paragraph in self.rows("symbol", "paragraph", most=RECOMMENDATIONS)
                if symbol.data
            ],
            indicators=[
                (name.data, measured(baseline.data), measured(target.data))
                for name, baseline, target in self.rows("indicator", "baseline", "target", most=INDICATORS)
                if name.data
            ],
            milestones=[
                Step(text.data, due.data, done.data)
                for text, due, done in self.rows("milestone", "due", "done", most=MILESTONES)
                if text.data
            ],
        )


class FilledWith:
    """A row whose other fields are filled in needs this one. ``others``: their names without the number."""

    field_flags: dict[str, Any] = {}

    def __init__(self, *others: str, message: Any) -> None:
        self.others, self.message = others, message

    def __call__(self, form: Form, field: Field) -> None:
        """Raises StopValidation."""
        row = field.name.rpartition("_")[2]
        beside = [form._fields[f"{other}_{row}"] for other in self.others]
        if (field.data or "").strip():
            return
        field.errors = []
        raise StopValidation(str(self.message) if any(one.data or one.errors for one in beside) else "")


def _number(_form: Any, field: Any) -> None:
    if field.data:
        try:
            found = measured(field.data)
        except InvalidOperation:
            raise ValidationError(_l("Write a number")) from None
        if found is None or abs(found) >= Decimal(10) ** 15:
            raise ValidationError(_l("Write a number"))


def measured(typed: str | None) -> Decimal | None:
    """A number with a full stop or a comma before its decimals; digits of every script. Raises InvalidOperation."""
    text = "".join((typed or "").split()).replace("٫", ".").replace("٬", "")
    if text.count(",") == 1 and "." not in text:
        text = text.replace(",", ".")
    found = Decimal(text) if text else None
    if found is not None and not found.is_finite():
        raise InvalidOperation
    return found


def details_form(commitment: Commitment | None = None) -> DetailsForm:
    """The form with its rows, filled from a record."""
    fields: dict[str, Any] = {}
    for row in range(MAKERS):
        needed = FilledWith("country", message=_l("Write the name of the maker"))
        fields |= {
            f"maker_{row}": StringField(
                _l("Lead maker, who reports") if row == 0 else _l("Joint maker %(number)s", number=row + 1),
                validators=[required() if row == 0 else needed, Length(max=NAME)],
                render_kw=OFF,
            ),
            f"kind_of_{row}": SelectField(
                _l("Kind of maker"), choices=coded("commitment_maker_type"), validators=[_KindOfRow()]
            ),
            f"country_{row}": CountryField(_l("Country"), choices=countries, validators=[optional()]),
        }
    for row in range(RECOMMENDATIONS):
        fields |= {
            f"symbol_{row}": StringField(
                lazy_pgettext("of a document", "Symbol"),
                validators=[FilledWith("paragraph", message=_l("Write the symbol of the document")), Length(max=60)],
                render_kw=OFF | {"dir": "ltr"},
            ),
            f"paragraph_{row}": StringField(
                _l("Paragraph"), validators=[optional(), Length(max=20)], render_kw=OFF | {"dir": "ltr"}
            ),
        }
    for row in range(INDICATORS):
        fields |= {
            f"indicator_{row}": StringField(
                _l("What is counted"),
                validators=[
                    FilledWith("baseline", "target", message=_l("Write what is counted")),
                    Length(max=NAME),
                ],
                render_kw=OFF,
            ),
            f"baseline_{row}": StringField(
                _l("Today"), validators=[optional(), _number], render_kw=OFF | {"inputmode": "decimal", "dir": "ltr"}
            ),
            f"target_{row}": StringField(
                _l("Target"), validators=[optional(), _number], render_kw=OFF | {"inputmode": "decimal", "dir": "ltr"}
            ),
        }
    for row in range(MILESTONES):
        fields |= {
            f"milestone_{row}": StringField(
                _l("Milestone %(number)s", number=row + 1),
                validators=[FilledWith("due", "done", message=_l("Write what will be done")), Length(max=NAME)],
                render_kw=OFF,
            ),
            f"due_{row}": day(_l("By when?")),
            f"done_{row}": DateField(_l("Done on"), validators=[optional(), sensible_day]),
        }
    made: DetailsForm = type("DetailsFormOfToday", (DetailsForm,), fields)(data=_described(commitment))
    return made


class _KindOfRow:
    """A maker has a kind."""

    field_flags: dict[str, Any] = {}

    def __call__(self, form: Form, field: Field) -> None:
        """Raises StopValidation."""
        name = form._fields["maker_" + field.name.rpartition("_")[2]].data
        if field.data:
            return
        field.errors = []
        raise StopValidation(gettext("Choose one of the answers on the list") if name else "")


def _described(commitment: Commitment | None) -> dict[str, Any]:
    if commitment is None:
        return {}
    values: dict[str, Any] = {
        "kind": commitment.kind or "",
        "speaker": commitment.speaker,
        "themes": commitment.themes,
        "groups": commitment.groups,
        "countries": ", ".join(commitment.countries),
        "sdgs": ", ".join(commitment.sdgs),
        "seen": str(commitment.lock),
    }
    for row, maker in enumerate(commitment.makers):
        values |= {f"maker_{row}": maker.name, f"kind_of_{row}": maker.kind, f"country_{row}": maker.country or ""}
    for row, answered in enumerate(commitment.recommendations):
        values |= {f"symbol_{row}": answered.symbol, f"paragraph_{row}": answered.paragraph}
    for row, one in enumerate(commitment.indicators):
        values |= {f"indicator_{row}": one.name, f"baseline_{row}": _typed(one.baseline)}
        values |= {f"target_{row}": _typed(one.target)}
    for row, step in enumerate(commitment.milestones):
        values |= {f"milestone_{row}": step.text, f"due_{row}": step.due_on, f"done_{row}": step.done_on}
    return values


def _typed(number: Decimal | None) -> str:
    return "" if number is None else f"{number.normalize():f}"
