"""Answers that hardly go together: asked about once, and taken as they are when the button is pressed again."""

from flask import request
from flask_babel import gettext as _

from eventhub.funding.traits import truth
from eventhub.kit.forms import posted
from eventhub.questionnaires.answers import field_name
from eventhub.questionnaires.forms import AnswerForm

FIRST, BEFORE = "first_time", "previous_grant"
MARK = "sure"
"""The field with which a page says that it asked."""


def are_there(form: AnswerForm) -> bool:
    """Whether somebody says both, here or on another page: the first time at the forum, and a grant before."""
    return all(truth(form.data.get(field_name(key), form.stored.get(key))) for key in (FIRST, BEFORE))


def asks(form: AnswerForm) -> bool:
    """Ask at the field, unless this page asked already; whether it does. A first time counts when a board chooses."""
    here = [name for name in (field_name(FIRST), field_name(BEFORE)) if name in form.data]
    if not posted() or MARK in request.form or request.form.get("go") == "later" or not here or not are_there(form):
        return False
    said = _(
        "You have had a grant from this fund. Is it your first time at the forum all the same? Then press the button"
        " once more."
    )
    return form.show_at_fields({here[0]: said})
