"""What speaks for two applications to one call being those of one person.

It is what registration compares (names, a date of birth, a paper), and mailboxes that only look like two.
"""

import uuid
from collections.abc import Collection, Mapping

from eventhub.kit.likeness import pairs
from eventhub.registration.twins import ENOUGH, WEIGHT, Found, Likeness, Twin
from eventhub.registration.twins import found as alike

MAILBOX = "mailbox"
"""The same mailbox under two spellings: dots, what stands behind a plus, or another host with the same long name."""
SAME_BOX, SAME_NAME = 3, 2
"""What the same mailbox adds, and the same long name of one at another host."""
LONG_NAME = 8


def mailbox_keys(email: str | None) -> set[str]:
    """What addresses of one mailbox share: ``a.b+news@example.org`` and ``ab@example.org`` are one."""
    if not email or "@" not in email:
        return set()
    name, _at, host = email.lower().rpartition("@")
    bare = name.partition("+")[0].replace(".", "")
    return {f"box {bare}@{host}"} | ({f"name {bare}"} if len(bare) >= LONG_NAME else set())


def found(
    everybody: Collection[Twin], mailboxes: Mapping[uuid.UUID, str | None], fresh: Collection[uuid.UUID]
) -> list[Found]:
    """The pairs among everybody of a call that have somebody ``fresh`` and enough that speaks for them."""
    known = {(one.first, one.second): one for one in alike(everybody, fresh)}
    twins = {one.id: one for one in everybody}
    keys = {one.id: mailbox_keys(mailboxes.get(one.id)) for one in everybody}
    for one, other in pairs(keys):
        if not (one in fresh or other in fresh):
            continue
        both = (min(one, other), max(one, other))
        score = SAME_BOX if any(key.startswith("box ") for key in keys[one] & keys[other]) else SAME_NAME
        before = known.get(both)
        reasons = list(before.reasons) if before else _told(twins[one], twins[other])
        if MAILBOX in reasons:
            continue
        total = score + (before.score if before else sum(WEIGHT[reason] for reason in reasons))
        if total >= ENOUGH:
            known[both] = Found(*both, [*reasons, MAILBOX], total)  # type: ignore[list-item]
    return list(known.values())


def _told(one: Twin, other: Twin) -> list[Likeness]:
    """What the records have in common beside a mailbox, where names alone were not enough."""
    same = []
    if one.organisation and one.organisation == other.organisation:
        same.append(Likeness.ORGANISATION)
    if one.country and one.country == other.country:
        same.append(Likeness.COUNTRY)
    return same
