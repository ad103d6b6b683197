"""What a decision will do, shown before it is taken: whom it is about, and what people will read."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from flask import g, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from eventhub.funding import debts, deciding, desk, desk_history, desk_letters, desk_shown
from eventhub.funding.desk import Desk
from eventhub.funding.desk_forms import EligibilityForm
from eventhub.funding.models import Application, State
from eventhub.funding.nearness import too_near
from eventhub.kit.access import actor
from eventhub.kit.clock import now
from eventhub.kit.errors import NotFound
from eventhub.kit.i18n import AUTONYMS, LANGUAGES, direction
from eventhub.kit.mail import render
from eventhub.questionnaires import queries as questionnaires


def outcome_of(value: str) -> State:
    """The outcome that a form names. Raises NotFound for nonsense."""
    if value not in {one.value for one in deciding.OUTCOMES}:
        raise NotFound
    return State(value)


def draw_preview(
    place: Desk,
    form: EligibilityForm,
    outcome: State,
    applications: Sequence[Application],
    *,
    versions: Mapping[uuid.UUID, int] | None = None,
) -> ResponseReturnValue:
    """The page between choosing files and deciding on them.

    ``versions``: those of the page that was just sent. What a colleague changed since is left out and said, so that
    pressing once more overturns nobody's decision.
    """
    near = too_near(actor().person, applications)
    moved = {one.id for one in applications if (versions or {}).get(one.id, one.version) != one.version}
    by = desk_history.last_hands(moved)
    able = [
        one
        for one in applications
        if deciding.can_decide(one.state, outcome) and one.id not in near and one.id not in moved
    ]
    unable = [one for one in applications if one not in able]
    owing = _owing(able) if outcome is State.ELIGIBLE else []
    open_until = place.call.closes_at if outcome is State.ELIGIBLE and place.call.closes_at > now() else None
    page = render_template(
        "funding/preview.html",
        place=place,
        title=desk_shown.title_of(place.call, g.lang),
        form=form,
        outcome=outcome,
        able=[(one, one.listed_name, desk_shown.STATES[one.state]) for one in able],
        unable=[
            (
                one,
                one.listed_name,
                desk_shown.why_too_near(near[one.id])
                if one.id in near
                else _moved(one, by.get(one.id))
                if one.id in moved
                else desk_shown.STATES[one.state][0],
            )
            for one in unable
        ],
        owing=owing,
        lacking=_lacking(place, able) if outcome is State.ELIGIBLE else [],
        open_until=desk_shown.moment(place.call, open_until, actor().person.time_zone, g.lang) if open_until else None,
        letters=letters_to(place, outcome, form.reason.data if form.reason else None, form.text.data, able),
        discreet=sum(one.person.discreet for one in able),
    )
    return page, form.status


def _owing(able: Sequence[Application]) -> list[Application]:
    """Those about whom something is owed, or who are debarred: shown before they are found eligible."""
    persons, organisations = debts.owing({one.person_id for one in able}, _organisations(able), now())
    return [
        one for one in able if one.person_id in persons or organisations & {one.organisation_id, one.nominated_by_id}
    ]


def _lacking(place: Desk, able: Sequence[Application]) -> list[tuple[Application, list[str]]]:
    """Those with something missing, and what, in words: their letters will say that all is complete."""
    found = desk.rows(place, desk.Filters(chip="all"), ids={one.id for one in able}, whole=True) if able else []
    missing = desk.gaps_of(place, found)
    forms = {
        row.id: questionnaires.localised(questionnaires.version(row.version_id), g.lang)
        for row in found
        if missing[row.id] and row.version_id
    }
    return [(one, desk_shown.gaps_words(missing[one.id], forms.get(one.id))) for one in able if missing.get(one.id)]


def _organisations(able: Sequence[Application]) -> set[uuid.UUID]:
    return {each for one in able for each in (one.organisation_id, one.nominated_by_id) if each is not None}


def letters_to(
    place: Desk, outcome: State, reason: str | None, text: str | None, able: Sequence[Application]
) -> list[dict[str, Any]]:
    """The letter in each language, to one of those concerned; the languages that are needed stand first."""
    plain = [one for one in able if not one.person.discreet and one.person.email]
    if not plain or (outcome is State.INELIGIBLE and reason not in deciding.REASONS):
        return []
    wanted = {one.person.language for one in able}
    found = []
    for lang in sorted(LANGUAGES, key=lambda code: (code not in wanted, LANGUAGES.index(code))):
        # Somebody who will read it in this language, where there is one.
        reader = next((one for one in plain if one.person.language == lang), plain[0])
        example = Application(reference=reader.reference, reason=reason, state=outcome, call_id=place.call.id)
        written = desk_letters.letter(
            desk_letters.DECISIONS[outcome],
            example,
            place.call,
            person=reader.person,
            language=lang,
            text=text or None,
        )
        if written is not None:
            mail = render(written, "<preview@localhost>", now())
            found.append(
                {
                    "lang": lang,
                    "direction": direction(lang),
                    "name": AUTONYMS[lang],
                    "subject": mail.subject,
                    "text": mail.text,
                    "needed": sum(one.person.language == lang for one in able),
                }
            )
    return found


def _moved(one: Application, who: str | None) -> Any:
    state = desk_shown.STATES[one.state][0]
    if who:
        return _("%(state)s: %(who)s changed this while you were looking at it", state=state, who=who)
    return _("%(state)s: changed while you were looking at it", state=state)
