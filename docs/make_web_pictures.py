"""Make the pictures of docs/web.md: the demo fleet in a private product, looked at with a real Chromium.

Run by ``nox -s docs-web``, or with the address and the token of a running demo: ``… URL TOKEN_FILE``.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx2
from playwright.sync_api import Browser, sync_playwright

from docs.smaller_png import make_smaller
from plantops_server.stack.ports import free_port

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
_FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
DESKTOP, PHONE = (1080, 760), (390, 760)


class Picture(NamedTuple):
    """One page in one size and one scheme of colours; ``{plant}`` and ``{device}`` are put into the path."""

    name: str
    path: str
    size: tuple[int, int] = DESKTOP
    scheme: str = "light"
    scroll: str = ""


PICTURES = (
    Picture("dashboard", "/"),
    Picture("dashboard-dark", "/", scheme="dark"),
    Picture("dashboard-phone", "/", PHONE),
    Picture("dashboard-phone-dark", "/", PHONE, "dark"),
    Picture("plant", "/plants/{plant}?range=30d"),
    Picture("plant-charts-dark", "/plants/{plant}?range=30d", scheme="dark", scroll="#charts"),
    Picture("plant-phone-dark", "/plants/{plant}?range=30d", PHONE, "dark"),
    Picture("plant-charts-phone", "/plants/{plant}?range=30d", PHONE, scroll="#charts"),
    Picture("waterings", "/plants/{plant}/waterings"),
    Picture("waterings-phone-dark", "/plants/{plant}/waterings", PHONE, "dark"),
    Picture("limits-dark", "/plants/{plant}/limits?metric=soil_moisture&min=30&max=60", scheme="dark"),
    Picture("limits-phone", "/plants/{plant}/limits", PHONE),
    Picture("care", "/plants/{plant}/care"),
    Picture("care-phone-dark", "/plants/{plant}/care", PHONE, "dark"),
    Picture("alerts-dark", "/alerts", scheme="dark"),
    Picture("alerts-phone", "/alerts", PHONE),
    Picture("devices", "/devices"),
    Picture("devices-phone-dark", "/devices", PHONE, "dark"),
    Picture("settings", "/settings"),
    Picture("settings-phone-dark", "/settings", PHONE, "dark"),
    Picture("login", "/login"),
    Picture("login-phone-dark", "/login", PHONE, "dark"),
)


def main() -> None:
    """Write every picture."""
    if len(sys.argv) == 3:
        _draw(sys.argv[1], Path(sys.argv[2]).read_text().strip())
        return
    with _demo() as (url, token):
        _draw(url, token)


@contextmanager
def _demo() -> Iterator[tuple[str, str]]:
    """The demo fleet on free ports, once its history is published and judged; address and token."""
    with tempfile.TemporaryDirectory(prefix="plantops-pictures-") as folder:
        port = str(free_port())
        words = ["demo", "--no-tui", "--data-dir", folder, "--port", port, "--mqtt-port", str(free_port())]
        command = [sys.executable, "-m", "plantops_cli", *words]
        demo = subprocess.Popen(command, cwd=ROOT, env=os.environ | {"TZ": "Europe/Berlin"})
        try:
            url, file = f"http://127.0.0.1:{port}", Path(folder, "admin.token")
            yield url, _once_ready(url, file)
        finally:
            demo.send_signal(signal.SIGINT)
            demo.wait(30)


def _once_ready(url: str, file: Path) -> str:
    """The token, once the plants have values, yesterday's light and a forecast or the reason why not."""
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        time.sleep(2)
        try:
            token = file.read_text().strip()
            headers = {"Authorization": f"Bearer {token}"}
            cards = httpx2.get(f"{url}/api/plants", headers=headers).json()["items"]
        except (OSError, httpx2.HTTPError, KeyError):
            continue
        if len(cards) >= 6 and all(
            card["dli"] and _foreseen(card) and card["trust"] == "fresh" for card in cards
        ):
            return token
    raise SystemExit("The demo did not become ready within 3 minutes.")


def _foreseen(card: dict[str, object]) -> bool:
    return "first forecast" not in str(card["next_watering_reason"])


def _draw(url: str, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    cards = httpx2.get(f"{url}/api/plants", headers=headers).json()["items"]
    plant = next((card["id"] for card in cards if card["name"] == "Monstera"), cards[0]["id"])
    httpx2.post(f"{url}/api/plants/{plant}/analyze", json={}, headers=headers, timeout=30)
    with sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=path, args=_FLAGS)
        for picture in PICTURES:
            _take(browser, url, token, picture, plant)
        browser.close()
    size = sum(file.stat().st_size for file in IMAGES.glob("web-*.png"))
    sys.stdout.write(f"{len(PICTURES)} pictures, {size / 1000:.0f} kB\n")


def _take(browser: Browser, url: str, token: str, picture: Picture, plant: str) -> None:
    width, height = picture.size
    headers = {} if picture.path == "/login" else {"Authorization": f"Bearer {token}"}
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=picture.scheme, extra_http_headers=headers,  # type: ignore[arg-type]
        timezone_id="Europe/Berlin", reduced_motion="reduce",
    )  # fmt: skip
    page = context.new_page()
    address = url + picture.path.format(plant=plant)
    page.goto(address)  # the script tells the server the zone of the browser
    page.goto(address)
    if picture.scroll:
        page.locator(picture.scroll).evaluate("(part) => part.scrollIntoView()")
    page.wait_for_timeout(300)
    file = IMAGES / f"web-{picture.name}.png"
    page.screenshot(path=file)
    context.close()
    make_smaller(file)


if __name__ == "__main__":
    main()
