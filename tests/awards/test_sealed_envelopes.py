"""An envelope for people of a sealed cell: no deed about one grant tells whether it is paid from there."""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.awards import awarding, ledger, queries, stepping
from eventhub.awards.ledger import EnvelopeBroken
from eventhub.awards.models import Award, Proposal
from eventhub.funding.models import State
from eventhub.kit.db import db
from eventhub.people.models import Role
from tests.factories.people import make_person, sign_in
from tests.factories.releasing import Decided, decide, release, stage
from tests.factories.selecting import COST, make_approver, make_call, make_file, role, score
from tests.programme.console import fields_of, text_of

pytestmark = pytest.mark.usefixtures("database")
HALF = COST // 2


def world(
    yes: set[int], *, main: int = 2 * COST, access: int = COST + 5_000, places: int = 3, files: int = 9
) -> Decided:
    """A slate that is staged: general money, and an envelope for people of a sealed cell (the files ``yes``)."""
    call = make_call(
        places=places,
        envelopes=[
            {"id": "main", "title": {"en": "General money"}, "amount": main},
            {"id": "access", "title": {"en": "For some"}, "amount": access, "cells": ["disability:yes"]},
        ],
    )
    made = [make_file(call, traits=[f"disability:{'yes' if at in yes else 'no'}"]) for at in range(files)]
    score(call, {one: 90.0 - at for at, one in enumerate(made)})
    staged = decide(call, made)
    assert stage(staged).failed is None
    return staged


def award_of(staged: Decided, at: int) -> Award:
    """The grant of a file."""
    found = queries.award_of(staged.files[at].id)
    assert found is not None
    return found


def masked(text: str, staged: Decided) -> list[str]:
    """The words of a page in their own order, since files of one moment have none; without what differs between any two
    calls.
    """
    for at, one in enumerate(staged.files):
        text = text.replace(str(one.reference), f" file-{at} ")
    text = re.sub(r"\d\d:\d\d(:\d\d)?|Fund \d+|Person \d+|Applicant \d+|Officer \d+|#\d+", "–", text)
    return sorted(text.replace(staged.call.code, "CODE").replace("–", " ").split())


@pytest.mark.parametrize("main", [2 * COST, 5 * COST])
def test_one_line_more_is_refused_or_taken_alike_for_each_grant(client: FlaskClient, main: int) -> None:
    staged = world({1}, main=main)
    sign_in(client, make_approver(staged.call))
    told = set()
    for at in range(3):
        award = award_of(staged, at)
        line = queries.lines([award.id])[0]
        page = f"/en/console/funds/{staged.call.slug}/grants/{award.id}/lines/{line.id}"
        fields = fields_of(client.get(page), action="/approved") | {"approved": str(((line.approved or 0) + 100) / 100)}
        answer = client.post(f"{page}/approved", data=fields)
        told.add((answer.status_code, *re.findall(r"USD [\d,.]+ are missing", text_of(answer))))
    assert len(told) == 1


def as_stepped(client: FlaskClient, yes: set[int]) -> tuple[list[list[str]], int]:
    """What an approver reads of a reserve who steps in for somebody, and what comes of the press."""
    staged = world(yes, main=2 * COST)
    release(staged)
    awarding.answer(awarding.link(award_of(staged, 1)), accepts=False)
    proposal = db.session.scalars(select(Proposal).where(Proposal.call_id == staged.call.id)).one()
    awarding.confirm(staged.officer, queries.proposal(proposal.id, lock=True))
    sign_in(client, make_approver(staged.call))
    page = client.get(f"/en/console/funds/{staged.call.slug}/release")
    url = f"/en/console/funds/{staged.call.slug}/release/reserves"
    answer = client.post(url, data=fields_of(page, action=url))
    sign_in(client, role(make_person(), Role.FINANCE, staged.call))
    money = client.get(f"/en/console/funds/{staged.call.slug}/money")
    told = [text_of(one).replace(staged.call.slug, "this-call") for one in (page, answer, money)]
    return [masked(one, staged) for one in told], answer.status_code


def test_a_reserve_is_approved_alike_whoever_has_the_cell(client: FlaskClient) -> None:
    """The chosen who left has it, or another one; the reserve has it, or the next one."""
    worlds = [as_stepped(client, yes) for yes in ({1}, {0}, {1, 3}, {0, 4})]
    for told, status in worlds[1:]:
        assert (told, status) == worlds[0]
    assert worlds[0][1] == 303, "what was given back is there for whoever steps in"


def test_money_that_goes_from_one_envelope_into_another_stands_in_no_list(client: FlaskClient) -> None:
    worlds = []
    for yes in ({0}, {1}):
        staged = world(yes, main=COST + HALF, access=HALF, places=2, files=8)
        release(staged)
        for at in (0, 1):
            awarding.answer(awarding.link(award_of(staged, at)), accepts=False)
        sign_in(client, role(make_person(), Role.FINANCE, staged.call))
        worlds.append(masked(text_of(client.get(f"/en/console/funds/{staged.call.slug}/money")), staged))
    assert worlds[0] == worlds[1]
    assert "Back" not in worlds[0]
    assert "freed" in " ".join(worlds[0])


def test_a_cut_is_refused_alike(client: FlaskClient) -> None:
    """Nobody tries out by how much an envelope may be cut, and reads from it who is paid from which."""
    worlds = []
    for yes in ({0}, {4}, set[int]()):
        staged = world(yes, main=3 * COST, access=HALF)
        sign_in(client, role(make_person(), Role.FINANCE, staged.call))
        told = []
        for row in queries.envelopes(staged.call.id):
            url = f"/en/console/funds/{staged.call.slug}/money/{row.id}/budget"
            for minor in (COST // 100, 2 * COST // 100, 99):
                fields = fields_of(client.get(url)) | {"amount": str(minor), "direction": "cut", "reason": "Less came"}
                answer = client.post(url, data=fields)
                told.append((answer.status_code, *re.findall(r"USD [\d,.]+ are missing", text_of(answer))))
        worlds.append(told)
    assert worlds[0] == worlds[1] == worlds[2]
    assert any(status == 422 for status, *_words in worlds[0])


def test_single_people_take_nothing_of_what_is_kept_for_some(client: FlaskClient) -> None:
    staged = world(set(), main=3 * COST, access=5 * COST)
    rows = queries.envelopes(staged.call.id)
    assert ledger.pool(rows) == stepping.free(staged.call.id) == 0
    assert sum(ledger.pure(row).free for row in rows) == 5 * COST
    line = queries.lines([award_of(staged, 0).id])[0]
    with pytest.raises(EnvelopeBroken):
        awarding.reprice(
            make_approver(staged.call), award_of(staged, 0), {line.kind: (line.approved or 0) + 100}, may_raise=True
        )


def test_what_many_left_is_there_for_the_next_and_the_sums_hold(client: FlaskClient) -> None:
    """Five people are paid from it: whoever of them leaves makes room, in whichever envelope a reserve is paid."""
    staged = world(set(range(5)), main=COST, access=5 * COST, places=6, files=12)
    release(staged)
    rows = queries.envelopes(staged.call.id)
    assert ledger.pool(rows) == 0
    awarding.answer(awarding.link(award_of(staged, 2)), accepts=False)
    assert ledger.pool(queries.envelopes(staged.call.id)) == COST
    proposal = db.session.scalars(select(Proposal).where(Proposal.call_id == staged.call.id)).one()
    awarding.confirm(staged.officer, queries.proposal(proposal.id, lock=True))
    sign_in(client, make_approver(staged.call))
    url = f"/en/console/funds/{staged.call.slug}/release/reserves"
    page = client.get(f"/en/console/funds/{staged.call.slug}/release")
    assert client.post(url, data=fields_of(page, action=url)).status_code == 303
    made = queries.award_of(proposal.application_id)
    assert made is not None
    assert made.envelope.key == "main"
    assert made.application.state is State.APPROVED
    db.session.expire_all()
    held = {row.key: row for row in queries.envelopes(staged.call.id)}
    assert (held["main"].budget, held["access"].budget) == (2 * COST, 4 * COST)
    assert all(ledger.pure(row).free == 0 for row in held.values())
