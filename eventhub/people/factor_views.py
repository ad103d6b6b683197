"""The second factor of whoever is signed in: given, set up, renewed, kept, and what to write down."""

from flask import flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from markupsafe import Markup
from werkzeug.utils import redirect

from eventhub.kit.access import actor, anyone, personal, stands_on
from eventhub.kit.errors import NotFound
from eventhub.kit.forms import ActionForm, submit
from eventhub.kit.limits import count
from eventhub.kit.web import back_to, local_target
from eventhub.people import actions, passkeys, resets, roles, totp
from eventhub.people import second_step as steps
from eventhub.people.forms import FactorForm, OfferCodeForm, PasskeyForm, RenewForm
from eventhub.people.models import PendingFactor, SecondFactor
from eventhub.people.sessions import Visitor
from eventhub.people.views import LEAVE, PER_CODE, bp

__all__ = ["bp", "count_offer_code"]

PER_SESSION = {"limit": 10, "seconds": 24 * 3600}
PER_PERSON = {"limit": 100, "seconds": 24 * 3600}


@bp.route("/second-factor", methods=["GET", "POST"])
@anyone
def second_factor() -> ResponseReturnValue:
    """The second factor of staff, and of whoever asks for one: a code of the app, or a recovery code."""
    if not current_user.is_authenticated:
        return back_to("people.sign_in")
    me, form = actor(), FactorForm(next=local_target(request.args.get("next")))
    target = local_target(form.next.data) or url_for("people.me")
    if me.has_second_factor() or not _is_asked(me):
        return redirect(target, 303)
    if totp.pending_of(me.web_session) is not None or totp.factor_of(me.person) is None:
        return redirect(url_for("people.second_factor_setup", next=local_target(form.next.data)), 303)
    if form.validate_on_submit():
        count("second_factor", str(me.id), **PER_CODE)
        if actions.give_second_factor(me.person, me.web_session, form.code.data or ""):
            return redirect(target, 303)
        form.code.errors = [_wrong_factor(totp.factor_of(me.person))]
    known = passkeys.work_at(request.root_url) and any(one.is_second_factor for one in passkeys.of_person(me.id))
    page = render_template(
        "people/second_factor.html",
        form=form,
        is_staff=me.is_staff(),
        passkey=PasskeyForm(formdata=None, next=form.next.data) if known else None,
        out=ActionForm(formdata=None),
        scripts=[*LEAVE, "passkey.js"] if known else LEAVE,
    )
    return page, form.status


@bp.route("/second-factor/set-up", methods=["GET", "POST"])
@anyone
def second_factor_setup() -> ResponseReturnValue:
    """The first time: a secret for the app, confirmed by a code. The secret is shown until then and never again, and to
    no other session than the one that began it: each has its own, and the first one confirmed counts. Where a role was
    accepted in another session, its code is asked for again.
    """
    if not current_user.is_authenticated:
        return back_to("people.sign_in")
    me, form = actor(), FactorForm(next=local_target(request.args.get("next")))
    factor = totp.pending_of(me.web_session)
    if factor is None and not _is_asked(me):
        return back_to("people.second_step")
    if factor is None and totp.factor_of(me.person) is not None:
        return redirect(url_for("people.second_factor", next=local_target(form.next.data)), 303)
    if factor is None:
        return _begin_factor(me)
    if form.validate_on_submit():
        count("second_factor", str(me.id), **PER_CODE)
        if actions.give_second_factor(me.person, me.web_session, form.code.data or ""):
            return redirect(url_for("people.recovery_codes", next=local_target(form.next.data)), 303)
        form.code.errors = [_wrong_factor(factor)]
    shown = {
        "secret": totp.secret_of(me.person, factor),
        "qr": Markup(totp.qr_of(totp.address_of(me.person, factor))),  # noqa: S704 (drawn by us: paths only)
        "has_old": totp.factor_of(me.person) is not None,
        "out": ActionForm(formdata=None),
        "scripts": LEAVE,
    }
    return render_template("people/second_factor_setup.html", form=form, **shown), form.status


@bp.route("/second-factor/keep", methods=["POST"])
@anyone
def keep_second_factor() -> ResponseReturnValue:
    """The old phone after all: what this session began is gone, and a code of the old phone is asked for."""
    if not current_user.is_authenticated:
        return back_to("people.sign_in")
    if not ActionForm().validate_on_submit():
        flash(_("This page was open too long. Look at your answers and send again."), "warn")
    elif actions.keep_second_factor(actor().person, actor().web_session):
        flash(_("Your old phone stays. Go on with a code of it."), "ok")
    return back_to("people.second_factor")


@bp.post("/second-factor/object")
@personal
@stands_on("people.devices")
def object_to_reset() -> ResponseReturnValue:
    """Somebody asks that the own second factor be cleared, and this session, which gave it, says no."""
    me, form = actor(), ActionForm()
    if not me.has_second_factor():
        raise NotFound
    if form.validate_on_submit() and submit(form, lambda: resets.object_to_reset(me.person)):
        flash(_("Your second step stays as it is."), "ok")
    return back_to("people.devices")


@bp.route("/second-factor/recovery-codes", methods=["GET", "POST"])
@personal
def recovery_codes() -> ResponseReturnValue:
    """Eight codes to write down, shown until the person says that they are kept."""
    me, form = actor(), ActionForm()
    factor = totp.factor_of(me.person)
    target = local_target(request.args.get("next")) or url_for("people.me")
    if factor is None or not totp.shows_codes(factor, me.web_session):
        return redirect(target, 303)
    if form.validate_on_submit() and submit(form, lambda: actions.keep_recovery_codes(me.person)):
        return redirect(target, 303)
    codes = totp.recovery_codes(me.person, factor)
    return render_template("people/recovery_codes.html", form=form, codes=codes), form.status


@bp.route("/second-factor/renew", methods=["GET", "POST"])
@personal
def renew_second_factor() -> ResponseReturnValue:
    """A new phone, for whoever has a code of the old one or from paper."""
    me, form = actor(), RenewForm()
    if not me.has_second_factor():
        raise NotFound
    if form.validate_on_submit():
        count("second_factor", str(me.id), **PER_CODE)
        if not actions.gives_fresh_code(me.person, form.code.data or "", recovery=True):
            form.code.errors = [_("This code does not work. Each code works once; wait for the next one.")]
        elif submit(form, lambda: actions.renew_second_factor(me.person, me.web_session)):
            return back_to("people.second_factor_setup")
    return render_template("people/renew.html", form=form), form.status


@bp.route("/me/second-step", methods=["GET", "POST"])
@personal
def second_step() -> ResponseReturnValue:
    """Turned on by setting up a phone, and off with a code of it, by somebody without a role."""
    me = actor()
    form = RenewForm() if me.asks_second_step else ActionForm()
    if form.validate_on_submit() and not me.is_staff():
        if isinstance(form, RenewForm):
            count("second_factor", str(me.id), **PER_CODE)
            if not actions.gives_fresh_code(me.person, form.code.data or "", recovery=True):
                form.code.errors = [_("This code does not work. Each code works once; wait for the next one.")]
            elif submit(form, lambda: steps.end(me.person, me.web_session)):
                flash(_("The second step is off. The link in a mail is enough again to sign in."), "ok")
                return back_to("people.devices")
        elif submit(form, lambda: steps.begin(me.person, me.web_session)):
            return back_to("people.second_factor_setup")
    return render_template("people/second_step.html", form=form, visitor=me, is_staff=me.is_staff()), form.status


def count_offer_code(visitor: Visitor) -> None:
    """One try more at the code of an offer. A session has few, so that whoever merely reads the mailbox does not use up
    those of the person; and in the thirty days of an offer eight digits are not found.
    """
    count("role_offer", str(visitor.web_session.id), **PER_SESSION)
    count("role_offers", str(visitor.id), **PER_PERSON)


def _is_asked(visitor: Visitor) -> bool:
    return visitor.is_staff() or visitor.is_half_signed_in()


def _begin_factor(visitor: Visitor) -> ResponseReturnValue:
    person, web_session = visitor.person, visitor.web_session
    asks_code = roles.asks_for_offer_code(person, web_session)
    begin = OfferCodeForm() if asks_code else ActionForm()
    if begin.validate_on_submit():
        if asks_code:
            count_offer_code(visitor)
        typed = begin.code.data or "" if isinstance(begin, OfferCodeForm) else ""
        if submit(begin, lambda: actions.begin_second_factor(person, web_session, typed)):
            return redirect(url_for("people.second_factor_setup", next=local_target(request.args.get("next"))), 303)
    out = ActionForm(formdata=None)
    page = render_template("people/second_factor_begin.html", form=begin, asks_code=asks_code, out=out, scripts=LEAVE)
    return page, begin.status


def _wrong_factor(factor: SecondFactor | PendingFactor | None) -> str:
    if factor is not None and not totp.has_tries(factor):
        return str(_("Too many tries. Wait 15 minutes, then try again."))
    return str(_("This code does not work. Each code works once; wait for the next one."))
