"""What each kind of promised work is called on the page of tasks that were given up."""

from typing import Any

from flask_babel import lazy_gettext as _l

TASK_NAMES: dict[str, Any] = {
    "calendars.invite": _l("An invite to a session, or a change of it"),
    "papers.make": _l("Papers to print"),
    "people.address_changed": _l("New links after a change of address"),
    "people.administrator_added": _l("A mail to administrators about a new one"),
    "people.administrator_removed": _l("A mail to administrators about one whose role was taken away"),
    "people.email_change_new": _l("A mail to the new address, to agree to it"),
    "people.email_change_old": _l("A mail to the old address, to agree to the new one"),
    "people.erased": _l("Erasing what is kept about a person"),
    "people.role_given": _l("A mail about a role that was given"),
    "people.role_offered": _l("A mail about a role that is offered"),
    "people.second_factor_at_stake": _l("A mail to whose second step is to be cleared"),
    "people.second_factor_asked": _l("A mail to administrators about a second step to clear"),
    "people.second_factor_renewed": _l("A mail about a new phone for the second step"),
    "people.second_factor_reset": _l("A mail about a second step that was cleared"),
    "people.second_factor_set_up": _l("A mail about the first phone for the second step"),
    "people.second_factor_was_reset": _l("A mail to administrators about a second step that was cleared"),
    "people.sign_in": _l("A mail with a link to sign in"),
    "people.visibility_changed": _l("Hiding or showing a person everywhere"),
    "programme.days_moved": _l("How long answers are kept after an event was moved"),
    "programme.event_changed": _l("A changed event in calendars"),
    "programme.session_changed": _l("A changed session in calendars"),
    "registration.accredited": _l("A mail about an accreditation"),
    "registration.accredited_calendar": _l("The sessions of an accredited person in calendars"),
    "registration.asked": _l("A mail about a question of the secretariat"),
    "registration.changed": _l("A mail about changed answers"),
    "registration.deadline_extended": _l("A mail about an extended deadline"),
    "registration.declined": _l("A mail about a registration that was declined"),
    "registration.lapsed": _l("A mail that an offered place was not taken"),
    "registration.many_reads": _l("A warning about many sealed answers that were opened"),
    "registration.many_refusals": _l("A warning about many badges refused at a door"),
    "registration.many_searches": _l("A warning about many searches for people"),
    "registration.offered": _l("A mail that offers a place"),
    "registration.place_kept": _l("A mail that an offered place was taken"),
    "registration.reprinted": _l("Papers of somebody who changed a registration"),
    "registration.revoked": _l("A mail about an accreditation that was taken back"),
    "registration.submitted": _l("A mail that a registration arrived"),
    "registration.taken_up": _l("A mail about a registration that is looked at again"),
    "registration.waitlisted": _l("A mail about the waiting list"),
    "registration.withdrawn": _l("A mail about a registration that was withdrawn"),
    "registration.withdrawn_calendar": _l("The sessions of a withdrawn person in calendars"),
}
"""Every task of the outbox; its own name may stand beside, for whoever reads the logs."""
