"""The console's faults: an empty list, what the service does by itself, and the screening."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "04-console"))
from test_console import browser, find, log_in, wait  # noqa: E402, F401  (browser is a fixture)


def test_the_view_says_what_the_service_does_and_screens_when_asked(start, whole_site, browser):
    platform = start(site=whole_site)
    log_in(browser, platform.url, "operator", "operator")
    wait(browser, lambda: find(browser, "#nav-faults").is_displayed(), "the console")
    find(browser, "#nav-faults").click()
    wait(browser, lambda: find(browser, "#faults-empty").is_displayed(), "the empty list")
    wait(browser, lambda: find(browser, "#faults-mode").text != "–", "what the service does")
    find(browser, "#screening-run").click()
    wait(browser, lambda: browser.find_elements("css selector", "#screening-rows tr"), "the screening")
