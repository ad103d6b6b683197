"""The phones of the demo's staff: their second factor, and the code that each would show now."""

import pyotp

from eventhub.kit.clock import now
from eventhub.people import totp
from eventhub.people.models import Person


def give_phone(person: Person) -> None:
    """A second factor that works, unless there is one already."""
    if totp.factor_of(person) is None:
        totp.settle(person, pyotp.random_base32())


def code_of(person: Person) -> str | None:
    """What the person's phone shows: the first code that was not used yet. None where there is no phone."""
    factor = totp.factor_of(person)
    if factor is None:
        return None
    step = max(int(now().timestamp()) // totp.STEP, factor.last_step + 1)
    return pyotp.TOTP(totp.secret_of(person, factor)).generate_otp(step)
