"""A real Chromium for journeys: pages with and without scripts, on a phone or a desk, looked at by axe."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

PROGRAMS = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
LEFT_OUT = (
    # Pages of the browser's own, drawn anew for each window that nobody sees: most of what a visitor costs.
    "WebUIOmniboxPopup,WebUIOmniboxAimPopup,WebUIOmniboxFullPopup,SpareRendererForSitePerProcess,"
    # What Playwright leaves out by itself, as long as nobody names anything else.
    "AvoidUnnecessaryBeforeUnloadCheckSync,DestroyProfileOnBrowserClose,HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,"
    "LensOverlay,MediaRouter,PaintHolding,ThirdPartyStoragePartitioning,AvoidCorsURLLoaderRestartOnRedirect,"
    "OptimizationHints,NetworkTimeServiceQuerying,AimEnabled,PreconnectToSearch"
)
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    f"--disable-features={LEFT_OUT}",
]
DESK = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
RULES: dict[str, object] = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
ALL_BUT_CONTRAST = RULES | {"rules": {"color-contrast": {"enabled": False}}}
"""Contrast takes longer than all other rules together."""
CONTRAST = RULES | {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
AXE = Axe()


def chromium() -> str | None:
    """The path of a Chromium on this machine, or None."""
    named = os.environ.get("CHROMIUM")
    found = [path for path in (named, *PROGRAMS, shutil.which("chromium"), shutil.which("google-chrome")) if path]
    return next((path for path in found if Path(path).exists()), None)


@dataclass
class Visitor:
    """One person's browser: its own cookies, a language, and what the page complained about."""

    context: BrowserContext
    page: Page
    complaints: list[str]
    origin: str

    def go(self, path: str) -> Page:
        """Open an address of the house."""
        self.page.goto(self.origin + path, wait_until="load")
        return self.page

    def close(self) -> None:
        """Close this browser."""
        self.context.close()


@contextmanager
def browser() -> Iterator[Browser]:
    """A running Chromium."""
    program = chromium()
    assert program, "no Chromium on this machine"
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=FLAGS)
        try:
            yield running
        finally:
            running.close()


def visitor(
    running: Browser,
    origin: str,
    *,
    language: str = "en",
    scripts: bool = True,
    viewport: dict[str, int] = DESK,
    cookie: tuple[str, str] | None = None,
    dark: bool = False,
) -> Visitor:
    """A fresh person; with ``cookie`` (see House.session_cookie) already signed in."""
    context = running.new_context(
        java_script_enabled=scripts,
        viewport={"width": viewport["width"], "height": viewport["height"]},
        locale=language,
        color_scheme="dark" if dark else "light",
        timezone_id="Africa/Nairobi",
    )
    context.set_default_timeout(10_000)
    if cookie:
        context.add_cookies([{"name": cookie[0], "value": cookie[1], "url": origin, "httpOnly": True}])
    page = context.new_page()
    complaints: list[str] = []
    page.on(
        "console", lambda message: complaints.append(message.text) if message.type in {"error", "warning"} else None
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return Visitor(context, page, complaints, origin)


def axe_problems(page: Page, rules: dict[str, object] = RULES) -> list[str]:
    """What axe finds wrong with the page as it stands: rule and first place."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.axe_script)
    # What passed stays in the browser: to carry it over takes longer than to look.
    found = page.evaluate("options => axe.run(document, options).then(results => results.violations)", rules)
    return [f"{rule['id']}: {rule['nodes'][0]['target']} {rule['nodes'][0]['html'][:120]}" for rule in found]


def scrolls_sideways(page: Page) -> bool:
    """Whether the page is wider than the screen, once it is there: between two pages there is no document."""
    page.wait_for_load_state("load")
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


def keep_shot(page: Page, name: str) -> None:
    """Keep a picture for a person to look at, where SHOTS names a folder."""
    folder = os.environ.get("SHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)
