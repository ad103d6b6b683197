"""Pages for everybody who has or wants an account: sign-in, My page, profile, consents, devices, data."""

import secrets
from typing import Any

from flask import Blueprint, Response, flash, g, make_response, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.utils import redirect

from eventhub.kit.access import actor, anyone, personal
from eventhub.kit.errors import NotFound
from eventhub.kit.forms import ActionForm, Form, submit
from eventhub.kit.headers import saved_as_json
from eventhub.kit.i18n import show_own
from eventhub.kit.limits import count
from eventhub.kit.panels import gathered, panels
from eventhub.kit.web import back_to, local_target
from eventhub.people import actions, passkeys, queries, sessions, sign_in
from eventhub.people.forms import (
    CodeForm,
    DiscreetForm,
    EmailForm,
    EraseForm,
    PasskeyForm,
    ProfileForm,
    PublicNameForm,
    SignInForm,
    as_uuid,
    consents_form,
)
from eventhub.people.models import (
    Channel,
    Person,
    SignInRequest,
    WebSession,
)

bp = Blueprint("people", __name__)
LEAVE = ["leave.js"]

# For one address in one browser. What others ask for the address is no business of this one: sign_in.open_request
# keeps the mailbox from being flooded, without a word to anybody.
PER_BROWSER = {"limit": 5, "seconds": 900}
# A hall of two thousand behind one address signs in within a quarter of an hour.
PER_ADDRESS = {"limit": 2000, "seconds": 900}
# Beside the tries that the rows count: these stand in no transaction, so that nothing can undo them.
PER_CODE = {"limit": 20, "seconds": 900}
CLEAR = '"cache", "cookies", "storage"'
# Scans of a door wait in this browser: leave.js has cleared the storage of everything else.
CLEAR_BUT_SCANS = '"cache", "cookies"'


@bp.route("/sign-in", methods=["GET", "POST"], endpoint="sign_in")
@anyone
def ask_to_sign_in() -> ResponseReturnValue:
    """Who are you? The answer is the same for every address (SAFETY.md property 3)."""
    if current_user.is_authenticated:
        return redirect(local_target(request.args.get("next")) or url_for("people.me"), 303)
    form = SignInForm(next=local_target(request.args.get("next")))
    session.setdefault("browser", secrets.token_urlsafe(32))
    if form.validate_on_submit():
        email = form.email.data or ""
        count("sign_in.browser", f"{session['browser']} {email}", **PER_BROWSER)
        count("sign_in.address", request.remote_addr or "", **PER_ADDRESS)
        actions.request_sign_in(
            email,
            g.lang,
            browser=session["browser"],
            next_url=local_target(form.next.data),
            known_by=session.get("_user_id") or "",
        )
        return back_to("people.sign_in_sent")
    passkey = PasskeyForm(formdata=None, next=form.next.data) if passkeys.work_at(request.root_url) else None
    return render_template("people/sign_in.html", form=form, passkey=passkey, scripts=["passkey.js"]), form.status


@bp.route("/sign-in/sent", methods=["GET", "POST"])
@anyone
def sign_in_sent() -> ResponseReturnValue:
    """Look in your mailbox; the code works here, in the browser that asked."""
    browser = session.get("browser", "")
    form = CodeForm()
    if form.validate_on_submit():
        count("sign_in.code", browser, **PER_CODE)
        row = sign_in.try_code(browser, form.code.data or "")
        person = sign_in.spend(row) if row else None
        if row and person:
            return _begin_session(person, row)
        again = _same_session(sign_in.spent_code(browser, form.code.data or ""))
        if again:
            return again
        form.code.errors = [_("This code does not work. It may be mistyped or too old, or a newer one was sent.")]
    row = sign_in.newest_of_browser(browser)
    fresh = row is not None and sign_in.takes_code(row)
    page = render_template("people/sign_in_sent.html", form=form, sent_to=row.email if row and fresh else None)
    return page, form.status


@bp.route("/sign-in/<token>", methods=["GET", "POST"])
@anyone
def sign_in_link(token: str) -> ResponseReturnValue:
    """The link of the mail. Opening it changes nothing: mail scanners open links; the button signs in."""
    form = ActionForm()
    session.setdefault("browser", secrets.token_urlsafe(32))
    if form.validate_on_submit():
        row = sign_in.open_link(token, lock=True)
        person = sign_in.spend(row) if row else None
        if row and person:
            return _begin_session(person, row)
        again = _same_session(sign_in.spent_link(token))
        if again:
            return again
    row = sign_in.open_link(token)
    if row is None or (request.method == "POST" and not form.errors):
        return _dead_link()
    return render_template("people/sign_in_link.html", form=form, email=row.email), form.status


@bp.route("/sign-out", methods=["POST"])
@anyone
def sign_out() -> ResponseReturnValue:
    """Out, with everything this browser kept (SAFETY.md property 11)."""
    form = ActionForm()
    if not form.validate_on_submit():
        return render_template("people/sign_out.html", form=form, scripts=LEAVE), 422
    sessions.end_session()
    return _forget_all(back_to("people.signed_out"))


@bp.route("/signed-out")
@anyone
def signed_out() -> ResponseReturnValue:
    """Where signing out leads."""
    if current_user.is_authenticated:
        return back_to("people.me")
    return render_template("people/signed_out.html")


@bp.route("/me")
@personal
def me() -> ResponseReturnValue:
    """My page."""
    return _my_page(DiscreetForm(obj=actor().person), ActionForm())


@bp.route("/me/discreet", methods=["POST"])
@personal
def discreet() -> ResponseReturnValue:
    """The switch of discreet mode."""
    form = DiscreetForm()
    if not form.validate_on_submit():
        return _my_page(form, ActionForm(), form=form)
    switched = actor().person.discreet != form.discreet.data
    follows = panels("me.safety", actor()) if switched else []
    actions.set_discreet(actor().person, form.discreet.data)
    flash(_("Discreet mode is on.") if form.discreet.data else _("Discreet mode is off."), "ok")
    for panel in follows:
        flash(str(panel.context["after"]))
    return back_to("people.me")


@bp.route("/me/public-name", methods=["POST"])
@personal
def public_name() -> ResponseReturnValue:
    """The public name, for whoever switched discreet mode on and has none."""
    form = PublicNameForm()
    if form.validate_on_submit() and submit(form, lambda: actions.choose_alias(actor().person, form.alias.data or "")):
        flash(_("Your public name is saved. Others read it in place of your name."), "ok")
        _says_unprintable(form, "alias")
        return back_to("people.me")
    return _my_page(DiscreetForm(obj=actor().person, formdata=None), ActionForm(formdata=None), form=form)


@bp.route("/me/hide", methods=["GET", "POST"])
@personal
def hide() -> ResponseReturnValue:
    """Hide me now: one press; before and after it, what others see, and what cannot be taken back."""
    visitor, form = actor(), ActionForm()
    if form.validate_on_submit() and submit(form, lambda: actions.hide_now(visitor.person)):
        return back_to("people.hide")
    seen = queries.public_channels(visitor.person.id)
    page = render_template(
        "people/hide.html",
        form=form,
        action_form=form,
        visitor=visitor,
        hidden=visitor.discreet and not seen,
        channels=Channel,
        public=seen,
        off={
            channel: show_own(at, visitor.person.time_zone, g.lang)
            for channel, at in queries.taken_back(visitor.person.id).items()
        },
    )
    return page, form.status


@bp.route("/me/profile", methods=["GET", "POST"])
@personal
def profile() -> ResponseReturnValue:
    """What we know about the person, in the person's own words."""
    person: Person = actor().person
    form = ProfileForm(person)
    if form.validate_on_submit() and submit(form, lambda: actions.update_profile(person, form.details())):
        flash(_("Your profile is saved."), "ok")
        return back_to("people.profile" if _says_unprintable(form, "name", "name_latin", "alias") else "people.me")
    page = render_template("people/profile.html", form=form, email=person.email, action_form=ActionForm(formdata=None))
    return page, form.status


@bp.route("/me/email", methods=["GET", "POST"])
@personal
def email() -> ResponseReturnValue:
    """A new address, once both the old and the new one agree."""
    person: Person = actor().person
    form = EmailForm()
    if form.validate_on_submit():
        count("email_change", str(person.id), limit=5, seconds=3600)
        actions.request_email_change(person, form.email.data or "")
        flash(_("We wrote to both addresses. Open the link in each of the two emails within 24 hours."), "ok")
        return back_to("people.email")
    waiting = queries.open_email_change(person.id)
    return render_template("people/email.html", form=form, email=person.email, waiting=waiting), form.status


@bp.route("/email-change/<token>", methods=["GET", "POST"])
@anyone
def agree_to_email_change(token: str) -> ResponseReturnValue:
    """One of the two links. Opening it changes nothing; the button agrees."""
    form = ActionForm()
    try:
        change, side = actions.open_email_change(token)
    except actions.LinkDead:
        return _dead_link(sign_in_url=None)
    if form.validate_on_submit() and (done := submit(form, lambda: actions.agree_to_email_change(token))):
        flash(
            _("The address is changed. Sign in with the new one.")
            if done.done_at
            else _("Thank you. The address changes once the other mailbox agrees too."),
            "ok",
        )
        return back_to("people.sign_in")
    page = render_template("people/email_change.html", form=form, change=change, is_new=side == actions.NEW)
    return page, form.status


@bp.route("/me/consents", methods=["GET", "POST"])
@personal
def consents() -> ResponseReturnValue:
    """Yes or no to each channel, and since when."""
    person: Person = actor().person
    before = {state.channel: state.given for state in queries.consent_states(person.id)}
    form = consents_form(before)
    if form.validate_on_submit() and submit(form, lambda: actions.set_consents(person, form.answers())):
        flash(_("Your consents are saved."), "ok")
        if form.answers()[Channel.LIST_OF_PARTICIPANTS] and not before[Channel.LIST_OF_PARTICIPANTS]:
            flash(_("Where a list of participants is public, it takes up to five minutes until your name is on it."))
        return back_to("people.consents")
    words = queries.consent_history(person.id)
    return render_template("people/consents.html", form=form, channels=Channel, words=words, person=person), form.status


@bp.route("/me/devices", methods=["GET", "POST"])
@personal
def devices() -> ResponseReturnValue:
    """Where I am signed in; each one can be signed out."""
    form, visitor = ActionForm(), actor()
    if form.validate_on_submit():
        if request.form.get("session") == "others":
            sessions.revoke_other_sessions(visitor.person, keep=visitor.web_session.id)
        else:
            chosen = as_uuid(request.form.get("session", ""))
            if chosen is None or chosen == visitor.web_session.id:
                raise NotFound
            actions.revoke_session(visitor.person, chosen)
        flash(_("Signed out there."), "ok")
        return back_to("people.devices")
    return _devices(form)


@bp.route("/me/data")
@personal
def data() -> ResponseReturnValue:
    """My data: get a copy, or have it erased."""
    return _data_page(ActionForm())


@bp.route("/me/data/copy", methods=["POST"])
@personal
def data_copy() -> ResponseReturnValue:
    """Everything we keep about the person, as JSON; each feature adds its own at the place ``me.data``. The sealed
    answers are opened, so it is a deed: asked for by a button and written down.
    """
    visitor, form = actor(), ActionForm()
    if not form.validate_on_submit():
        return _data_page(form)
    submit(form, lambda: actions.note_data_copy(visitor.person, visitor.web_session))
    return saved_as_json(gathered("me.data", visitor.person, queries.own_data(visitor.person)), "my-data.json")


@bp.route("/me/data/erase", methods=["GET", "POST"])
@personal
def erase() -> ResponseReturnValue:
    """The last question before everything goes."""
    person: Person = actor().person
    form = EraseForm()
    if form.validate_on_submit() and submit(form, lambda: actions.erase(person, person)):
        sessions.end_session()
        return _forget_all(back_to("people.erased"))
    return render_template("people/erase.html", form=form, scripts=LEAVE), form.status


@bp.route("/erased")
@anyone
def erased() -> ResponseReturnValue:
    """Where erasure leads."""
    return render_template("people/erased.html")


def _begin_session(person: Person, row: SignInRequest) -> Response:
    is_staff = bool(queries.grants_of(person.id))
    begun = sessions.begin_session(
        person, is_staff=is_staff, secret=sign_in.session_secret(row, session.get("browser") or secrets.token_hex())
    )
    return _lead_in(row, is_half=begun.is_half)


def _same_session(row: SignInRequest | None) -> Response | None:
    """A button pressed twice: the browser forgot the first answer and its cookie, so the second brings the same one."""
    if row is None or row.spent_at is None or "browser" not in session:
        return None
    secret = sign_in.session_secret(row, session["browser"])
    visitor = sessions.resume_session(secret, since=row.spent_at)
    if visitor is None:
        return None
    g.cookie_stands = True
    return _lead_in(row, is_half=visitor.is_staff() or visitor.is_half_signed_in())


def _lead_in(row: SignInRequest, *, is_half: bool) -> Response:
    target = local_target(sign_in.leads_to(row))
    if is_half:
        return make_response(redirect(url_for("people.second_factor", next=target), 303))
    return make_response(redirect(target or url_for("people.me"), 303))


def _my_page(discreet_form: DiscreetForm, action_form: ActionForm, form: Form | None = None) -> ResponseReturnValue:
    visitor = actor()
    page = render_template(
        "people/me.html",
        form=form,
        visitor=visitor,
        is_staff=visitor.is_staff(),
        discreet_form=discreet_form,
        action_form=action_form,
        alias_form=form if isinstance(form, PublicNameForm) else PublicNameForm(formdata=None),
        consents=queries.consent_states(visitor.person.id),
        devices=queries.live_session_count(visitor.person.id),
        offers=len(queries.own_offers(visitor.person)),
        main_panels=panels("me.main", visitor),
        safety_panels=panels("me.safety", visitor),
        aside_panels=panels("me.aside", visitor),
        scripts=LEAVE,
    )
    return page, form.status if form else 200


def _says_unprintable(form: Form, *names: str) -> bool:
    """Whether a name was typed that no paper can show; then it is said. Nobody is refused for the letters of a name."""
    typed = ((str(form[name].label.text), form[name].data or "") for name in names)
    said = [words for one in typed if (words := gathered("people.name", one, {}).get("said"))]
    for words in said:
        flash(words, "warn")
    return bool(said)


def _data_page(form: ActionForm) -> ResponseReturnValue:
    visitor = actor()
    copies = queries.data_copies(visitor.person)
    return render_template("people/data.html", form=form, visitor=visitor, copies=copies), form.status


def _devices(form: ActionForm) -> ResponseReturnValue:
    visitor = actor()
    rows: list[WebSession] = sessions.live_sessions(visitor.person.id)
    mine = queries.reset_about(visitor.id) if visitor.has_second_factor() else None
    return render_template("people/devices.html", form=form, visitor=visitor, rows=rows, mine=mine), form.status


def _dead_link(**context: Any) -> ResponseReturnValue:
    words = {"sign_in_url": url_for("people.sign_in"), "message": None} | context
    return render_template("errors/410.html", **words), 410


def _forget_all(response: Any) -> Response:
    answer = make_response(response)
    answer.headers["Clear-Site-Data"] = CLEAR_BUT_SCANS if request.form.get("keep") == "scans" else CLEAR
    return answer
