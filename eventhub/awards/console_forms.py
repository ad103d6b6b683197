"""The forms of staff about grants: visas, tickets, costs, payments, budgets, rates, stays."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from flask_babel import gettext, lazy_pgettext
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import FileStorage
from wtforms import BooleanField, FileField, HiddenField, SelectField, StringField, TextAreaField
from wtforms.fields import DateField, DateTimeLocalField
from wtforms.validators import Length, ValidationError

from eventhub.awards.receipts import ALLOWED
from eventhub.awards.stays import LEGS
from eventhub.kit.amounts import MOST, TOO_LARGE, TWO_WAYS, why_not
from eventhub.kit.clock import now
from eventhub.kit.files import LIMIT, PHOTO_LIMIT, accept_attribute
from eventhub.kit.forms import Form, optional, options, required
from eventhub.kit.i18n import language, show_date
from eventhub.kit.money import AmountWrong, MoneyError, Why, digits_of, parse_amount, parse_units
from eventhub.questionnaires.uploads import GO_ON

LARGEST_UNITS = Decimal(10) ** 13
UNIT_DIGITS = 10
"""Decimals of a rate, as the table keeps it."""
RATE_AHEAD = timedelta(days=31)
"""So far ahead a rate may begin."""
SENT = _l("One file: PDF, JPEG, PNG or WebP, of at most %(size)s MB.", size=LIMIT // 10**6)


def amount_of(typed: str, currency: str) -> int:
    """Minor units of what was typed. Raises ValidationError with words for the person."""
    try:
        found = parse_amount(typed, currency, language())
    except MoneyError as error:
        raise ValidationError(why_not(error)) from None
    if found.decimal > MOST:
        raise ValidationError(TOO_LARGE)
    return found.minor


def _is_currency(code: str) -> bool:
    try:
        digits_of(code)
    except MoneyError:
        return False
    return True


def sensible_day(_form: Any, field: Any) -> None:
    """Refuse a day that nobody means."""
    if field.data and not 2000 <= field.data.year <= 2100:
        raise ValidationError(_l("Give a year from 2000 to 2100"))


def day(label: Any, *, needed: bool = True, description: Any = "") -> DateField:
    """A day."""
    first = required() if needed else optional()
    return DateField(label, validators=[first, sensible_day], description=description)


def chosen_day(field: Any) -> date:
    """The day in a field that must be filled in and was looked at. Raises ValueError."""
    if not isinstance(field.data, date):
        raise ValueError
    return field.data


def chosen_moment(field: Any) -> datetime:
    """The same for a day with its time. Raises ValueError."""
    if not isinstance(field.data, datetime):
        raise ValueError
    return field.data


def money(label: Any, *, needed: bool = True, description: Any = "") -> StringField:
    """An amount, as people type it."""
    first = required() if needed else optional()
    given = {"inputmode": "decimal", "dir": "ltr"}
    return StringField(label, validators=[first, Length(max=60)], render_kw=given, description=description)


def words(label: Any, *, needed: bool = True, description: Any = "") -> TextAreaField:
    """A few sentences."""
    first = required() if needed else optional()
    return TextAreaField(label, validators=[first, Length(max=2000)], render_kw={"rows": 2}, description=description)


class VisaForm(Form):
    """When a visa was asked for, and the day of the appointment."""

    asked_on = day(_l("Asked for on"), needed=False)
    appointment_on = day(_l("Appointment on"), needed=False)


class TicketForm(Form):
    """On which days the journey begins and ends."""

    travels_on = day(_l("Journey begins on"))
    returns_on = day(_l("Journey ends on"))


class HomeForm(Form):
    """The journey is over."""

    ended_on = day(_l("Last day of the journey"))


class EndForm(Form):
    """Why a grant ends."""

    reason = words(_l("Reason"), description=_l("It stays in the history of the grant. The person never reads it."))


class UndoForm(Form):
    """Why a step is taken back."""

    mistake = words(
        _l("What was wrong?"), description=_l("It stays in the history of the grant. The person never reads it.")
    )


class AcceptForm(Form):
    """How somebody said yes who did not press the button."""

    how = words(
        _l("How and when did the person say so?"),
        description=_l("It stays in the history of the grant. The person never reads it."),
    )


class ReadForm(Form):
    """Why somebody reads what is sealed."""

    why = words(_l("Why do you need to read this?"))


PAPER: dict[str, Any] = {
    "accept": accept_attribute(ALLOWED),
    "data-most": LIMIT,
    "data-most-photo": PHOTO_LIMIT,
    "data-too-large": _l("This file is too large. Send one of at most %(size)s MB.", size=LIMIT // 10**6),
}


class OwnVisaForm(Form):
    """What whoever travels says of the visa."""

    asked_on = day(_l("Asked for on"), needed=False)
    appointment_on = day(_l("Appointment on"), needed=False)


class LeaveForm(Form):
    """Why somebody cannot come."""

    text = words(
        _l("Do you want to say why?"),
        needed=False,
        description=_l("The fund’s desk alone reads it. Never write what could put somebody in danger."),
    )


class ReceiptForm(Form):
    """A receipt."""

    file = FileField(_l("Receipt"), description=SENT, render_kw=PAPER)

    def upload(self) -> bytes | None:
        """What was sent; one byte more than allowed at the most, so that it shows. None where nothing was chosen."""
        sent = self.file.data
        if not isinstance(sent, FileStorage) or not sent.filename:
            return None
        return sent.stream.read(PHOTO_LIMIT + 1)


class CostForm(ReceiptForm):
    """What a line really cost, in whatever currency it was paid. It goes without a receipt, too."""

    file = FileField(_l("Receipt"), description=SENT, render_kw=PAPER | {"data-go-on": GO_ON})
    given = money(_l("Real cost"))
    currency = StringField(
        _l("Currency"),
        description=_l("Three letters, such as USD"),
        validators=[required(), Length(max=3)],
        render_kw={"spellcheck": "false", "dir": "ltr", "autocapitalize": "characters"},
    )
    spent_on = day(_l("Paid by the traveller on"), description=_l("The exchange rate of this day counts."))

    def validate_currency(self, field: StringField) -> None:
        """A currency that somebody pays with."""
        field.data = (field.data or "").upper()
        if not _is_currency(field.data):
            raise ValidationError(_l("Three letters, such as USD"))

    def validate_given(self, field: StringField) -> None:
        """An amount of that currency; where there is no such currency, that alone is told."""
        currency = (self.currency.data or "").upper()
        if _is_currency(currency):
            amount_of(field.data or "", currency)


class PayForm(Form):
    """A payment that is asked for."""

    amount = money(_l("Amount to pay"))
    payee = StringField(
        _l("To somebody else"),
        description=_l("Name and kinship, where the traveller has no bank account. It is kept sealed."),
        validators=[optional(), Length(max=200)],
    )
    account = words(
        _l("How that person is paid"),
        needed=False,
        description=_l("The bank account, or the office that pays out the money. It is kept sealed."),
    )

    def __init__(self, currency: str, **given: Any) -> None:
        self.currency = currency
        super().__init__(**given)

    def validate_amount(self, field: StringField) -> None:
        """An amount of the envelope's currency."""
        amount_of(field.data or "", self.currency)

    def validate_account(self, field: TextAreaField) -> None:
        """An account has an owner."""
        if field.data and not self.payee.data:
            raise ValidationError(_l("Say also who is paid"))

    def to(self) -> dict[str, str] | None:
        """Who is paid in the traveller's place."""
        return {"name": self.payee.data, "account": self.account.data or ""} if self.payee.data else None


class PriceForm(Form):
    """What is approved of a line, before the offer."""

    approved = money(lazy_pgettext("money", "Approved"))

    def __init__(self, currency: str, **given: Any) -> None:
        self.currency = currency
        super().__init__(**given)

    def validate_approved(self, field: StringField) -> None:
        """An amount of the envelope's currency."""
        amount_of(field.data or "", self.currency)


class BackForm(Form):
    """Money that came back."""

    back = money(_l("Amount that came back"))
    again = BooleanField(_l("The bank sent it back: it is paid to the same person again"))

    def __init__(self, currency: str, **given: Any) -> None:
        self.currency = currency
        super().__init__(**given)

    def validate_back(self, field: StringField) -> None:
        """An amount of the envelope's currency."""
        amount_of(field.data or "", self.currency)


class BudgetForm(Form):
    """A budget is raised or cut."""

    direction = SelectField(
        _l("Kind of change"), choices=options([("raise", _l("Raise the budget")), ("cut", _l("Cut the budget"))])
    )
    amount = money(_l("By how much"))
    reason = words(_l("Reason"), description=_l("It stands in the ledger for ever. Name nobody here."))

    def __init__(self, currency: str, **given: Any) -> None:
        self.currency = currency
        super().__init__(**given)

    def validate_amount(self, field: StringField) -> None:
        """An amount of the envelope's currency."""
        amount_of(field.data or "", self.currency)

    def difference(self) -> int:
        """Minor units; below zero for a cut."""
        amount = amount_of(self.amount.data or "", self.currency)
        return -amount if self.direction.data == "cut" else amount


class RateForm(Form):
    """A dated rate of exchange."""

    currency = StringField(
        _l("Currency"),
        description=_l("Three letters, such as USD"),
        validators=[required(), Length(max=3)],
        render_kw={"spellcheck": "false", "dir": "ltr"},
    )
    units = StringField(validators=[required(), Length(max=30)], render_kw={"inputmode": "decimal"})
    valid_from = day(_l("Valid from"))
    source = StringField(_l("Source"), validators=[required(), Length(max=200)])
    told = HiddenField()
    """The rate that was said back in words; another one is said back anew."""

    def __init__(self, base: str, **given: Any) -> None:
        self.base = base
        super().__init__(**given)
        self.units.label.text = gettext("Units for one %(base)s", base=base)

    def validate_currency(self, field: StringField) -> None:
        """Another currency than the fund's own."""
        field.data = (field.data or "").upper()
        if not _is_currency(field.data):
            raise ValidationError(_l("Three letters, such as USD"))
        if field.data == self.base:
            raise ValidationError(_l("This is the fund’s own currency"))

    def validate_units(self, _field: StringField) -> None:
        """More than nothing, and never a thousand times more or less than was meant."""
        try:
            found = self.value()
        except AmountWrong as error:
            if error.why is Why.AMBIGUOUS:
                raise ValidationError(TWO_WAYS) from None
            raise ValidationError(_l("Write a number")) from None
        if not 0 < found < LARGEST_UNITS:
            raise ValidationError(_l("Write a number"))

    def validate_valid_from(self, field: DateField) -> None:
        """Rates are published for the next month at the most."""
        latest = now().date() + RATE_AHEAD
        if field.data and field.data > latest:
            last = show_date(latest, language())
            raise ValidationError(_l("Nobody knows a rate so far ahead. Give a day until %(day)s.", day=last))

    @property
    def said(self) -> str:
        """The rate as it was understood, in one word. Raises AmountWrong."""
        return f"{self.currency.data} {self.value().normalize():f} {chosen_day(self.valid_from)}"

    def value(self) -> Decimal:
        """The rate with at most ten decimals. Raises AmountWrong."""
        return parse_units(self.units.data or "", self.base, language(), UNIT_DIGITS)


class StayForm(Form):
    """From arriving to leaving by the clock of the place, and on how many ways the host drives."""

    arrives = DateTimeLocalField(_l("Arrives"), validators=[required()], format=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"])
    leaves = DateTimeLocalField(_l("Leaves"), validators=[required()], format=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"])
    driven = SelectField(
        _l("Transfers provided by the host"),
        choices=options((str(number), str(number)) for number in range(LEGS + 1)),
    )
