"""A call of five hundred files: officers and readers ask as little of the database as for one."""

import pytest
from flask.testing import FlaskClient

from tests.factories import reviewing as f
from tests.factories.people import make_person, sign_in

pytestmark = pytest.mark.usefixtures("database")
FILES = 500


def test_five_hundred_files_take_ten_statements_at_the_most(client: FlaskClient, statements: list[str]) -> None:
    call = f.make_call(readers=1)
    readers = [f.make_reader(call, make_person(name=f"Reader {number}")) for number in range(5)]
    for number in range(FILES):
        review = f.give(f.make_file(call), readers[number % 5])
        if number % 3 == 0:
            f.hand_in(review, readers[number % 5])
    base = f"/en/console/funds/{call.slug}/reviewing"
    officer = f.make_officer(call)
    for who, paths in ((officer, (base, f"{base}/readers", f"{base}/scores")), (readers[0], ("/en/reviews",))):
        sign_in(client, who)
        for path in paths:
            client.get(path)
            statements.clear()
            assert client.get(path).status_code == 200
            assert len(statements) <= 10, (path, len(statements))
