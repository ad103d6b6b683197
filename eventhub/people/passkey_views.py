"""Passkeys: kept and removed on a page of one's own, and given at the sign-in or as the second step."""

from flask import Response, flash, make_response, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.utils import redirect

from eventhub.kit.access import actor, anyone, personal, stands_on
from eventhub.kit.db import db
from eventhub.kit.errors import NotFound
from eventhub.kit.forms import ActionForm, submit
from eventhub.kit.limits import count
from eventhub.kit.web import back_to, local_target
from eventhub.people import actions, passkeys, queries, sessions, sign_in
from eventhub.people.forms import NewPasskeyForm, NewStaffPasskeyForm, PasskeyForm, as_uuid
from eventhub.people.models import Passkey, Person
from eventhub.people.offer_views import bp
from eventhub.people.views import PER_ADDRESS, PER_CODE

__all__ = ["bp"]


@bp.route("/me/passkeys", methods=["GET", "POST"], endpoint="passkeys")
@personal
def my_passkeys() -> ResponseReturnValue:
    """The devices that sign me in; one can be added, and each removed."""
    visitor = actor()
    form = NewStaffPasskeyForm() if visitor.has_second_factor() else NewPasskeyForm()
    if form.validate_on_submit() and _is_code_right(form):
        label, answer = form.label.data or "", form.secret.data or ""
        made = submit(
            form, lambda: passkeys.make(visitor.person, visitor.web_session, _holder(), answer, label.strip())
        )
        if made is not None:
            flash(_("The passkey is kept. You can sign in with it from now on."), "ok")
            return back_to("people.passkeys")
        passkeys.use_up(_holder())
    return _page(form)


@bp.post("/me/passkeys/remove")
@personal
@stands_on("people.passkeys")
def remove_passkey() -> ResponseReturnValue:
    """One that is not used any more, or was lost with its device."""
    form, chosen = ActionForm(), as_uuid(request.form.get("passkey", ""))
    if form.validate_on_submit():
        if chosen is None:
            raise NotFound
        found = next((one for one in passkeys.of_person(actor().id) if one.id == chosen), None)
        if request.form.get("sure") != "yes" and found is not None:
            return render_template("people/passkey_remove.html", form=form, passkey=found)
        passkeys.remove(actor().person, chosen)
        flash(
            _(
                "The passkey is removed. It opens nothing any more. The device keeps its entry until you delete it"
                " there."
            ),
            "ok",
        )
    else:
        flash(_("This page was open too long. Look at your answers and send again."), "warn")
    return back_to("people.passkeys")


@bp.post("/me/passkeys/options")
@personal
@stands_on("people.passkeys")
def options_to_make() -> ResponseReturnValue:
    """What the page's script hands to the device, to make a passkey."""
    if not ActionForm().validate_on_submit():
        return "", 422
    return passkeys.options_to_make(actor().person, _holder())


@bp.post("/sign-in/passkey/options")
@anyone
def options_to_give() -> ResponseReturnValue:
    """What the page's script hands to the device, to sign in or for the second step."""
    if not ActionForm().validate_on_submit() or not _holder():
        return "", 422
    count("sign_in.passkey", request.remote_addr or "", **PER_ADDRESS)
    half = current_user.is_authenticated and current_user.is_half_signed_in()
    return passkeys.options_to_give(_holder(), _second_factors() if half else ())


@bp.post("/sign-in/passkey")
@anyone
def sign_in_by_passkey() -> ResponseReturnValue:
    """Signed in by the device, or the second step given by it."""
    form = PasskeyForm()
    half = current_user.is_authenticated and current_user.is_half_signed_in()
    if current_user.is_authenticated and not half:
        return redirect(local_target(form.next.data) or url_for("people.me"), 303)
    if form.validate_on_submit():
        count("sign_in.code", _holder(), **PER_CODE)
        found = submit(form, lambda: passkeys.recognise(_holder(), form.secret.data or ""))
        if found is None:
            passkeys.use_up(_holder())
        if found is not None and (answer := _second_step(found) if half else _signed_in(found)):
            return answer
        if found is not None:
            form.show(passkeys.NotRecognised())
    said = [*form.secret.errors, *form.form_errors, *form.csrf_token.errors]
    page = url_for("people.second_factor" if half else "people.sign_in", next=local_target(form.next.data))
    for words in said:
        flash(str(words), "warn")
    return redirect(page, 303)


def _signed_in(found: Passkey) -> Response:
    person = db.session.get_one(Person, found.person_id)
    if person.email:
        sign_in.close_requests(person.email)
    is_staff = bool(queries.grants_of(person.id))
    row = sessions.begin_session(person, is_staff=is_staff)
    target = local_target(request.form.get("next"))
    if row.is_half and not actions.gives_passkey(person, row, found):
        return make_response(redirect(url_for("people.second_factor", next=target), 303))
    return make_response(redirect(target or url_for("people.me"), 303))


def _second_step(found: Passkey) -> Response | None:
    """The half session of the same person becomes whole; None where the passkey is no second step, or another's."""
    me = actor()
    if found.person_id != me.id or not actions.gives_passkey(me.person, me.web_session, found):
        return None
    return make_response(redirect(local_target(request.form.get("next")) or url_for("people.me"), 303))


def _second_factors() -> list[Passkey]:
    return [one for one in passkeys.of_person(actor().id) if one.is_second_factor]


def _holder() -> str:
    """What only this browser knows: the secret of its session, or the one of its way to the sign-in."""
    return str(session.get("_user_id") or session.get("browser") or "")


def _is_code_right(form: NewPasskeyForm) -> bool:
    """Staff show once more that the phone is theirs: the passkey will stand for its codes."""
    if not isinstance(form, NewStaffPasskeyForm):
        return True
    me = actor().person
    count("second_factor", str(me.id), **PER_CODE)
    if actions.gives_fresh_code(me, form.code.data or ""):
        return True
    form.code.errors = [_("This code does not work. Each code works once; wait for the next one.")]
    return False


def _page(form: NewPasskeyForm) -> ResponseReturnValue:
    visitor = actor()
    form.secret.data = None
    page = render_template(
        "people/passkeys.html",
        form=form,
        visitor=visitor,
        rows=passkeys.of_person(visitor.id),
        remove=ActionForm(formdata=None),
        works_here=passkeys.work_at(request.root_url),
        scripts=["passkey.js"],
    )
    return page, form.status
