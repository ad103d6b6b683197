"""A slate's snapshot, sealed, and the house's signature over everything that a recommendation says.

Each signature stands on the one before it of the same call, so that none can be taken out unseen.
"""

import hashlib
import json
import uuid
from typing import Any

from eventhub.kit.sealed import SealKey, open_sealed, place, seal, sign_for_house, signed_by_house
from eventhub.selecting.models import Slate


def sealed_snapshot(slate_id: uuid.UUID, key: SealKey, text: str) -> bytes:
    """The canonical text of a problem, sealed for this slate."""
    return seal(key, place("fund_slate", "snapshot", slate_id), text)


def snapshot_of(slate: Slate) -> str:
    """The canonical text again; for workers alone. Raises Unreadable."""
    return open_sealed(slate.key, place("fund_slate", "snapshot", slate.id), slate.snapshot).decode()


def sign(slate: Slate) -> str:
    """The signature of a slate whose minutes are written."""
    return sign_for_house(place("fund_slate", "signature", slate.id), _said(slate))


def is_signed(slate: Slate) -> bool:
    """Whether everything that was signed is still as it was."""
    where = place("fund_slate", "signature", slate.id)
    return slate.signature is not None and signed_by_house(where, _said(slate), slate.signature)


def _said(slate: Slate) -> bytes:
    said: dict[str, Any] = {
        "call": str(slate.call_id),
        "board": str(slate.board_id),
        "number": slate.number,
        "snapshot": slate.digest,
        "rules": [slate.rules_number, slate.rules_digest],
        "scoring": str(slate.scoring_id),
        "commitment": slate.commitment,
        "solver": slate.solver,
        "result": _digest(slate.result),
        "people": _digest(slate.people),
        "reserves": _digest(slate.reserves),
        "minutes": slate.minutes,
        "by": str(slate.recommended_by_id),
        "at": slate.recommended_at.isoformat() if slate.recommended_at else None,
    }
    if slate.change and "from" in slate.change:
        said["change"] = _digest(slate.change)
    return _plain(said)


def _digest(data: Any) -> str:
    return hashlib.sha256(_plain(data)).hexdigest()


def _plain(data: Any) -> bytes:
    return json.dumps(data, sort_keys=True, separators=(",", ":")).encode()
