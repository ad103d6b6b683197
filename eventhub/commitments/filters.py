"""What the public list is asked for, read from the values of an address: by its page and by all that is taken along."""

from collections.abc import Mapping

from eventhub.commitments.axes import Freshness
from eventhub.commitments.models import Says, Verdict
from eventhub.commitments.queries import Wanted
from eventhub.kit import codes
from eventhub.kit.text import single_line

FILTERS = ("q", "by", "maker", "country", "theme", "group", "event", "said", "checked", "fresh", "due")
PAST = "past"
"""What ``due`` asks for: the last day is past."""
WORDS = 200
"""So many signs of a question are looked for."""


def wanted(args: Mapping[str, str]) -> Wanted:
    """What the address asks for; what is no answer of a list is left out."""
    said, checked, fresh = (args.get(name, "") for name in ("said", "checked", "fresh"))
    country = args.get("country", "")
    return Wanted(
        words=_clean(args.get("q", "")),
        by=_clean(args.get("by", "")) or None,
        maker=_one_of(args.get("maker", ""), "commitment_maker_type"),
        country=country if codes.is_country(country) else None,
        theme=_one_of(args.get("theme", ""), "theme"),
        group=_one_of(args.get("group", ""), "group_concerned"),
        event=_clean(args.get("event", "")) or None,
        said=Says(said) if said in {one.value for one in Says} else None,
        checked=Verdict(checked) if checked in {one.value for one in Verdict} else None,
        freshness=Freshness(fresh) if fresh in {one.value for one in Freshness} else None,
        overdue=args.get("due") == PAST,
    )


def kept(args: Mapping[str, str]) -> dict[str, str]:
    """The values that filter, as they stand in the address, without what no text holds."""
    return {name: text for name, value in args.items() if name in FILTERS and (text := _clean(value))}


def _clean(value: str) -> str:
    """One line, as forms clean it: control signs in an address are no question."""
    return single_line(value)[:WORDS].strip()


def _one_of(value: str, vocabulary: str) -> str | None:
    return value if value in codes.codes(vocabulary) else None
