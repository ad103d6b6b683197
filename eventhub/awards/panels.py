"""What awards say on the pages of features below them."""

from flask import g, url_for

from eventhub.awards import letters, personal_data, queries
from eventhub.awards.views import STATES
from eventhub.kit.panels import Panel, Provider
from eventhub.people.models import Person
from eventhub.people.sessions import Visitor


def mine(visitor: Visitor) -> Panel | None:
    """Somebody's grants, on My page."""
    items = [
        {
            "title": letters.title_of(one.application.call, g.lang),
            "url": url_for("awards.mine", reference=one.application.reference),
            "state": STATES.get(one.application.state, ""),
        }
        for one in queries.of_person(visitor.person.id)
    ]
    return Panel("awards/me_panel.html", {"items": items}) if items else None


def data(person: Person) -> Panel:
    """Grants, in the person's copy of all data."""
    return Panel(
        "", {"grants": personal_data.own_data(person), "decisions_of_the_fund": personal_data.decisions(person)}
    )


PROVIDERS: tuple[tuple[str, Provider], ...] = (("me.main", mine), ("me.data", data))
"""What app.py registers."""
