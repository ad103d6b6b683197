"""The people one can sign in as in the demo."""

from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

from eventhub.people.models import Role


@dataclass(frozen=True)
class CastMember:
    """Somebody to be for a while. ``roles`` are held for everything, or for this year's Forum where ``forum_only``."""

    key: str
    name: str
    language: str
    what: Any
    roles: tuple[Role, ...] = ()
    forum_only: bool = False
    discreet: bool = False
    alias: str | None = None


CAST = (
    CastMember("admin", "Ines Duarte", "en", _l("Secretariat: everything"), (Role.ADMIN,)),
    CastMember("organiser", "Louis Bernard", "fr", _l("Organizer of this year’s Forum"), (Role.ORGANISER,), True),
    CastMember(
        "officer",
        "سلمى إدريس",
        "ar",
        _l("Accreditation officer of this year’s Forum"),
        (Role.ACCREDITATION_OFFICER,),
        True,
    ),
    CastMember("rapporteur", "Tomás Quispe", "es", _l("Rapporteur of this year’s Forum"), (Role.RAPPORTEUR,), True),
    CastMember("reviewer", "Анна Соколова", "ru", _l("Fund reviewer"), (Role.FUND_REVIEWER,)),
    CastMember("fund_officer", "Aïssatou Bâ", "fr", _l("Fund officer"), (Role.FUND_OFFICER,)),
    CastMember("chair", "Lupe Tuisalega", "en", _l("Board member"), (Role.BOARD_MEMBER,), True),
    CastMember("member", "王思远", "zh", _l("Board member"), (Role.BOARD_MEMBER,), True),
    CastMember("third_member", "Rosa Calderón", "es", _l("Board member"), (Role.BOARD_MEMBER,), True),
    CastMember("approver", "Henrik Dahl", "en", _l("Approver of payments"), (Role.APPROVER,)),
    CastMember("finance", "نادية شريف", "ar", _l("Finance"), (Role.FINANCE,)),
    CastMember("second_finance", "Mateus Ferreira", "en", _l("Finance"), (Role.FINANCE,)),
    CastMember("partner", "Nattaya Chaiwong", "en", _l("Host partner: counts only"), (Role.HOST_PARTNER,), True),
    CastMember("security", "Maria Fernández", "es", _l("Security officer of the host"), (Role.SECURITY_OFFICER,)),
    CastMember("participant", "Grace Achieng Otieno", "en", _l("Participant")),
    CastMember(
        "discreet", "Amina Yusuf Warsame", "ar", _l("Participant in discreet mode"), discreet=True, alias="A. Yusuf"
    ),
    CastMember("traveller", "Kwabena Mensah", "en", _l("Somebody who owes last year’s report")),
    CastMember("newcomer", "李娜", "zh", _l("Somebody who has not registered yet")),
)


def address_of(key: str) -> str | None:
    """The e-mail address of a cast member, or None for a key that nobody has."""
    return f"{key}@demo.example.org" if any(member.key == key for member in CAST) else None
