"""A small browser over a real socket: cookies, forms, no scripts, and every answer read whole."""

import http.client
import re
from dataclasses import dataclass, field
from html import unescape
from http.cookies import SimpleCookie
from typing import Self
from urllib.parse import urlencode

HIDDEN = re.compile(r"<input\b[^>]*\btype=[\"']?hidden[\"']?[^>]*>", re.IGNORECASE)
ATTRIBUTE = re.compile(r"\b(name|value)=\"([^\"]*)\"")


@dataclass(frozen=True)
class Answer:
    """What the server said."""

    status: int
    headers: http.client.HTTPMessage
    body: str

    @property
    def location(self) -> str:
        """Where it leads."""
        return self.headers.get("Location") or ""


@dataclass
class Browser:
    """One connection, made again when the server closed it. Raises OSError or HTTPException when nobody answers."""

    host: str
    cookies: dict[str, str] = field(default_factory=dict)
    timeout: float = 30
    _connection: http.client.HTTPConnection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def get(self, path: str, **headers: str) -> Answer:
        """Open an address; redirects are not followed."""
        return self._ask("GET", path, None, headers)

    def post(self, path: str, form: dict[str, str] | list[tuple[str, str]], **headers: str) -> Answer:
        """Send a form."""
        told = {"Content-Type": "application/x-www-form-urlencoded"} | headers
        return self._ask("POST", path, urlencode(form, errors="surrogatepass").encode(), told)

    def form(self, path: str) -> dict[str, str]:
        """The hidden fields of the first form of a page that sends something."""
        answer = self.get(path)
        assert answer.status == 200, f"{path}: {answer.status}"
        return hidden_fields(answer.body)

    def close(self) -> None:
        """Leave."""
        if self._connection:
            self._connection.close()
            self._connection = None

    def _ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        told = {"Host": self.host, "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        try:
            response = self._sent(method, path, body, told | headers).getresponse()
            text = response.read().decode(errors="replace")
        except BaseException:
            self.close()
            raise
        for line in response.headers.get_all("Set-Cookie") or []:
            self.cookies.update({name: cookie.value for name, cookie in SimpleCookie(line).items()})
        if response.headers.get("Connection", "").lower() == "close":
            self.close()
        return Answer(response.status, response.headers, text)

    def _sent(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> http.client.HTTPConnection:
        """The connection on which it was sent. One that the server closed while nothing was asked is made again, as
        browsers do.
        """
        address = self.host.replace("localhost", "127.0.0.1")
        if self._connection is not None:
            try:
                self._connection.request(method, path, body, headers)
                return self._connection
            except BrokenPipeError:
                self.close()
        self._connection = http.client.HTTPConnection(address, timeout=self.timeout)
        self._connection.request(method, path, body, headers)
        return self._connection


def hidden_fields(html: str) -> dict[str, str]:
    """Names and values of the hidden fields of the page's first form that has a key."""
    for form in re.findall(r"<form\b.*?</form>", html, re.DOTALL | re.IGNORECASE):
        if 'name="form_key"' in form:
            pairs = [dict(ATTRIBUTE.findall(tag)) for tag in HIDDEN.findall(form)]
            return {pair["name"]: unescape(pair.get("value", "")) for pair in pairs if "name" in pair}
    raise AssertionError("no form on this page")
