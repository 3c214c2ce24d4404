"""A real browser on the size of a phone or of a desk, and axe, which looks for what a screen reader or a tired eye would stumble over."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import axe_core_python
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from tests.chrome import driven
from tests.waiting import WITHIN

PHONE, DESK = (390, 844), (1280, 800)
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
_RUN = "const [rules, done] = arguments; axe.run(document, {runOnly: rules}).then(done, fault => done({fault: String(fault)}))"
_WIDER = "return document.documentElement.scrollWidth - visualViewport.width"


class Browser:
    """One window of Chromium."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver

    @property
    def path(self) -> str:
        """The page it is on, without host and question mark."""
        return "/" + self.driver.current_url.split("/", 3)[-1].split("?")[0]

    def size(self, size: tuple[int, int]) -> None:
        """The page itself has this size, whatever the window's frame takes."""
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": size == PHONE},
        )

    def open(self, url: str) -> None:
        self.driver.get(url)

    def find(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def fill(self, **fields: str) -> None:
        """The fields with these names say this."""
        for name, text in fields.items():
            field = self.find(f"[name='{name}']:not([type='hidden'])")
            field.clear()
            field.send_keys(text)

    def press(self, selector: str) -> None:
        """The button is pressed and the page after it is there."""
        before = self.find("html")
        self.find(selector).click()
        self.after(before)

    def after(self, before: WebElement) -> None:
        """The page that stood here is gone and the next one is whole."""
        WebDriverWait(self.driver, WITHIN).until(lambda _: _is_gone(before))
        WebDriverWait(self.driver, WITHIN).until(lambda driver: driver.execute_script("return document.readyState") == "complete")

    def text(self) -> str:
        return self.find("body").text

    def wider_than_screen(self) -> int:
        """By how much one would have to scroll sideways."""
        return int(self.driver.execute_script(_WIDER))

    def axe(self) -> list[str]:
        """What axe finds wrong with this page: rule and place."""
        self.driver.execute_script(_axe())
        found: dict[str, Any] = self.driver.execute_async_script(_RUN, list(RULES))
        assert "violations" in found, found
        return [f"{each['id']}: {node['html'][:160]}" for each in found["violations"] for node in each["nodes"]]

    def complaints(self) -> list[str]:
        """What the browser itself had to say against the pages so far: a policy broken, a script fallen over."""
        return [entry["message"] for entry in self.driver.get_log("browser") if "status of 4" not in entry["message"]]


@contextmanager
def chromium() -> Iterator[Browser]:
    """Chromium without a window, closed afterwards."""
    with driven() as driver:
        driver.set_script_timeout(WITHIN)
        yield Browser(driver)


@cache
def _axe() -> str:
    return (Path(axe_core_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


def _is_gone(element: WebElement) -> bool:
    try:
        element.is_enabled()
    except Exception:  # stale, in whichever words this driver says it
        return True
    return False
