"""The console's view of a community: a mode begun from the keyboard, the schedule against the measured exchange, indicators, assets."""

import sys
from pathlib import Path

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "04-console"))
from test_balancing import api, community  # noqa: E402,F401  (community is a fixture)
from test_console import browser, find, log_in, picture, wait  # noqa: E402,F401  (browser is a fixture)


def test_an_operator_begins_a_mode_and_sees_it_followed(community, browser):  # noqa: F811
    platform, field = community
    log_in(browser, platform.url)
    wait(browser, lambda: find(browser, "#nav-community").is_displayed(), "the console")
    find(browser, "#nav-community").click()
    wait(browser, lambda: find(browser, "#community-state").text == "Stopped", "the community at rest")
    wait(browser, lambda: len(browser.find_elements(By.CSS_SELECTOR, "#community-members tr")) == 3, "its three batteries")
    assert not find(browser, "#community-target-kw").is_displayed(), "a stop needs no target"

    find(browser, "#community-mode-0").send_keys(Keys.ARROW_DOWN, Keys.ARROW_DOWN)
    target = find(browser, "#community-target-kw")
    wait(browser, target.is_displayed, "the target of a set-point")
    target.clear()
    target.send_keys("-15", Keys.ENTER)
    wait(browser, lambda: find(browser, "#community-state").text == "Follows its target", "the set-point to be followed", 60)
    wait(browser, lambda: find(browser, "#community-target").text == "−15.00 kW", "the target among the figures")
    chart = find(browser, "#community-chart")
    wait(browser, lambda: int(chart.get_attribute("data-planned")) == 60 and int(chart.get_attribute("data-measured")) > 0, "schedule and measurement to be drawn", 90)
    wait(browser, lambda: "Set-point since" in find(browser, "#community-until").text, "since when it runs")
    wait(browser, lambda: "RMS deviation" in find(browser, "#community-indicators").text, "the indicators of the run")
    assert api(platform, "")["mode"] == 2

    field.behaviour.update(b3="refuses")
    field.load = 40.0
    wait(browser, lambda: "does not follow" in find(browser, "#community-members").text, "the asset that refuses", 60)
    picture(browser, "community")
    assert not [line for line in browser.get_log("browser") if line["level"] == "SEVERE"]
