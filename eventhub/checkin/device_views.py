"""What phones at the doors ask for: the list, a place for their scans, and the service worker. Answers are JSON."""

import json
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, g, jsonify
from flask.typing import ResponseReturnValue

from eventhub.checkin import actions, shown
from eventhub.checkin.console import at_door, bp
from eventhub.checkin.forms import ListForm, ScansForm
from eventhub.checkin.models import Scan
from eventhub.checkin.roster import instant
from eventhub.kit.access import actor, staff
from eventhub.kit.assets import STATIC
from eventhub.kit.forms import submit
from eventhub.kit.i18n import show_time
from eventhub.programme.models import Event
from eventhub.registration.shown import label

WORKER = (STATIC / "check-in" / "worker.js").read_bytes()


@bp.post("/console/events/<slug>/check-in/list")
@staff
def hand_out(slug: str) -> ResponseReturnValue:
    """The signed list of those who take part, for one phone, until midnight."""
    event = at_door(slug)
    form = ListForm()
    if not form.validate_on_submit():
        return jsonify(problem="form"), 422
    signed = submit(
        form,
        lambda: actions.hand_out_list(
            actor().person, event, device_id=form.device_id(), device_at=instant(int(form.clock.data or 0))
        ),
    )
    if signed is None:
        return jsonify(problem="list"), 422
    return jsonify(
        head=signed.head, signature=signed.signature, people=signed.people, categories=_categories(signed.people)
    )


@bp.post("/console/events/<slug>/check-in/scans")
@staff
def take_in(slug: str) -> ResponseReturnValue:
    """Scans of a phone, one as it happens or a day of them; what is here already is answered alike."""
    event = at_door(slug)
    form = ScansForm()
    if not form.validate_on_submit():
        # A page older than its session is opened anew; what cannot be read is never sent again.
        unreadable = not {"csrf_token", "form_key"} & set(form.errors)
        return jsonify(problem="scans" if unreadable else "form"), 422
    scans = submit(
        form,
        lambda: actions.take_in(
            actor().person,
            event,
            form.head.data or "",
            form.signature.data or "",
            instant(int(form.clock.data or 0)),
            form.readings,
        ),
    )
    if scans is None:
        return jsonify(problem="list"), 422
    kept = {str(scan.nonce) for scan in scans}
    gone = [str(one.nonce) for one in form.readings if str(one.nonce) not in kept]
    read = {one.nonce: one.reference for one in form.readings}
    results = [_answer(event, scan, read.get(scan.nonce), whole=len(scans) == 1) for scan in scans]
    return jsonify(results=results, gone=gone)


@bp.get("/console/events/<slug>/check-in/worker.js")
@staff
def worker(slug: str) -> ResponseReturnValue:
    """The service worker: its place in the address is its scope, the doors of one event in one language."""
    at_door(slug)
    return Response(WORKER, content_type="text/javascript; charset=utf-8")


def _answer(event: Event, scan: Scan, read: str | None, *, whole: bool) -> dict[str, Any]:
    told: dict[str, Any] = {"nonce": str(scan.nonce), "verdict": scan.verdict.value}
    told["at"] = show_time(scan.scanned_at.astimezone(ZoneInfo(event.time_zone)))
    if whole:
        result = shown.result(event, scan, g.lang, read=read)
        told |= {"kind": result.kind, "word": result.word, "name": result.name}
        told |= {"category": result.category, "detail": result.detail}
    return told


def _categories(people: str) -> dict[str, str]:
    """The categories in the language of the page."""
    from_list = {row[2] for row in json.loads(people)["people"]}
    return {code: label("participant_category", code, g.lang) for code in sorted(from_list)}
