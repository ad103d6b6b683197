"""All tables of the house: known before the first query or migration."""

from eventhub.arrangements import models as arrangements_models
from eventhub.awards import dashboard_models as awards_dashboard
from eventhub.awards import models as awards_models
from eventhub.awards import release_models as awards_release_models
from eventhub.calendars import models as calendars_models
from eventhub.checkin import models as checkin_models
from eventhub.commitments import models as commitments_models
from eventhub.delegations import models as delegations_models
from eventhub.evaluations import models as evaluations_models
from eventhub.evidence import models as evidence_models
from eventhub.funding import desk_models as funding_desk_models
from eventhub.funding import models as funding_models
from eventhub.funding import organisations as funding_organisations
from eventhub.helping import models as helping_models
from eventhub.kit import audit, files, form_keys, mail, outbox, revisions, sealed, slots
from eventhub.mailings import models as mailings_models
from eventhub.papers import models as papers_models
from eventhub.registration import models as registration_models
from eventhub.reviewing import models as reviewing_models
from eventhub.rounds import models as rounds_models
from eventhub.selecting import models as selecting_models
from eventhub.tracker import models as tracker_models

TABLES = (
    audit,
    files,
    form_keys,
    mail,
    outbox,
    revisions,
    sealed,
    slots,
    arrangements_models,
    awards_models,
    awards_dashboard,
    awards_release_models,
    calendars_models,
    checkin_models,
    commitments_models,
    rounds_models,
    evaluations_models,
    delegations_models,
    evidence_models,
    funding_models,
    funding_desk_models,
    funding_organisations,
    mailings_models,
    helping_models,
    papers_models,
    registration_models,
    reviewing_models,
    selecting_models,
    tracker_models,
)
"""The modules that name them."""
