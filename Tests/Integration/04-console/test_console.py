"""The console in a real browser: log in, see a chart move, disable the adapter, see the stored series stop."""

import os
import shutil

import pytest
from conftest import wait_until
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
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


def picture(browser, name):
    """Leaves pictures of the page in both themes in the folder that DSOTP_SCREENSHOTS names, for people to judge."""
    if folder := os.environ.get("DSOTP_SCREENSHOTS"):
        browser.set_window_size(1440, 1250)
        for theme in ("dark", "light"):
            find(browser, "#theme").click()
            browser.save_screenshot(f"{folder}/{name}-{theme}.png")


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


def quarantine(platform, site):
    """Lets the fragile service crash until the platform gives up."""
    wait_until(lambda: platform.service("fragile")["state"] == "running", "the fragile service to run")
    platform.publish("crash/feeder-7", "crash")
    wait_until(lambda: platform.service("fragile")["state"] == "quarantined", "the fragile service to be quarantined", 60)


@pytest.fixture
def fragile_once(fragile):
    """A service that is quarantined at its first crash."""
    manifest = fragile / "services" / "fragile.yaml"
    manifest.write_text(manifest.read_text() + "restart: {attempts: 0}\n")
    return fragile


def test_an_incident_appears_is_opened_from_the_keyboard_and_the_service_is_released(start, browser, fragile_once):
    platform = start()
    log_in(browser, platform.url)
    row = '[data-service="fragile"]'
    wait(browser, lambda: find(browser, f'{row} [data-role="state"]').text.lower() == "running", "the fragile service shown as running")
    badge = find(browser, f'{row} [data-role="incidents"]')
    assert not badge.is_displayed(), "there is no incident yet"
    quarantine(platform, fragile_once)
    wait(browser, lambda: find(browser, f'{row} [data-role="state"]').text.lower() == "quarantined", "the word quarantined")
    wait(browser, lambda: badge.text == "1 incident", "the badge on the service's row")

    badge.send_keys(Keys.ENTER)
    wait(browser, lambda: find(browser, "#title-service").text == "fragile", "the service's own view")
    assert browser.switch_to.active_element == find(browser, "#title-service"), "the keyboard goes on at the title"
    incident = wait(browser, lambda: find(browser, ".incident[data-reason=crash]"), "the incident")
    body = incident.find_element(By.CSS_SELECTOR, ".incident-body")
    assert not body.is_displayed()
    incident.find_element(By.CSS_SELECTOR, "summary").send_keys(Keys.ENTER)
    wait(browser, body.is_displayed, "the incident to open")
    for word in ("11 (SIGSEGV)", "on_messages", "crash/feeder-7", "sha256:"):
        assert word in body.text, body.text
    assert find(browser, "#service-about").text.count("fragile.yaml") == 1

    release = find(browser, "#service-restart")
    assert release.text == "Release from quarantine"
    release.send_keys(Keys.ENTER)
    wait(browser, lambda: find(browser, "#service-state").text == "running", "the service to run again")
    wait(browser, lambda: find(browser, "#service-restart").text == "Restart", "the button to be what it was")
    assert body.is_displayed(), "what is being read is not closed by an update"
    platform.publish("crash/feeder-8", "crash")
    wait(browser, lambda: len(browser.find_elements(By.CSS_SELECTOR, ".incident")) == 2, "the second incident by itself")
    find(browser, ".back").send_keys(Keys.ENTER)
    wait(browser, lambda: find(browser, f'{row} [data-role="incidents"]').text == "2 incidents", "the list of services again")
    assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE" and "401" not in entry["message"]] == []


def test_a_viewer_reads_incidents_and_cannot_release(start, browser, fragile_once):
    platform = start()
    quarantine(platform, fragile_once)
    log_in(browser, platform.url, "viewer", "viewer")
    wait(browser, lambda: find(browser, '[data-service="fragile"] [data-role="open"]'), "the row").send_keys(Keys.ENTER)
    wait(browser, lambda: find(browser, ".incident"), "the incident")
    for button in ("#service-restart", "#service-enable"):
        assert not find(browser, button).is_enabled()
    browser.get(platform.url + "/console/#service/nowhere")
    wait(browser, lambda: "there is no service 'nowhere'" in find(browser, "#service-error").text.lower(), "the sentence for an unknown service")
    assert not find(browser, "#service-body").is_displayed()
