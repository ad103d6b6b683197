"""The forms of readers and of officers who look after a panel."""

import uuid
from collections import Counter
from typing import Any

from flask import g
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, IntegerField, RadioField, SelectField, SelectMultipleField, TextAreaField
from wtforms.validators import Length, NumberRange, ValidationError

from eventhub.kit import codes
from eventhub.kit.forms import Form, optional, options, required
from eventhub.reviewing import shown
from eventhub.reviewing.models import DECLARED, Conflict
from eventhub.reviewing.queries import Behind, Reading
from eventhub.reviewing.reading import MOST_WORDS, Said
from eventhub.reviewing.seating import Seating

NO_TIE = "none"


class ReviewForm(Form):
    """One file's review; a class of its own is made for each rubric. ``seen`` is the version the page shows, ``window``
    this open page.
    """

    seen = HiddenField()
    window = HiddenField(default=lambda: str(uuid.uuid4()))

    def version(self) -> int:
        """The version the page showed; -1 for nonsense, which is never the one that stands."""
        text = str(self.seen.data or "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else -1

    def page(self) -> uuid.UUID:
        """The open page; for nonsense one that saved nothing."""
        try:
            return uuid.UUID(str(self.window.data))
        except ValueError:
            return uuid.uuid4()

    def said(self, reading: Reading) -> Said:
        """What was typed."""
        fields: dict[str, Any] = self._fields
        marks, words = {}, {}
        for one in reading.rules.reviewing.rubric:
            if fields[f"mark_{one.id}"].data:
                marks[one.id] = int(fields[f"mark_{one.id}"].data)
            if fields[f"why_{one.id}"].data:
                words[one.id] = fields[f"why_{one.id}"].data
        sure = fields["sure"].data
        return Said(marks, words, int(sure) if sure else None)

    def demand_whole(self, reading: Reading) -> bool:
        """Say at each field what is missing before the review can be handed in; whether it is whole."""
        given = self.said(reading)
        problems: dict[str, Any] = {
            name: gettext("Choose how many points") if is_mark else gettext("Say why")
            for name, is_mark in given.lacks(reading.rules).items()
        }
        if given.confidence is None:
            problems["sure"] = gettext("Say how sure you are")
        return not self.show_at_fields(problems)


def review_form(reading: Reading, given: Said, version: int, *, sent: bool = True) -> ReviewForm:
    """The form of a call's rubric, filled with what was kept; with what was ``sent`` where something was."""
    fields: dict[str, Any] = {}
    data: dict[str, Any] = {"seen": str(version)}
    for one in reading.rules.reviewing.rubric:
        name = shown.words(one.title, reading, g.lang)
        choices = [(str(each.points), shown.words(each.text, reading, g.lang)) for each in one.anchors]
        fields[f"mark_{one.id}"] = RadioField(name, choices=options(choices), validators=[optional()])
        fields[f"why_{one.id}"] = TextAreaField(
            gettext("%(criterion)s: why?", criterion=name), validators=[optional(), Length(max=MOST_WORDS)]
        )
        if one.id in given.marks:
            data[f"mark_{one.id}"] = str(given.marks[one.id])
        data[f"why_{one.id}"] = given.words.get(one.id, "")
    sure = [(str(number), word) for number, word in shown.SURE.items()]
    fields["sure"] = RadioField(gettext("How sure are you?"), choices=options(sure), validators=[optional()])
    if given.confidence:
        data["sure"] = str(given.confidence)
    made: ReviewForm = type("RubricForm", (ReviewForm,), fields)(data=data, **({} if sent else {"formdata": None}))
    return made


class GateForm(Form):
    """What ties a reader to files that are about to open; a class of its own is made for each gate."""

    def organisations(self) -> list[uuid.UUID]:
        """Organizations that the reader has a tie to."""
        return [uuid.UUID(one) for one in self._fields["tied_organisations"].data or ()]

    def countries(self) -> list[str]:
        """Countries whose files the reader must not read."""
        return list(self._fields["tied_countries"].data or ())

    def files(self, behind: list[Behind]) -> dict[uuid.UUID, Conflict]:
        """Ties to single files, by review."""
        fields = {one.review_id: f"tie_{one.review_id.hex}" for one in behind}
        given = {review_id: self._fields[name].data for review_id, name in fields.items() if name in self._fields}
        return {review_id: Conflict(kind) for review_id, kind in given.items() if kind and kind != NO_TIE}


def gate_form(behind: list[Behind], lang: str, *, masked: bool) -> GateForm:
    """The form of one gate. Of masked files no one stands by itself: its address is that of the review, so its
    organization would be known.
    """
    organisations = _told_apart(behind, lang, masked=masked)
    lands = sorted({each for one in behind for each in one.countries}, key=lambda code: codes.country_name(code, lang))
    ties = options([(NO_TIE, gettext("No tie")), *((one.value, str(shown.CONFLICTS[one])) for one in DECLARED)])
    fields: dict[str, Any] = {
        "tied_organisations": SelectMultipleField(
            gettext("Organizations that you work with, or did in the last two years"),
            choices=options([(one.hex, name) for one, name in organisations]),
        ),
        "tied_countries": SelectMultipleField(
            gettext("Countries whose files you should not read"),
            choices=options([(one, codes.country_name(one, lang)) for one in lands]),
        ),
    }
    for number, one in enumerate([] if masked else behind, 1):
        fields[f"tie_{one.review_id.hex}"] = SelectField(
            gettext("Your tie to file %(number)s", number=number), choices=ties, validators=[optional()], default=NO_TIE
        )
    made: GateForm = type("TheGate", (GateForm,), fields)()
    return made


def _told_apart(behind: list[Behind], lang: str, *, masked: bool) -> list[tuple[uuid.UUID, str]]:
    """The organizations behind these files, by name; those that share one with their country beside it, or with that of
    the file, unless that is masked. Where nothing tells them apart one stands for all: a tie is to the name.
    """
    known = {key: name for one in behind for key, name in one.organisations}
    names = Counter(known.values())
    lands: dict[uuid.UUID, str] = {}
    for one in behind:
        for key, _name in one.organisations:
            beside = None if masked or len(one.beside) != 1 else one.beside[0]
            land = one.lands.get(key) or beside
            if land:
                lands.setdefault(key, land)
    told: dict[str, uuid.UUID] = {}
    for key, name in known.items():
        land = lands.get(key) if names[name] > 1 else None
        told.setdefault(f"{name} ({codes.country_name(land, lang)})" if land else name, key)
    return sorted(((key, label) for label, key in told.items()), key=lambda pair: pair[1].casefold())


class RecuseForm(Form):
    """Stepping back from a file."""

    kind = RadioField(
        _l("What ties you to this person?"),
        choices=options([(one.value, shown.CONFLICTS[one]) for one in DECLARED]),
        validators=[required(_l("Choose one"))],
    )


class SeatForm(Form):
    """What is known of a reader."""

    languages = SelectMultipleField(_l("Reads files in these languages"), validators=[required(_l("Choose one"))])
    region = SelectField(_l("Region"), validators=[optional()])
    country = SelectField(_l("Country"), validators=[optional()])
    most = IntegerField(_l("Most files"), validators=[required(), NumberRange(0, 1000)])
    fewest = IntegerField(_l("Fewest files"), validators=[required(), NumberRange(0, 1000)])
    seen = HiddenField()

    def fill(self) -> None:
        """Give the lists their choices, in the page's language."""
        self.languages.choices = options(codes.language_choices(g.lang, interface_only=True))
        none = ("", gettext("Not known"))
        self.region.choices = options([none, *shown.regions()])
        self.country.choices = options([none, *codes.countries(g.lang)])

    def validate_fewest(self, field: IntegerField) -> None:
        """Not more than the most."""
        if field.data is not None and self.most.data is not None and field.data > self.most.data:
            raise ValidationError(gettext("This is more than the most"))

    def known(self) -> Seating:
        """What was chosen."""
        return Seating(
            self.languages.data or [],
            self.region.data or None,
            self.country.data or None,
            self.most.data or 0,
            self.fewest.data or 0,
        )


class LiftForm(Form):
    """Why a declared tie should count no more."""

    reason = TextAreaField(
        _l("Reason"),
        description=_l("Recorded with your name. Another officer reads it and decides."),
        validators=[required(), Length(max=1000)],
        render_kw={"rows": 3},
    )
