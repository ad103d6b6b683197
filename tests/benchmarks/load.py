"""Load generators: wrk where the machine has it, else an asyncio client of our own; and a POST flow with sessions."""

import asyncio
import re
import shutil
import statistics
import subprocess
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Rate:
    """What a load showed: answers per second, the slowest twentieth in milliseconds, and how many failed."""

    per_second: float
    p95_ms: float
    failed: int


def get(url: str, *, seconds: int = 6, connections: int = 32, headers: dict[str, str] | None = None) -> Rate:
    """Ask for one address as fast as it answers."""
    wrk = shutil.which("wrk")
    if wrk:
        return _wrk(wrk, url, seconds, connections, headers or {})
    return asyncio.run(_ask_all(url, seconds, connections, headers or {}))


def _wrk(program: str, url: str, seconds: int, connections: int, headers: dict[str, str]) -> Rate:
    given = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    command = [program, f"-t{min(2, connections)}", f"-c{connections}", f"-d{seconds}s", "--latency", *given, url]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rate = re.search(r"Requests/sec:\s+([\d.]+)", text)
    slow = re.search(r"99%\s+([\d.]+)(us|ms|s)", text)
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    scale = {"us": 0.001, "ms": 1.0, "s": 1000.0}
    return Rate(
        float(rate.group(1)) if rate else 0.0,
        float(slow.group(1)) * scale[slow.group(2)] if slow else 0.0,
        int(bad.group(1)) if bad else 0,
    )


async def _ask_all(url: str, seconds: int, connections: int, headers: dict[str, str]) -> Rate:
    end = time.monotonic() + seconds
    times: list[float] = []
    failed = 0

    async def client() -> None:
        nonlocal failed
        link = await Link.open(url)
        while time.monotonic() < end:
            begun = time.perf_counter()
            status, _, _ = await link.ask("GET", urlsplit(url).path, headers)
            times.append(time.perf_counter() - begun)
            failed += status >= 400
        link.close()

    begun = time.monotonic()
    await asyncio.gather(*(client() for _ in range(connections)))
    return _rate(times, time.monotonic() - begun, failed)


def flow(steps: list[Callable[["Link"], Awaitable[bool]]], origin: str, *, connections: int = 24) -> Rate:
    """Run each step once over ``connections`` kept connections; a step returns whether it worked."""
    return asyncio.run(_flow(steps, origin, connections))


async def _flow(steps: list[Callable[["Link"], Awaitable[bool]]], origin: str, connections: int) -> Rate:
    waiting = iter(steps)
    times: list[float] = []
    failed = 0

    async def client() -> None:
        nonlocal failed
        link = await Link.open(origin)
        for step in waiting:
            begun = time.perf_counter()
            failed += not await step(link)
            times.append(time.perf_counter() - begun)
        link.close()

    begun = time.monotonic()
    await asyncio.gather(*(client() for _ in range(connections)))
    return _rate(times, time.monotonic() - begun, failed)


def _rate(times: list[float], seconds: float, failed: int) -> Rate:
    slow = statistics.quantiles(times, n=20)[-1] * 1000 if len(times) > 1 else 0.0
    return Rate(len(times) / seconds, slow, failed)


class Link:
    """One kept connection that speaks just enough HTTP/1.1 for a benchmark on this machine."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str) -> None:
        self._reader, self._writer, self._host = reader, writer, host

    @classmethod
    async def open(cls, url: str) -> "Link":
        """Connect to the host of the address."""
        parts = urlsplit(url)
        reader, writer = await asyncio.open_connection("127.0.0.1", parts.port)
        return cls(reader, writer, parts.netloc)

    def close(self) -> None:
        """Hang up."""
        self._writer.close()

    async def ask(
        self, method: str, path: str, headers: dict[str, str] | None = None, body: bytes = b""
    ) -> tuple[int, dict[str, str], bytes]:
        """One request; returns status, headers (lower case) and body."""
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self._host}", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        self._writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        found = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
        status = int(head[0].split()[1])
        return status, found, await self._body(found, status, method)

    async def _body(self, headers: dict[str, str], status: int, method: str) -> bytes:
        if method == "HEAD" or status in {204, 304}:
            return b""
        if headers.get("transfer-encoding") == "chunked":
            parts = []
            while size := int((await self._reader.readline()).strip() or b"0", 16):
                parts.append(await self._reader.readexactly(size))
                await self._reader.readline()
            await self._reader.readline()
            return b"".join(parts)
        return await self._reader.readexactly(int(headers.get("content-length", 0)))
