"""Settings from the environment, checked at start."""

import base64
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

DEMO_SECRET = "demo-only-secret-key-never-used-in-production"  # noqa: S105 (refused in production)
DEMO_SEALED_KEYS = "demo:ZGVtby1vbmx5LXNlYWxpbmcta2V5LTMyLWJ5dGVzISE="


class Kind(StrEnum):
    """Where this process runs: with demo sign-ins and a readable mailbox, or for real."""

    DEMO = "demo"
    PRODUCTION = "production"


class SettingsWrong(Exception):
    """A setting is missing or wrong; the text names each one and says what it should be."""


class Settings(BaseSettings):
    """Every setting; ``.env.example`` documents each one for operators."""

    model_config = SettingsConfigDict(extra="ignore")

    eventhub_env: Kind = Kind.DEMO
    eventhub_home: Path = Path("var")
    port: Annotated[int, Field(ge=1, le=65535)] = 8000
    origin: str = ""
    neutral_origin: str = ""
    trusted_hosts: Annotated[list[str], NoDecode] = []
    trusted_proxies: Annotated[int, Field(ge=0, le=5)] = 0
    database_url: str = ""
    database_owner_url: str = ""
    redis_url: str = ""
    smtp_url: str = ""
    mail_from: str = "EventHub <noreply@eventhub.example>"
    neutral_mail_from: str = "Meetings <noreply@meetings.example>"
    contact_email: str = "help@example.org"
    calendar_domain: str = "meetings.example"
    replies_listen: str = ""
    replies_authserv_id: str = ""
    files_url: str = ""
    sealed_keys: str = DEMO_SEALED_KEYS
    secret_key: str = DEMO_SECRET
    metrics_token: str = ""
    mailings_per_minute: Annotated[int, Field(ge=1, le=10_000)] = 120
    log_level: str = "INFO"
    process_name: str = "eventhub"

    @field_validator("trusted_hosts", mode="before")
    @classmethod
    def split_hosts(cls, value: object) -> object:
        """Hosts come as one line, parted by commas."""
        return [host.strip() for host in value.split(",") if host.strip()] if isinstance(value, str) else value

    @field_validator("origin", "neutral_origin")
    @classmethod
    def is_origin(cls, value: str) -> str:
        """An origin is scheme and host, without a path."""
        if value and (not value.startswith(("http://", "https://")) or value.count("/") != 2):
            raise ValueError("must look like https://forum.example.org, without a path")
        return value

    @field_validator("database_url", "database_owner_url")
    @classmethod
    def speaks_psycopg(cls, value: str) -> str:
        """Only PostgreSQL; the driver's name is ours to add."""
        for prefix in ("postgres://", "postgresql://"):
            if value.startswith(prefix):
                return "postgresql+psycopg://" + value.removeprefix(prefix)
        if value and not value.startswith("postgresql+psycopg://"):
            raise ValueError("must start with postgresql://")
        return value

    @field_validator("replies_listen")
    @classmethod
    def is_place(cls, value: str) -> str:
        """Host and port; empty: no answers by mail are taken."""
        host, _, port = value.rpartition(":")
        if value and not (host and port.isascii() and port.isdigit() and 1 <= int(port) <= 65535):
            raise ValueError("must look like 127.0.0.1:2424, or be empty")
        return value

    @field_validator("metrics_token")
    @classmethod
    def is_long(cls, value: str) -> str:
        """A token is sent in a header and must not be guessed."""
        if value and (len(value) < 20 or not value.isascii() or not value.isprintable() or " " in value):
            raise ValueError("must have at least 20 ASCII characters without spaces, or be empty")
        return value

    @field_validator("sealed_keys")
    @classmethod
    def keys_are_whole(cls, value: str) -> str:
        """``id:base64,id:base64``: 32 bytes each, the first one seals, the others still open."""
        for part in value.split(","):
            name, _, key = part.strip().partition(":")
            if not name or len(base64.b64decode(key, validate=True)) != 32:
                raise ValueError("must look like id:base64 of 32 bytes, parted by commas, newest first")
        return value

    @model_validator(mode="after")
    def fill_and_judge(self) -> "Settings":
        """The demo fills in what is missing; production demands it."""
        self.eventhub_home = self.eventhub_home.absolute()
        if self.eventhub_env is Kind.PRODUCTION:
            self._demand_everything()
        self.origin = self.origin or f"http://localhost:{self.port}"
        self.neutral_origin = self.neutral_origin or self.origin
        self.trusted_hosts = self.trusted_hosts or ["localhost", "127.0.0.1"]
        self.files_url = self.files_url or f"file://{self.eventhub_home}/files"
        self.database_owner_url = self.database_owner_url or self.database_url
        return self

    @property
    def is_production(self) -> bool:
        """No readable mailbox, no demo sign-ins, secure cookies."""
        return self.eventhub_env is Kind.PRODUCTION

    @property
    def secure_cookies(self) -> bool:
        """``__Host-`` cookies need https; the demo on localhost speaks http."""
        return self.origin.startswith("https://")

    def _demand_everything(self) -> None:
        needed = ("origin", "neutral_origin", "trusted_hosts", "database_url", "redis_url", "smtp_url", "files_url")
        missing = [name.upper() for name in needed if not getattr(self, name)]
        if self.secret_key == DEMO_SECRET or len(self.secret_key) < 32:
            missing.append("SECRET_KEY (at least 32 characters of its own)")
        if self.sealed_keys == DEMO_SEALED_KEYS:
            missing.append("SEALED_KEYS")
        if missing:
            raise ValueError("production needs: " + ", ".join(missing))
        if not self.secure_cookies:
            raise ValueError("ORIGIN must start with https:// in production")


def load_settings(**overrides: object) -> Settings:
    """Read the environment. Raises SettingsWrong with one line for each mistake; values are not repeated."""
    try:
        return Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        lines = [
            f"{'.'.join(str(part) for part in problem['loc']).upper() or 'Settings'}: {problem['msg']}"
            for problem in error.errors(include_input=False, include_url=False)
        ]
        raise SettingsWrong("\n".join(lines)) from None
