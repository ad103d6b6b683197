"""Content lines of iCalendar (RFC 5545, 3.1) as the library folds them: apart, so that only who writes loads it."""

from typing import Any

from icalendar.parser import Contentline, Parameters
from icalendar.prop import vText


def unfolded(key: str, value: str, parameters: dict[str, str]) -> Any:
    """One content line, which ``to_ical`` folds; ``value`` is already escaped."""
    return Contentline.from_parts(key, Parameters(parameters), _Verbatim(value), sorted=False)


class _Verbatim(vText):
    """A value that is written as it is: vText's own escaping turns a literal backslash-N into a newline."""

    def to_ical(self) -> bytes:
        return self.encode()
