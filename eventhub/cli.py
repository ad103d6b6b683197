"""The ``eventhub`` command."""

import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import click
from flask import Flask
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from eventhub.app import create_app
from eventhub.demo.load import is_empty, load_demo
from eventhub.kit import audit, health, outbox, sealed, slots
from eventhub.kit.config import Settings, SettingsWrong, load_settings
from eventhub.kit.db import unit_of_work
from eventhub.kit.errors import NotFound
from eventhub.kit.mail import reachable
from eventhub.kit.migrations import upgrade_database
from eventhub.kit.text import ascii_email
from eventhub.local.household import Household
from eventhub.local.postgres import client_program
from eventhub.local.process import LOOPBACK, LocalServerError, free_port
from eventhub.mailings import bounces, sending
from eventhub.mailings.dsn import BIGGEST
from eventhub.people import actions as people
from eventhub.people import resets, roles
from eventhub.people.models import Role, ScopeKind
from eventhub.people.queries import person_by_email
from eventhub.registration.queries import person_with
from eventhub.registration.reference import read_reference


class Stop(click.ClickException):
    """Something a person can mend: the text says what."""


@click.group()
def main() -> None:
    """EventHub: events and consultations for human-rights forums and dialogues."""


@main.command()
@click.option("--demo/--no-demo", default=True, help="Load the demo when the database is empty.")
def up(demo: bool) -> None:
    """Start everything on this machine: database, broker, web, workers, clock, and a mail sink."""
    with _readable_errors():
        settings = load_settings()
        house = Household(settings.eventhub_home, settings.port, external=_external(settings), say=click.echo)
        with house:
            os.environ.update(house.environment())
            settings = load_settings()
            app = create_app(settings)
            with app.app_context():
                _migrate()
                _first_demo(demo and not settings.is_production)
            house.run(lambda: _greet(settings))


@main.command()
def migrate() -> None:
    """Bring the database's tables up to date (as the owner of the tables)."""
    with _app():
        _migrate()


@main.command("demo")
def demo_command() -> None:
    """Load the demo into an empty database."""
    with _app() as app:
        if app.extensions["eventhub.settings"].is_production:
            raise Stop("The demo is not for production.")
        with unit_of_work():
            if not is_empty():
                raise Stop("The database is not empty.")
        load_demo()


@main.group()
def person() -> None:
    """Persons and their roles."""


@person.command("grant")
@click.argument("email")
@click.argument("role", type=click.Choice([role.value for role in Role]))
@click.argument("scope", default="all")
def person_grant(email: str, role: str, scope: str) -> None:
    """Give EMAIL a ROLE for SCOPE: "all", "series:ID" or "event:ID". Also makes the first administrator."""
    kind, _, identity = scope.partition(":")
    try:
        reach: dict[str, Any] = {
            "scope_kind": ScopeKind(kind),
            "scope_id": None if kind == ScopeKind.ALL else uuid.UUID(identity),
        }
    except ValueError:
        raise Stop('SCOPE must look like "all", "series:ID" or "event:ID".') from None
    with _app(), unit_of_work():
        try:
            roles.grant_role(None, people.find_or_make_person(_address(email)), role=Role(role), **reach)
        except roles.AlreadyHeld:
            raise Stop("This person already holds this role there.") from None
    click.echo(f"{role} for {scope}: done")


@person.command("reset-second-factor")
@click.argument("email")
@click.option("--reason", prompt="How do you know that it is this person who asks?", help="Goes into the record.")
def person_reset_second_factor(email: str, reason: str) -> None:
    """Clear the second step of EMAIL, who lost phone and recovery codes. The person and the administrators are told."""
    with _app(), unit_of_work():
        known = person_by_email(_address(email))
        try:
            if known is None or not reason.strip():
                raise NotFound
            resets.reset_by_hand(known, reason.strip())
        except NotFound:
            raise Stop("This address has no second step to clear, or no reason was given.") from None
    click.echo("The second step is cleared; the next sign-in sets up a new one.")


@person.command("erase")
@click.argument("reference")
@click.option("--reason", prompt="How do you know that it is this person who asks?", help="Goes into the record.")
@click.option("--yes", is_flag=True, help="Erase without asking once more.")
def person_erase(reference: str, reason: str, yes: bool) -> None:
    """Erase the person of the registration REFERENCE, for good: also somebody who was registered at a door."""
    known = read_reference(reference)
    if not yes:
        click.confirm("This cannot be undone. Go on?", abort=True)
    with _app(), unit_of_work():
        found = person_with(known) if known else None
        if found is None or found.erased_at is not None or not reason.strip():
            raise Stop("There is no registration with this reference to erase, or no reason was given.")
        try:
            people.erase(None, found, reason.strip())
        except roles.LastAdmin:
            raise Stop("This is the last administrator of everything.") from None
    click.echo("Erased. What other features keep goes within a minute, while the workers run.")


@main.command("sign-in")
@click.argument("email")
def sign_in(email: str) -> None:
    """Print a one-time sign-in link for EMAIL."""
    with _app(), unit_of_work():
        link = people.one_time_link(people.find_or_make_person(_address(email)))
    click.echo(link)


@main.command("bounces")
@click.argument("source", type=click.Path(path_type=Path, exists=True, allow_dash=True))
def bounces_command(source: Path) -> None:
    """Take reports about mails that did not arrive, from SOURCE: a file, a Maildir, or - for one on the input."""
    is_folder = source.is_dir()
    if is_folder and not (source / "new").is_dir():
        raise Stop(f"{source} is no Maildir: there is no folder new in it.")
    found = list(bounces.waiting(source)) if is_folder else [source]
    noted = 0
    with _app():
        for message in found:
            with sys.stdin.buffer if str(message) == "-" else message.open("rb") as opened:
                raw = opened.read(BIGGEST)
            with unit_of_work():
                noted += bounces.take(raw)
            if is_folder:
                bounces.put_away(message)
    click.echo(f"{len(found)} read, {noted} noted")


@main.group("audit")
def audit_group() -> None:
    """The record of deeds."""


@audit_group.command("verify")
@click.option("--head", "head_file", type=click.Path(path_type=Path), help="File of heads kept outside the database.")
def audit_verify(head_file: Path | None) -> None:
    """Walk the chain and name every entry that was altered, deleted, swapped or cut off."""
    # Not over the connections for reading: the chain is streamed, and a cursor lives in a transaction.
    with _app() as app, unit_of_work():
        heads = head_file or app.extensions["eventhub.settings"].eventhub_home / "audit-heads.jsonl"
        faults = list(audit.verify(_last_head(heads)))
        position, chain = audit.head()
    for fault in faults:
        click.echo(f"entry {fault.entry_id}: {fault.kind}")
    if faults:
        raise Stop(f"{len(faults)} faults in the audit.")
    click.echo(f"The audit holds: {position} links, head {chain[:16]}…")


@main.group("keys")
def keys_group() -> None:
    """The keys that seal sensitive data."""


@keys_group.command("rotate")
def keys_rotate() -> None:
    """Wrap every person's key with the newest master key; safe while people work, safe to run again."""
    total = 0
    with _app():
        while True:
            with unit_of_work():
                done = sealed.rotate()
            total += done
            if not done:
                break
    click.echo(f"{total} keys wrapped anew; keep the old master key until no backup needs it.")


@main.command()
def check() -> None:
    """Look at database, migrations, broker, mail, keys, clock and jobs by the clock, and say what is wrong."""
    with _app() as app, unit_of_work(read_only=True):
        quiet = slots.silence()
        found = health.ready() | {
            "mail": _mail_answers(app.extensions["eventhub.settings"]),
            "beat": quiet is not None and quiet <= slots.SILENT,
        }
    heard = {"beat": "never heard of" if quiet is None else f"last heard of {quiet.total_seconds():.0f} s ago"}
    for name, good in found.items():
        click.echo(f"{name:<12} {'ok' if good else 'NOT OK':<7} {heard.get(name, '')}".rstrip())
    if not all(found.values()):
        raise Stop("Not everything is in order.")


@main.command()
@click.argument("target", type=click.Path(path_type=Path))
def backup(target: Path) -> None:
    """Write a backup of database and files into the folder TARGET; wrapped keys go into a file of their own."""
    with _readable_errors():
        settings = _running_settings()
        target.mkdir(parents=True, exist_ok=True, mode=0o700)
        data = ["--exclude-table-data=seal_key"]
        _postgres("pg_dump", settings, ["--format=custom", *data, "--file", str(target / "data.dump")])
        # Keys lie apart and are kept for seven days only: a person erased since then stays erased (SAFETY.md 17).
        keys = ["--format=custom", "--data-only", "--table=seal_key"]
        _postgres("pg_dump", settings, [*keys, "--file", str(target / "keys.dump")])
        _copy_files(settings, target / "files")
    click.echo(f"Backup written to {target}. Keep keys.dump apart from data.dump and delete it after seven days.")


@main.command()
@click.argument("source", type=click.Path(path_type=Path, exists=True))
@click.option("--yes", is_flag=True, help="Replace what is in the database without asking.")
def restore(source: Path, yes: bool) -> None:
    """Replace the database by the backup in SOURCE, replay erasures, and hold all mail until a person looks."""
    with _readable_errors():
        settings = _running_settings()
        data, keys = source / "data.dump", source / "keys.dump"
        if not (data.is_file() and keys.is_file()):
            raise Stop(f"{source} is no backup: data.dump and keys.dump must both lie there.")
        if not yes:
            click.confirm("This replaces everything in the database. Go on?", abort=True)
        _drop_everything(settings)
        # Keys come between data and constraints: persons point at them.
        common = ["--no-owner", "--exit-on-error"]
        _postgres("pg_restore", settings, [*common, "--section=pre-data", "--section=data", str(data)])
        _postgres("pg_restore", settings, [*common, "--data-only", str(keys)])
        _postgres("pg_restore", settings, [*common, "--section=post-data", str(data)])
        app = create_app(settings)
        with app.app_context():
            _migrate()
            with unit_of_work():
                gone = people.replay_erasures(_erasures(settings))
                held = outbox.hold(but="people.erased")
                stopped = sending.hold()
        _restore_files(settings, source / "files")
    click.echo(f"Restored. {gone} erasures replayed; {held} promises wait for a person at /en/console/promises.")
    if stopped:
        click.echo(f"{stopped} mailings are stopped: the pages of their events say which.")


def _address(email: str) -> str:
    try:
        return ascii_email(email)
    except ValueError:
        raise Stop(f"This is not an email address we can write to: {email}") from None


@contextmanager
def _app() -> Iterator[Flask]:
    with _readable_errors():
        app = create_app(_running_settings())
        with app.app_context():
            yield app


@contextmanager
def _readable_errors() -> Iterator[None]:
    try:
        yield
    except SettingsWrong as error:
        raise Stop(f"The settings do not hold:\n{error}") from None
    except LocalServerError as error:
        raise Stop(str(error)) from None


def _running_settings() -> Settings:
    """Settings of the environment, or of the household that ``eventhub up`` runs here."""
    settings = load_settings()
    if not settings.database_url and not settings.is_production:
        known = settings.eventhub_home / "run" / "environment.json"
        if not known.exists():
            raise Stop("No DATABASE_URL is set and nothing runs here. Start it with: make run")
        os.environ.update(json.loads(known.read_text(encoding="utf-8")))
        settings = load_settings()
    return settings


def _external(settings: Settings) -> dict[str, str]:
    # For real, answers by mail are taken where somebody said so; the demo takes them by itself.
    listen = settings.replies_listen or ("" if settings.is_production else f"{LOOPBACK}:{free_port()}")
    given = {
        "DATABASE_URL": settings.database_url,
        "DATABASE_OWNER_URL": settings.database_owner_url,
        "REDIS_URL": settings.redis_url,
        "SMTP_URL": settings.smtp_url,
        "REPLIES_LISTEN": listen,
    }
    return {name: value for name, value in given.items() if value}


def _migrate() -> None:
    try:
        upgrade_database()
    except Exception as error:
        raise Stop(
            f"The migration stopped: {type(error).__name__}. Nothing of the unfinished step was kept; "
            f"mend the cause and run it again. {str(error).splitlines()[0][:300]}"
        ) from None


def _first_demo(wanted: bool) -> None:
    if not wanted:
        return
    with unit_of_work(read_only=True):
        empty = is_empty()
    if empty:
        click.echo("  Loading the demo …")
        load_demo()


def _greet(settings: Settings) -> None:
    click.echo(
        f"\nEventHub is ready: {settings.origin}/\n"
        f"  sign in to the demo   {settings.origin}/dev/sign-in\n"
        f"  the demo's mailbox    {settings.origin}/dev/mailbox\n"
        f"  organizers' console   {settings.origin}/en/console\n"
        "Press Ctrl-C to stop everything.\n"
        if not settings.is_production
        else f"\nEventHub is ready: {settings.origin}/\n"
    )


def _last_head(file: Path) -> tuple[int, str] | None:
    if not file.exists():
        return None
    for line in reversed(file.read_text(encoding="utf-8").splitlines()):
        with suppress(ValueError, KeyError, TypeError):  # a line cut short by a crash
            known = json.loads(line)
            return int(known["position"]), str(known["chain"])
    return None


def _erasures(settings: Settings) -> Iterator[str]:
    file = settings.eventhub_home / "erasures.jsonl"
    if file.exists():
        yield from file.read_text(encoding="utf-8").splitlines()


def _mail_answers(settings: Settings) -> bool:
    return reachable(settings.smtp_url)


def _postgres(program: str, settings: Settings, arguments: list[str]) -> None:
    url = make_url(settings.database_owner_url or _running_settings().database_owner_url)
    found = client_program(program)
    if not found:
        raise Stop(f"{program} is needed for this; install PostgreSQL's client programs.")
    environment = os.environ | ({"PGPASSWORD": url.password} if url.password else {})
    place = [
        "--host",
        url.host or "localhost",
        "--port",
        str(url.port or 5432),
        "--username",
        url.username or "postgres",
    ]
    database = ["--dbname", url.database or "postgres"]
    done = subprocess.run(  # noqa: S603 (a program of PostgreSQL, told its own options)
        [str(found), *place, *database, *arguments], env=environment, check=False, capture_output=True
    )
    if done.returncode:
        raise Stop(f"{program} failed: {done.stderr.decode(errors='replace').splitlines()[-1:]}")


def _drop_everything(settings: Settings) -> None:
    """Tables and functions of ours; extensions stay, since the owner of the tables may not be allowed to make them."""
    engine = create_engine(settings.database_owner_url, poolclass=NullPool)
    try:
        with engine.begin() as connection:
            connection.execute(text("SET LOCAL lock_timeout = '10s'"))
            connection.execute(text(DROP_EVERYTHING))
    except OperationalError as error:
        raise Stop(f"The database cannot be emptied; does the site still run? {str(error).splitlines()[0]}") from None


DROP_EVERYTHING = """
DO $$ DECLARE thing record;
BEGIN
    FOR thing IN SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format('DROP TABLE %I CASCADE', thing.name);
    END LOOP;
    FOR thing IN SELECT oid::regprocedure AS name FROM pg_proc p WHERE pronamespace = 'public'::regnamespace
        AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e') LOOP
        EXECUTE format('DROP FUNCTION %s CASCADE', thing.name);
    END LOOP;
END $$
"""


def _copy_files(settings: Settings, target: Path) -> None:
    source = _file_folder(settings)
    if source and source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)


def _restore_files(settings: Settings, source: Path) -> None:
    target = _file_folder(settings)
    if target and source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)


def _file_folder(settings: Settings) -> Path | None:
    return Path(settings.files_url.removeprefix("file://")) if settings.files_url.startswith("file://") else None


if __name__ == "__main__":
    main()
