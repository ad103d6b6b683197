"""Why a typed amount cannot be taken, in words: the same slip is answered alike wherever amounts are typed."""

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from eventhub.kit.i18n import language, show_number
from eventhub.kit.money import AmountWrong, MoneyError, Why

MOST = 10**9
"""Units of a currency: more than that was typed by mistake."""
TWO_WAYS = _l(
    "This can be read in two ways. Put nothing between thousands and a full stop before decimals: 2500 or 1.5."
)
NEGATIVE = _l("An amount cannot be less than nothing")
TOO_LARGE = _l("This amount is too large: at most %(most)s", most=LazyString(lambda: show_number(MOST, language())))
PLAIN = _l("Write an amount, such as 120,000")


def why_not(error: MoneyError) -> Any:
    """What to tell whoever typed it."""
    if not isinstance(error, AmountWrong):
        return PLAIN
    return {Why.NEGATIVE: NEGATIVE, Why.AMBIGUOUS: TWO_WAYS, Why.TOO_LARGE: TOO_LARGE}.get(error.why, PLAIN)
