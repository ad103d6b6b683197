"""What this machine allows: the same servers doing as little as possible, measured in the same run."""

import threading
import time
from pathlib import Path

import psycopg

from tests.benchmarks.load import Rate, get
from tests.live import House, wait_for

HELLO = '''"""As little as a WSGI app can do."""
BODY = b"x" * 4000


def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "4000")])
    return [BODY]
'''


def web_server(house: House) -> Rate:
    """granian with two workers answering a constant of 4 KB."""
    module = Path(house.folder) / "hello_floor.py"
    module.write_text(HELLO, encoding="utf-8")
    process = house.start(
        "hello",
        "granian",
        "--interface",
        "wsgi",
        "--host",
        "127.0.0.1",
        "--port",
        str(house.port),
        "--workers",
        "2",
        "--blocking-threads",
        "16",
        "--no-ws",
        "--log-level",
        "warning",
        "--working-dir",
        str(house.folder),
        "hello_floor:app",
    )
    try:
        wait_for(house.answers, seconds=15, what="the floor's web server")
        return get(f"{house.origin}/", seconds=4)
    finally:
        house.end(process)


def one_row_transactions(url: str, seconds: float = 3.0, threads: int = 16) -> float:
    """Transactions a second that take a seat and write a row, with nothing around them."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS floor_seats (id int PRIMARY KEY, taken int NOT NULL)")
        connection.execute("CREATE TABLE IF NOT EXISTS floor_rows (id bigserial PRIMARY KEY, at timestamptz)")
        connection.execute("INSERT INTO floor_seats VALUES (1, 0) ON CONFLICT DO NOTHING")
    end = time.monotonic() + seconds
    counts = [0] * threads

    def work(number: int) -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            while time.monotonic() < end:
                connection.execute(
                    "WITH seat AS (UPDATE floor_seats SET taken = taken + 1 WHERE id = 1 RETURNING taken) "
                    "INSERT INTO floor_rows (at) SELECT now() FROM seat"
                )
                counts[number] += 1

    workers = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP TABLE floor_seats, floor_rows")
    return sum(counts) / seconds
