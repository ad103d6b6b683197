"""Files of the fund in the words and shapes that the desk's pages place."""

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext

from eventhub.funding.deciding import REASONS
from eventhub.funding.file_check import Gap, Lack
from eventhub.funding.models import Call, Owed, State, Vouch, Voucher
from eventhub.funding.nearness import Nearness
from eventhub.funding.rules import Support
from eventhub.kit import codes
from eventhub.kit.i18n import Clock, Moment, in_language, own_clock, show_by, show_money
from eventhub.kit.money import Money
from eventhub.questionnaires.definition import Definition

Tag = tuple[Any, str]

STATES: dict[State, Tag] = {
    State.DRAFT: (lazy_pgettext("state of an application", "Draft"), "warn"),
    State.SUBMITTED: (lazy_pgettext("state of an application", "Sent"), "go"),
    State.INFO_REQUESTED: (lazy_pgettext("state of an application", "Information asked"), "warn"),
    State.ELIGIBLE: (lazy_pgettext("state of an application", "Eligible"), "ok"),
    State.INELIGIBLE: (lazy_pgettext("state of an application", "Not eligible"), "stop"),
    State.UNDER_REVIEW: (lazy_pgettext("state of an application", "Under review"), "go"),
    State.RECOMMENDED: (lazy_pgettext("state of an application", "Recommended"), "ok"),
    State.RESERVE: (lazy_pgettext("state of an application", "On the reserve list"), "new"),
    State.NOT_RECOMMENDED: (lazy_pgettext("state of an application", "Not recommended"), "silent"),
    State.APPROVED: (lazy_pgettext("state of an application", "Approved"), "ok"),
    State.OFFERED: (lazy_pgettext("state of an application", "Grant offered"), "warn"),
    State.ACCEPTED: (lazy_pgettext("state of an application", "Grant accepted"), "ok"),
    State.VISA_PENDING: (lazy_pgettext("state of an application", "Waiting for the visa"), "warn"),
    State.VISA_REFUSED: (lazy_pgettext("state of an application", "Visa refused"), "stop"),
    State.TICKETED: (lazy_pgettext("state of an application", "Ticket issued"), "ok"),
    State.TRAVELLED: (lazy_pgettext("state of an application", "Journey made"), "ok"),
    State.REPORT_DUE: (lazy_pgettext("state of an application", "Report awaited"), "warn"),
    State.REPORT_OVERDUE: (lazy_pgettext("state of an application", "Report overdue"), "stop"),
    State.CLOSED: (lazy_pgettext("state of an application", "Closed"), "silent"),
    State.DECLINED_BY_APPLICANT: (lazy_pgettext("state of an application", "Grant declined"), "silent"),
    State.LAPSED: (lazy_pgettext("state of an application", "Offer lapsed"), "silent"),
    State.CANCELLED: (lazy_pgettext("state of an application", "Grant cancelled"), "silent"),
    State.WITHDRAWN: (lazy_pgettext("state of an application", "Withdrawn"), "silent"),
    State.EXPIRED: (lazy_pgettext("state of an application", "Not sent in time"), "silent"),
}
"""Words, shape and colour of each state."""

SUPPORTS: dict[Support, Any] = {
    Support.FULL: _l("Full support"),
    Support.PARTIAL: _l("Part of the costs"),
    Support.WOULD_COME: _l("Would come anyway"),
}

VOUCHERS: dict[Voucher, Any] = {
    Voucher.NOMINATOR: _l("Nominates"),
    Voucher.REFEREE: lazy_pgettext("somebody who vouches", "Referee"),
}

VOUCHES: dict[Vouch | None, Tag] = {
    None: (lazy_pgettext("of somebody who vouches", "No answer yet"), "silent"),
    Vouch.CONFIRMED: (lazy_pgettext("of somebody who vouches", "Confirmed"), "ok"),
    Vouch.DECLINED: (lazy_pgettext("of somebody who vouches", "Does not vouch"), "warn"),
    Vouch.NOT_ME: (lazy_pgettext("of somebody who vouches", "Says: this is not me"), "stop"),
}

DISOWNED: Tag = (lazy_pgettext("of somebody who vouches", "Confirmed, then denied"), "stop")

OWED: dict[Owed, Tag] = {
    Owed.REPORT: (_l("Owes a report"), "warn"),
    Owed.DEBARRED: (_l("Debarred"), "stop"),
}

CAUSES: dict[str, Any] = {
    "answered": _l("Question answered"),
    "without_answer": _l("Gone on without an answer"),
    "taken_up": _l("Looked at again"),
    "duplicate": _l("Withdrawn: a newer application of the same person goes on"),
    "two_people": _l("Two people after all: looked at again"),
    "went_on": _l("Withdrawal taken back"),
}
"""Why a file moved, in its history."""

_LACKS: dict[Lack, Any] = {
    Lack.NOMINATOR: _l("The organization that nominates has not confirmed yet"),
    Lack.NOMINATOR_REFUSED: _l("The organization that was named does not nominate"),
    Lack.LETTER: _l("The letter of nomination"),
}


def gap_words(gap: Gap, definition: Definition | None) -> str:
    """What is missing, in words of the running language; ``definition`` is in that language already."""
    if gap.lack in _LACKS:
        return str(_LACKS[gap.lack])
    if gap.lack is Lack.REFEREE:
        return str(_("Referee %(number)s has not answered yet", number=gap.key))
    if gap.lack is Lack.REFEREE_REFUSED:
        return str(_("Referee %(number)s does not vouch: name somebody else", number=gap.key))
    try:
        return str(definition.question(gap.key).label) if definition else gap.key
    except KeyError:
        return gap.key


def gaps_words(gaps: Sequence[Gap], definition: Definition | None) -> list[str]:
    """All that is missing, in words."""
    return [gap_words(gap, definition) for gap in gaps]


def why_too_near(near: Nearness | None) -> Any:
    """Why somebody does not decide about a file."""
    if near is Nearness.ORGANISATION:
        return _("From or nominated by an organization that you represent, or represented within the last two years")
    if near is Nearness.FILED:
        return _("Filled in by yourself: a colleague decides")
    if near is Nearness.VOUCHED:
        return _("You were asked to vouch for this person: a colleague decides")
    return _("Your own application")


def region(code: str | None, lang: str) -> str:
    """The name of a region; nothing where it is not known."""
    return codes.label("forum_region", code, lang) if code in codes.codes("forum_region") else ""


def country(code: str | None, lang: str) -> str:
    """The name of a country; nothing where it is not known."""
    try:
        return codes.country_name(code, lang) if code else ""
    except KeyError:
        return ""


def reason(code: str | None, lang: str) -> str:
    """The label of a reason, for staff."""
    return codes.label("decision_reason.funding", code, lang) if code in REASONS else ""


def clock_of(call: Call, zone: str, lang: str) -> Clock:
    """By whose clock the desk's pages tell the time: the reader's own, where they chose one."""
    return own_clock(zone, lang, own_clock(call.time_zone, lang))


def moment(call: Call, instant: Any, zone: str, lang: str) -> Moment:
    """A moment by that clock."""
    return show_by(instant, clock_of(call, zone, lang), lang)


def title_of(call: Call, lang: str) -> str:
    """What a call is called."""
    return in_language(call.title, lang, call.original_language).text


def money(amount: int | None, currency: str, lang: str) -> str:
    """An amount in minor units, in words: ``USD 1,234``."""
    return "" if amount is None else show_money(Money(amount, currency), lang)
