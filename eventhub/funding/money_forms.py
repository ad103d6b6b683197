"""What a call pays, as forms: envelopes, amounts, and the fare table."""

import re
from typing import Any

from flask import g
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import FieldList, FormField, SelectField, StringField
from wtforms.validators import Length

from eventhub.funding import call_shown
from eventhub.funding.call_forms import Choices, MoneyField, Row, RowsForm, fresh_id, given, kept, texts, whole, wrong
from eventhub.funding.rules import CostLine, Rules, Support
from eventhub.kit import codes
from eventhub.kit.forms import optional, options, required

BLANK = 2
"""Empty rows that a list offers."""
MOST_FARES, MOST_ENVELOPES = 120, 20


class EnvelopeRow(Row):
    """A part of the money."""

    title = texts(_l("Title"))
    amount = MoneyField(_l("Amount"), [required(_l("Fill in this field"))])
    only_for = SelectField(_l("Only for"), [optional()])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.only_for.choices = options([("", gettext("Everybody")), *call_shown.cells_to_choose(g.lang)])


class MoneyForm(RowsForm):
    """What is paid, of how much, from which money."""

    rows_of = ("rows",)
    rows = FieldList(FormField(EnvelopeRow), _l("Envelopes"), max_entries=MOST_ENVELOPES)
    places = whole(
        _l("Places"),
        1,
        5_000,
        empty=True,
        description=_l("Leave it empty where only the money limits how many are chosen"),
    )
    supports = Choices(_l("Support that can be asked for"), [required(_l("Choose at least one"))])
    lines = Choices(_l("What the fund pays for"))
    usual_fare = MoneyField(
        _l("Fare from anywhere else"), [required()], description=_l("Where no line of the fare table fits")
    )
    dsa = MoneyField(_l("Daily allowance"), [required()])
    dsa_days = whole(_l("Days of allowance"), 0, 366)
    terminal = MoneyField(_l("Terminal expenses"), [required()])
    visa = MoneyField(_l("Visa fee"), [required()])
    insurance = MoneyField(_l("Travel insurance"), [required()])
    access_most = MoneyField(_l("Accessibility support, at most"), [required()])
    companion_most = MoneyField(_l("Companion or childcare, at most"), [required()])
    connectivity = MoneyField(_l("Connectivity grant"), [required()])
    over_commit = whole(
        _l("Offers may reach this share of an envelope"),
        100,
        200,
        description=_l("In per cent: more than 100 counts on some people who cannot come"),
    )
    AMOUNTS = (
        *("usual_fare", "dsa", "terminal", "visa"),
        *("insurance", "access_most", "companion_most", "connectivity"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.supports.choices = options((one.value, name) for one, name in call_shown.SUPPORTS.items())
        self.lines.choices = options(codes.choices("fund_cost_line", g.lang))

    def together(self) -> None:
        """At least one envelope, each with a name, and days for a daily allowance that is paid."""
        rows = kept(self.rows)
        if CostLine.DSA.value in (self.lines.data or ()) and self.dsa_days.data == 0:
            wrong(self.dsa_days, gettext("The daily allowance is among what the fund pays for: write at least 1 day"))
        for row in rows:
            self.need_words(row.title)
        if not rows:
            self.form_errors.append(gettext("The money needs at least one envelope"))

    @staticmethod
    def shown(rules: Rules) -> dict[str, Any]:
        """What the form holds of the rules."""
        costs = rules.costs.model_dump(mode="json")
        rows = [
            {"id": one.id, "title": one.title, "amount": one.amount, "only_for": next(iter(one.cells), "")}
            for one in rules.envelopes
        ]
        return {
            **{name: costs[name] for name in (*MoneyForm.AMOUNTS, "lines", "dsa_days")},
            "places": rules.places,
            "supports": [one.value for one in rules.supports],
            "over_commit": rules.over_commit,
            "rows": rows + [{}] * BLANK,
        }

    def parts(self, rules: Rules) -> dict[str, Any]:
        """The part of the rules that was filled in; the fare table stays."""
        chosen, asked = set(self.lines.data or ()), set(self.supports.data or ())
        costs = rules.costs.model_dump(mode="json") | {name: self[name].data for name in self.AMOUNTS}
        return {
            "places": self.places.data,
            "supports": [one.value for one in Support if one.value in asked],
            "over_commit": self.over_commit.data,
            "costs": costs
            | {"dsa_days": self.dsa_days.data, "lines": [one.value for one in CostLine if one.value in chosen]},
            "envelopes": [
                {
                    "id": row.id.data or fresh_id("e"),
                    "title": given(row.title),
                    "amount": row.amount.data,
                    "cells": [row.only_for.data] if row.only_for.data else [],
                }
                for row in kept(self.rows)
            ],
        }


class FareRow(Row):
    """What a ticket costs from a part of the world, or from one country."""

    name = StringField(_l("From"), [required(), Length(max=60)], render_kw={"spellcheck": "false"})
    amount = MoneyField(_l("Amount"), [required()])
    countries = StringField(_l("Countries"), [optional(), Length(max=1_000)])


class FaresForm(RowsForm):
    """The fare table: zones that list countries, and countries with a fare of their own."""

    rows_of = ("rows",)
    rows = FieldList(FormField(FareRow), _l("Fares"), max_entries=MOST_FARES)

    def together(self) -> None:
        """All countries are known, and none stands in two zones; no origin is named twice."""
        seen: dict[str, str] = {}
        for row in kept(self.rows):
            origin = _origin(row)
            found, unknown = _countries(row.countries.data or "")
            if unknown:
                wrong(
                    row.countries,
                    gettext("Unknown: %(names)s. Write codes of two letters, such as PE.", names=", ".join(unknown)),
                )
            if len(origin) == 2 and not found and origin not in known_countries():
                wrong(row.name, gettext("There is no country with this code"))
            if not found and len(origin) != 2 and not unknown:
                wrong(
                    row.countries,
                    gettext(
                        "Name the countries of this part of the world, or write the code of one country on the left"
                    ),
                )
            for one in [f"={origin}", *found]:
                if one in seen:
                    named = row.name if one.startswith("=") else row.countries
                    wrong(named, gettext("%(name)s stands in two lines", name=one.lstrip("=")))
                seen[one] = origin

    @staticmethod
    def shown(rules: Rules) -> dict[str, Any]:
        """What the form holds of the rules."""
        rows = [
            {
                "id": f"f{number}",
                "name": one.origin.replace("_", " "),
                "amount": one.amount,
                "countries": " ".join(one.countries),
            }
            for number, one in enumerate(rules.costs.fares)
        ]
        return {"rows": rows + [{}] * BLANK}

    def parts(self, rules: Rules) -> dict[str, Any]:
        """The part of the rules that was filled in; all other costs stay."""
        fares = [
            {"origin": _origin(row), "amount": row.amount.data, "countries": _countries(row.countries.data or "")[0]}
            for row in kept(self.rows)
        ]
        return {"costs": rules.costs.model_dump(mode="json") | {"fares": fares}}


def _origin(row: FareRow) -> str:
    """A country's code as it is; a part of the world as a name of small letters."""
    typed = (row.name.data or "").strip()
    if re.fullmatch(r"[A-Za-z]{2}", typed):
        return typed.upper()
    plain = re.sub(r"[^a-z0-9]+", "_", typed.lower()).strip("_")
    if not re.match(r"[a-z]", plain):
        plain = f"zone_{sum(ord(one) for one in typed)}"
    return plain[:60]


def _countries(typed: str) -> tuple[list[str], list[str]]:
    """Codes that are countries, and what is none."""
    parts = [one.upper() for one in re.split(r"[\s,;،、]+", typed) if one]
    known = known_countries()
    return [one for one in dict.fromkeys(parts) if one in known], [one for one in parts if one not in known]


def known_countries() -> set[str]:
    """Codes of all countries that a journey can begin in."""
    return {code for code, _name in codes.countries("en", kinds=codes.ANYWHERE)}
