"""The console in a real browser: log in, see a chart move, disable the adapter, see the stored series stop."""

import shutil

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait


@pytest.fixture
def browser():
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    assert chromium and driver, "chromium and chromium-driver are missing: run scripts/install-packages test"
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1280,900", "--disable-gpu"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    instance = webdriver.Chrome(options=options, service=Service(driver))
    yield instance
    instance.quit()


def find(browser, selector):
    return browser.find_element(By.CSS_SELECTOR, selector)


def wait(browser, condition, what, seconds=30):
    return WebDriverWait(browser, seconds, 0.1, ignored_exceptions=[Exception]).until(lambda _: condition(), what)


def log_in(browser, url, user="admin", password="admin"):
    browser.get(url)
    wait(browser, lambda: find(browser, "#login-user").is_displayed(), "the log-in form")
    find(browser, "#login-user").send_keys(user)
    find(browser, "#login-password").send_keys(password)
    find(browser, "#login-submit").click()


def number(browser, selector, attribute):
    return int(float(find(browser, selector).get_attribute(attribute) or 0))


def test_an_engineer_logs_in_sees_the_chart_move_disables_the_adapter_and_sees_the_stored_series_stop(start, browser):
    platform = start(arguments=["--emulate", "pmu", "--emulate-rate", "5"])
    log_in(browser, platform.url, password="wrong")
    wait(browser, lambda: find(browser, "#login-error").text, "the refusal of a wrong password")
    log_in(browser, platform.url)

    row = '[data-service="database-adapter"]'
    wait(browser, lambda: find(browser, f'{row} [data-role="state"]').text.lower() == "running", "the adapter shown as running")

    find(browser, "#nav-live").click()
    wait(browser, lambda: number(browser, "#live-chart", "data-points") > 0, "the live chart to draw")
    first = number(browser, "#live-chart", "data-last-time")
    wait(browser, lambda: number(browser, "#live-chart", "data-last-time") > first + 500, "the live chart to move")

    find(browser, "#nav-stored").click()
    wait(browser, lambda: number(browser, "#stored-chart", "data-points") > 0, "stored points")
    stored = number(browser, "#stored-chart", "data-last-time")
    wait(browser, lambda: number(browser, "#stored-chart", "data-last-time") > stored, "the stored series to go on")

    find(browser, "#nav-services").click()
    switch = wait(browser, lambda: find(browser, f'{row} [data-role="switch"]'), "the switch")
    assert switch.get_attribute("aria-checked") == "true"
    switch.click()
    wait(browser, lambda: find(browser, f'{row} [data-role="state"]').text.lower() == "disabled", "the adapter shown as disabled")
    assert platform.service("database-adapter")["state"] == "disabled"

    last = platform.rows("SELECT last(voltmagnitude) FROM pmu", epoch="ms")[0][0]
    find(browser, "#nav-live").click()
    begin = number(browser, "#live-chart", "data-last-time")
    wait(browser, lambda: number(browser, "#live-chart", "data-last-time") > begin + 1500, "the live chart to go on without the adapter")
    assert platform.rows("SELECT last(voltmagnitude) FROM pmu", epoch="ms")[0][0] == last

    find(browser, "#nav-stored").click()
    wait(browser, lambda: number(browser, "#stored-chart", "data-points") > 0, "the stored view")
    assert number(browser, "#stored-chart", "data-last-time") <= last
    severe = [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE" and "401" not in entry["message"]]
    assert severe == []


def test_the_switch_works_from_the_keyboard(start, browser):
    platform = start()
    log_in(browser, platform.url)
    row = '[data-service="database-adapter"]'
    switch = wait(browser, lambda: find(browser, f'{row} [data-role="switch"]'), "the switch")
    switch.send_keys(" ")
    wait(browser, lambda: find(browser, f'{row} [data-role="state"]').text.lower() == "disabled", "the adapter shown as disabled")
    assert platform.service("database-adapter")["enabled"] is False


def test_a_viewer_sees_the_services_and_cannot_switch_them(start, browser):
    platform = start()
    log_in(browser, platform.url, "viewer", "viewer")
    row = '[data-service="database-adapter"]'
    switch = wait(browser, lambda: find(browser, f'{row} [data-role="switch"]'), "the switch")
    assert not switch.is_enabled() or switch.get_attribute("aria-disabled") == "true"
    assert platform.service("database-adapter")["state"] == "running"
