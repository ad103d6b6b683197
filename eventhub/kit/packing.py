"""Whether an answer may be sent packed: what the header Accept-Encoding says (RFC 9110 12.5.3)."""

from functools import lru_cache

from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header


# A browser says the same with each request, and there are few browsers: the shelf pays for one look.
@lru_cache(maxsize=256)
def takes_gzip(accept_encoding: str) -> bool:
    """Whether gzip may be sent to whoever says this: named, or meant by an asterisk, and not with the quality 0."""
    return bool(parse_accept_header(accept_encoding, Accept).quality("gzip") > 0)
